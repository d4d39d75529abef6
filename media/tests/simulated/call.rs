//! A person who speaks over a network to an uplink, in simulated time.

use std::time::{Duration, Instant};

use colloquy_media::turn::Fit;
use colloquy_media::uplink::{RtpPacket, Uplink, UplinkConfig, UplinkEvent};
use colloquy_media::{FRAME, HEARD_FRAME};

use crate::microphone::Microphone;
use crate::network::{Conditions, Network};

/// How long the recogniser takes for its view.
const VIEW_TAKES: Duration = Duration::from_millis(30);

/// One call.
pub struct Call {
    pub uplink: Uplink,
    pub network: Network,
    pub microphone: Microphone,
    /// The microphone is off: no packets.
    pub muted: bool,
    /// What the recogniser says to each pause; nothing when it is away.
    pub view: Option<Fit>,
    views: Vec<(Duration, u64, u32)>,
    /// What was sent, where the network brings packets again that are asked for.
    kept: Vec<RtpPacket>,
    /// Requests on their way, and when they arrive.
    requests: Vec<(Duration, u16)>,
    start: Instant,
    pub now: Duration,
    /// What happened, and when. Audio is collected apart.
    pub events: Vec<(Duration, UplinkEvent)>,
    /// The sound of each utterance.
    pub audio: Vec<(u64, Vec<i16>)>,
}

impl Call {
    pub fn new(conditions: Conditions, seed: u64) -> Self {
        Self {
            uplink: Uplink::new(UplinkConfig::default()).unwrap(),
            microphone: Microphone::new(&conditions, 0, false),
            network: Network::new(conditions, seed),
            muted: false,
            view: None,
            views: Vec::new(),
            kept: Vec::new(),
            requests: Vec::new(),
            start: Instant::now(),
            now: Duration::ZERO,
            events: Vec::new(),
            audio: Vec::new(),
        }
    }

    /// A call in which packets can be asked for again.
    pub fn asking(conditions: Conditions, seed: u64) -> Self {
        let config = UplinkConfig {
            asks_again: true,
            ..UplinkConfig::default()
        };
        let mut call = Self::new(conditions, seed);
        call.uplink = Uplink::new(config).unwrap();
        call.uplink.handle_round_trip(call.network.conditions().delay * 2);
        call
    }

    /// The instant of a time.
    pub fn at(&self, time: Duration) -> Instant {
        self.start + time
    }

    /// Speaks 16 kHz sound to its end.
    pub fn speak(&mut self, sound: &[i16]) -> &mut Self {
        for frame in sound.chunks_exact(HEARD_FRAME) {
            self.frame(frame);
        }
        self
    }

    /// One frame of time.
    pub fn frame(&mut self, frame: &[i16]) {
        if let Some(packet) = self.microphone.hear(frame)
            && !self.muted
        {
            self.kept.push(packet.clone());
            self.network.send(packet, self.now);
        }
        let end = self.now + FRAME;
        self.pass(end);
        self.now = end;
        self.uplink.handle_tick(self.start + self.now);
        self.collect(self.now);
        self.ask(self.now);
    }

    /// What happens up to `end`, in order: packets and requests arrive, and waits end.
    fn pass(&mut self, end: Duration) {
        loop {
            let arrival = self.network.next_arrival();
            let timeout = self.uplink.poll_timeout().map(|at| at - self.start);
            let request = self.requests.iter().map(|request| request.0).min();
            let Some(at) = [arrival, timeout, request]
                .into_iter()
                .flatten()
                .min()
                .filter(|at| *at <= end)
            else {
                return;
            };
            for (at, packet) in self.network.arrivals(at) {
                self.uplink.handle_rtp(packet, self.start + at);
            }
            if timeout.is_some_and(|due| due <= at) {
                self.uplink.handle_timeout(self.start + at);
            }
            for (_, sequence) in self.requests.extract_if(.., |request| request.0 <= at) {
                let packet = self.kept.iter().rfind(|packet| packet.sequence == sequence);
                self.network
                    .send(packet.expect("only what was sent is asked for").clone(), at);
            }
            self.collect(at);
            self.ask(at);
        }
    }

    fn ask(&mut self, at: Duration) {
        while let Some(sequence) = self.uplink.poll_request(self.start + at) {
            self.requests.push((at + self.network.conditions().delay, sequence));
        }
    }

    fn collect(&mut self, at: Duration) {
        loop {
            while let Some(event) = self.uplink.poll_event() {
                match event {
                    UplinkEvent::Audio { utterance, pcm } => match self.audio.last_mut() {
                        Some((last, sound)) if *last == utterance => sound.extend_from_slice(&pcm),
                        _ => self.audio.push((utterance, pcm.to_vec())),
                    },
                    UplinkEvent::Paused { utterance, pause, .. } => {
                        self.views.push((at + VIEW_TAKES, utterance, pause));
                        self.events.push((at, event));
                    }
                    event => self.events.push((at, event)),
                }
            }
            let Some(view) = self.view else { return };
            let Some(due) = self.views.iter().position(|due| due.0 <= at) else {
                return;
            };
            let (_, utterance, pause) = self.views.remove(due);
            self.uplink.handle_view(utterance, pause, view, self.start + at);
        }
    }

    /// The events without their times, by name.
    pub fn names(&self) -> Vec<&'static str> {
        self.events.iter().map(|(_, event)| name(event)).collect()
    }

    /// When the first event of a name happened.
    pub fn when(&self, wanted: &str) -> Option<Duration> {
        self.events
            .iter()
            .find(|(_, event)| name(event) == wanted)
            .map(|(at, _)| *at)
    }
}

pub fn name(event: &UplinkEvent) -> &'static str {
    match event {
        UplinkEvent::SpeechStarted { .. } => "started",
        UplinkEvent::Audio { .. } => "audio",
        UplinkEvent::Paused { .. } => "paused",
        UplinkEvent::Resumed { .. } => "resumed",
        UplinkEvent::NeedsHelp { .. } => "needs help",
        UplinkEvent::TurnEnded { .. } => "ended",
        UplinkEvent::BargeIn { .. } => "barge-in",
        UplinkEvent::FalseAlarm { .. } => "false alarm",
        UplinkEvent::BargeInConfirmed { .. } => "confirmed",
    }
}
