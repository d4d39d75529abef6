//! A learner who speaks over a network to an uplink with the recogniser behind it, in simulated time. Tells what a mind is told.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use colloquy_agents::acoustic::{Expectation, Recognizer, View};
use colloquy_agents::engine::{Fit, Transcript};
use colloquy_agents::mind::{Input, is_backchannel};
use colloquy_media::turn::EndReason;
use colloquy_media::uplink::{RtpPacket, Uplink, UplinkConfig, UplinkEvent};
use colloquy_media::{FRAME, HEARD_FRAME};

use crate::microphone::Microphone;
use crate::network::{Conditions, Network};

/// How long the recogniser takes for its view.
const VIEW_TAKES: Duration = Duration::from_millis(30);

/// A turn that was heard to its end.
#[derive(Debug)]
pub struct Turn {
    /// When it was decided that it is over.
    pub at: Duration,
    pub reason: EndReason,
    /// The silence that it took.
    pub silence: Duration,
    pub transcript: Transcript,
    /// The recogniser's view at each pause that was asked about.
    pub views: Vec<Fit>,
}

/// What the learner's client and the uplink do against loss, besides FEC.
#[derive(Clone, Copy, Debug, Default)]
pub struct Repair {
    /// The uplink asks for what is missing, and the client sends it again (NACK).
    pub asks: bool,
    /// Copies of earlier packets in each packet (RED).
    pub copies: u8,
}

/// How often the round trip is measured.
const MEASURED_EVERY: u16 = 100;

/// One learner on the line.
pub struct Line {
    pub uplink: Uplink,
    pub network: Network,
    /// The way of requests.
    back: Network,
    /// What was sent, to be sent again.
    kept: Vec<RtpPacket>,
    microphone: Microphone,
    sent: u16,
    /// What the recogniser listens for in utterances that begin from now on.
    pub expectation: Arc<Expectation>,
    recognizer: Option<Recognizer>,
    views: VecDeque<(Duration, u64, u32, View)>,
    fits: Vec<Fit>,
    start: Instant,
    pub now: Duration,
    /// What a mind would be told, with the time.
    pub inputs: VecDeque<(Duration, Input)>,
    pub turns: Vec<Turn>,
    /// Utterances that were begun.
    pub begun: u64,
}

impl Line {
    /// `expectation` is what the recogniser listens for.
    pub fn new(expectation: Arc<Expectation>, conditions: Conditions, seed: u64) -> Self {
        Self::repairing(expectation, conditions, Repair::default(), seed)
    }

