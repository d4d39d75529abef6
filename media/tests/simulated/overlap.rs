//! Who speaks while the agent speaks: uplink and downlink together.

use std::sync::Arc;
use std::time::Duration;

use colloquy_media::downlink::{Downlink, DownlinkConfig, Played, Speech};
use colloquy_media::turn::Fit;
use colloquy_media::uplink::UplinkEvent;
use colloquy_media::{HEARD_FRAME, SENT_FRAME};

use crate::call::Call;
use crate::clip::{CLIPS, clip, mhm, noise, room, trimmed};
use crate::network::Conditions;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// What the agent says: 12 s.
const AGENT: [&str; 2] = ["es-queue-youarenext", "es-agent-incorrect"];

/// A call in which the agent speaks, and reacts to what the uplink tells as a conversation does.
struct Talk {
    call: Call,
    downlink: Downlink,
    seen: usize,
    /// When packets of speech left.
    spoken: Vec<Duration>,
    /// What had left when the agent was stopped.
    played: Option<Played>,
    /// The agent's voice comes back after so many frames, so much quieter.
    echo: Option<(usize, i16)>,
    voice: Vec<i16>,
    /// Which packet of speech left in each frame of time.
    on_air: Vec<Option<usize>>,
}

impl Talk {
    /// The agent has just begun to speak.
    fn new() -> Self {
        let mut call = Call::new(Conditions::CLEAN, 9);
        call.speak(&room(1_000));
        let mut downlink = Downlink::new(DownlinkConfig::default(), call.at(call.now)).unwrap();
        let mut voice = clip(AGENT[0]);
        voice.extend(clip(AGENT[1]));
        let samples: Arc<[i16]> = voice.clone().into();
        downlink
            .play(1, 0, Speech::Pcm { rate: 16_000, samples }, call.at(call.now))
            .unwrap();
        call.uplink.handle_agent_speaking(true);
        Self {
            call,
            downlink,
            seen: 0,
            spoken: Vec::new(),
            played: None,
            echo: None,
            voice,
            on_air: Vec::new(),
        }
    }

    fn hear(&mut self, sound: &[i16]) -> &mut Self {
        for frame in sound.chunks_exact(HEARD_FRAME) {
            let now = self.call.at(self.call.now);
            let before = self.spoken.len();
            while let Some(sent) = self.downlink.poll_frame(now) {
                self.call.uplink.handle_far_level(sent.level, now);
                if sent.speech {
                    self.spoken.push(self.call.now);
                }
            }
            let mut heard = frame.to_vec();
            self.on_air.push((self.spoken.len() > before).then_some(before));
            if let Some((lag, gain)) = self.echo
                && let Some(sent) = self.on_air.len().checked_sub(lag + 1)
                && let Some(start) = self.on_air[sent]
                && let Some(voice) = self.voice.get(start * HEARD_FRAME..(start + 1) * HEARD_FRAME)
            {
                heard
                    .iter_mut()
                    .zip(voice)
                    .for_each(|(heard, voice)| *heard += voice / gain);
            }
            self.call.frame(&heard);
            self.react();
        }
        self
    }

    fn react(&mut self) {
        for (_, event) in &self.call.events[self.seen..] {
            let now = self.call.at(self.call.now);
            match event {
                UplinkEvent::BargeIn { .. } => self.downlink.pause(now),
                UplinkEvent::FalseAlarm { .. } => self.downlink.resume(now),
                UplinkEvent::BargeInConfirmed { .. } => {
                    self.played = Some(self.downlink.flush(now));
                    self.call.uplink.handle_agent_speaking(false);
                }
                _ => {}
            }
        }
        self.seen = self.call.events.len();
    }
}

#[test]
fn barge_in_stops_speech_within_a_frame_and_counts_what_was_heard() {
    for (name, _) in CLIPS.into_iter().filter(|clip| !AGENT.contains(&clip.0)) {
        let mut talk = Talk::new();
        talk.hear(&room(2_000));
        let onset = talk.call.now;
        talk.hear(&trimmed(name));
        let told = talk.call.when("barge-in").unwrap();
        let last = *talk.spoken.last().unwrap();
        println!(
            "{name}: told {:?} after onset, last packet {:?} after",
            told - onset,
            last - onset
        );
        assert!(last <= told + ms(20), "{name}: {:?} after it was told", last - told);
        // 40 ms of it are the network and the encoder.
        assert!(last - onset <= ms(300), "{name}: {:?}", last - onset);
        // Every packet but the one that fades out counts, to the sample.
        let played = talk.played.as_ref().unwrap();
        assert_eq!(played.total(), (talk.spoken.len() as u64 - 1) * SENT_FRAME as u64);
        talk.call.view = Some(Fit::Complete);
        talk.hear(&room(600));
        assert_eq!(talk.call.names().last(), Some(&"ended"), "{name}");
    }
}

#[test]
fn mhm_does_not_cost_the_agents_reply() {
    for length in [200, 300, 380] {
        let mut talk = Talk::new();
        talk.call.view = Some(Fit::Unlisted { open: false });
        talk.hear(&room(2_000)).hear(&mhm(length)).hear(&room(12_000));
        let names = talk.call.names();
        assert!(
            !names.contains(&"ended") && !names.contains(&"confirmed"),
            "{length} ms: {names:?}"
        );
        assert_eq!(
            names.iter().filter(|name| **name == "barge-in").count(),
            names.iter().filter(|name| **name == "false alarm").count(),
            "{length} ms: {names:?}"
        );
        // The whole reply was said; a pause costs one packet that fades out.
        let frames = talk.voice.len() / HEARD_FRAME;
        assert!(
            (frames..=frames + 2).contains(&talk.spoken.len()),
            "{length} ms: {} of {frames}",
            talk.spoken.len()
        );
    }
}

#[test]
fn a_knock_is_not_even_a_false_alarm() {
    let mut talk = Talk::new();
    talk.hear(&room(2_000)).hear(&noise(60, -20.0, 1)).hear(&room(2_000));
    assert_eq!(talk.call.names(), [""; 0]);
}

#[test]
fn the_agents_own_echo_does_not_stop_it() {
    for lag in [2, 6, 14] {
        let mut talk = Talk::new();
        talk.echo = Some((lag, 5));
        talk.hear(&room(9_000));
        let names = talk.call.names();
        assert!(!names.contains(&"confirmed"), "{lag} frames: {names:?}");
        assert!(!names.contains(&"ended"), "{lag} frames: {names:?}");
    }
}