    /// The same with means against loss.
    pub fn repairing(expectation: Arc<Expectation>, conditions: Conditions, repair: Repair, seed: u64) -> Self {
        let config = UplinkConfig {
            asks_again: repair.asks,
            ..UplinkConfig::default()
        };
        let mut microphone = Microphone::new(&conditions, 5, true);
        microphone.copies = repair.copies;
        Self {
            uplink: Uplink::new(config).unwrap(),
            microphone,
            sent: 0,
            back: Network::new(conditions.clone(), seed ^ 0xbac),
            kept: Vec::new(),
            network: Network::new(conditions, seed),
            expectation,
            recognizer: None,
            views: VecDeque::new(),
            fits: Vec::new(),
            start: Instant::now(),
            now: Duration::ZERO,
            inputs: VecDeque::new(),
            turns: Vec::new(),
            begun: 0,
        }
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

    /// How many packets were sent.
    pub fn sent(&self) -> u16 {
        self.sent
    }

    /// One frame of time.
    pub fn frame(&mut self, frame: &[i16]) {
        if self.sent.is_multiple_of(MEASURED_EVERY) {
            self.uplink.handle_round_trip(self.network.round_trip());
        }
        if let Some(packet) = self.microphone.hear(frame) {
            self.sent += 1;
            self.kept.push(packet.clone());
            self.network.send(packet, self.now);
        }
        let end = self.now + FRAME;
        self.pass(end);
        self.now = end;
        self.uplink.handle_tick(self.start + self.now);
        self.listen(self.now);
        self.ask(self.now);
    }

    /// What happens up to `end`, in order: packets and requests arrive, and waits end.
    fn pass(&mut self, end: Duration) {
        loop {
            let timeout = self.uplink.poll_timeout().map(|at| at - self.start);
            let next = [self.network.next_arrival(), self.back.next_arrival(), timeout];
            let Some(at) = next.into_iter().flatten().min().filter(|at| *at <= end) else {
                return;
            };
            for (at, packet) in self.network.arrivals(at) {
                self.uplink.handle_rtp(packet, self.start + at);
            }
            if timeout.is_some_and(|due| due <= at) {
                self.uplink.handle_timeout(self.start + at);
            }
            for (_, request) in self.back.arrivals(at) {
                let again = self.kept.iter().rfind(|packet| packet.sequence == request.sequence);
                self.network
                    .send(again.expect("only what was sent is asked for").clone(), at);
            }
            self.listen(at);
            self.ask(at);
        }
    }

    fn ask(&mut self, at: Duration) {
        while let Some(sequence) = self.uplink.poll_request(self.start + at) {
            let request = RtpPacket {
                sequence,
                timestamp: 0,
                payload: Default::default(),
                is_redundant: false,
                level: None,
            };
            self.back.send(request, at);
        }
    }

    fn listen(&mut self, at: Duration) {
        loop {
            while let Some(event) = self.uplink.poll_event() {
                self.handle(event, at);
            }
            if self.views.front().is_none_or(|view| view.0 > at) {
                return;
            }
            let (due, utterance, pause, view) = self.views.pop_front().expect("it was looked at");
            let text = &view.transcript.text;
            // As the agent's shell does.
            if text.is_empty() || is_backchannel(text) {
                self.uplink.handle_backchannel(utterance, pause, self.start + due);
            } else {
                self.fits.push(view.fit);
                self.uplink.handle_view(utterance, pause, view.fit, self.start + due);
            }
            self.tell(
                at,
                Input::View {
                    utterance,
                    transcript: view.transcript,
                    fit: view.fit,
                },
            );
        }
    }

    fn handle(&mut self, event: UplinkEvent, at: Duration) {
        match event {
            UplinkEvent::SpeechStarted {
                utterance, first_voice, ..
            } => {
                self.begun += 1;
                self.recognizer = Some(Recognizer::new(Arc::clone(&self.expectation)));
                self.fits.clear();
                self.views.clear();
                let first_voiced = first_voice;
                self.tell(
                    at,
                    Input::SpeechStarted {
                        utterance,
                        first_voiced,
                    },
                );
            }
            UplinkEvent::Audio { pcm, .. } => {
                if let Some(recognizer) = &mut self.recognizer {
                    recognizer.hear(&pcm);
                }
            }
            UplinkEvent::Paused { utterance, pause, .. } => {
                if let Some(recognizer) = &mut self.recognizer {
                    let view = recognizer.view();
                    self.views.push_back((at + VIEW_TAKES, utterance, pause, view));
                }
            }
            UplinkEvent::Resumed { utterance, .. } => self.tell(at, Input::SpeechResumed { utterance }),
            UplinkEvent::NeedsHelp { .. } => self.tell(at, Input::NeedsHelp),
            UplinkEvent::TurnEnded {
                utterance,
                reason,
                silence,
                last_voice,
                ..
            } => {
                let transcript = self
                    .recognizer
                    .take()
                    .map(|mut recognizer| recognizer.view().transcript)
                    .unwrap_or_default();
                self.turns.push(Turn {
                    at,
                    reason,
                    silence,
                    transcript: transcript.clone(),
                    views: std::mem::take(&mut self.fits),
                });
                self.tell(
                    at,
                    Input::TurnEnded {
                        utterance,
                        last_voiced: last_voice,
                    },
                );
                self.tell(at, Input::Final { utterance, transcript });
            }
            UplinkEvent::BargeIn { .. } => self.tell(at, Input::BargeIn),
            UplinkEvent::FalseAlarm { utterance, .. } => {
                self.recognizer = None;
                self.tell(at, Input::FalseAlarm { utterance });
            }
            UplinkEvent::BargeInConfirmed { utterance, .. } => self.tell(at, Input::BargeInConfirmed { utterance }),
        }
    }

    fn tell(&mut self, at: Duration, input: Input) {
        self.inputs.push_back((at, input));
    }
}
