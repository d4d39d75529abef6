//! From 16 kHz sound to utterances: voice activity, prosody, turns, and the audio for the recogniser.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::event::UplinkEvent;
use crate::prosody::ProsodyTracker;
use crate::turn::{EchoGuard, Fit, Heard, Patience, TurnDetector, TurnEvent, TurnState};
use crate::vad::{Activity, SpeechDetector, Strictness, Verdict, VoiceActivity};
use crate::{FRAME, HEARD_FRAME, level};

/// Frames of audio that go out together: 80 ms.
const BATCH: usize = 4;
/// Samples of 2.5 ms, the step in which the end of speech is found inside a frame.
const BLOCK: usize = 40;
/// A block this much quieter than its frame is no longer voice, in dB.
const FADED: f32 = 15.0;
/// Events that wait to be polled, at most.
const MOST_EVENTS: usize = 1_024;

/// What becomes of frames. Sound comes in pieces of any length.
pub struct Listener {
    speech: SpeechDetector,
    prosody: ProsodyTracker,
    turns: TurnDetector,
    echo: EchoGuard,
    /// The part of a frame that has come.
    partial: [i16; HEARD_FRAME],
    filled: usize,
    /// The latest frames, for the pre-roll; outside of utterances only.
    recent: VecDeque<i16>,
    recent_limit: usize,
    /// Sound of the utterance that isn't handed out yet.
    batch: Vec<i16>,
    open: bool,
    heard: Duration,
    /// Time that was skipped and isn't a whole frame yet.
    skipped: Duration,
    last_voice: Option<Instant>,
    /// When the voice that is Starting began.
    onset: Option<Instant>,
    level: f32,
    events: VecDeque<UplinkEvent>,
    dropped: u64,
}

impl Listener {
    /// With a judge of voice, a profile, and the length of pre-roll.
    pub fn new(voice: Box<dyn VoiceActivity>, patience: Patience, pre_roll: Duration) -> Self {
        // The frames in which a start is recognised, 200 ms at most, come on top.
        let frames = ((pre_roll + FRAME * 10).as_millis() / FRAME.as_millis()) as usize;
        Self {
            speech: SpeechDetector::new(voice),
            prosody: ProsodyTracker::default(),
            turns: TurnDetector::new(patience),
            echo: EchoGuard::default(),
            partial: [0; HEARD_FRAME],
            filled: 0,
            recent: VecDeque::with_capacity(frames * HEARD_FRAME),
            recent_limit: frames * HEARD_FRAME,
            batch: Vec::with_capacity(BATCH * HEARD_FRAME),
            open: false,
            heard: Duration::ZERO,
            skipped: Duration::ZERO,
            last_voice: None,
            onset: None,
            level: level::SILENCE_DBOV,
            events: VecDeque::new(),
            dropped: 0,
        }
    }

    /// Takes sound that arrived at `arrived`.
    pub fn handle_sound(&mut self, mut sound: &[i16], arrived: Instant) {
        while !sound.is_empty() {
            let (now, later) = sound.split_at((HEARD_FRAME - self.filled).min(sound.len()));
            self.partial[self.filled..self.filled + now.len()].copy_from_slice(now);
            self.filled += now.len();
            sound = later;
            if self.filled == HEARD_FRAME {
                self.filled = 0;
                let frame = self.partial;
                let verdict = self.speech.handle_frame(&frame);
                self.handle_frame(&frame, verdict, arrived);
            }
        }
    }

    /// Takes frames in which nothing came.
    pub fn handle_silence(&mut self, frames: u32, now: Instant) {
        if frames > 0 && self.filled > 0 {
            // What had begun ends here.
            self.partial[self.filled..].fill(0);
            self.filled = 0;
            let frame = self.partial;
            let verdict = self.speech.handle_frame(&frame);
            self.handle_frame(&frame, verdict, now);
        }
        for _ in 0..frames {
            let verdict = self.speech.handle_silence();
            self.handle_frame(&[0; HEARD_FRAME], verdict, now);
        }
    }

    /// Time passed in sound of this level, in dBov, that nobody needs to hear.
    pub fn skip(&mut self, time: Duration, dbov: f32, arrived: Instant) {
        self.heard += time;
        // What came before doesn't join what comes next.
        self.recent.clear();
        // Packets may be shorter than a frame.
        self.skipped += time;
        while self.skipped >= FRAME {
            self.skipped -= FRAME;
            self.echo.handle_near(dbov, arrived);
        }
    }

    /// Whether nobody speaks, nor may be starting to.
    pub fn is_quiet(&self) -> bool {
        !self.open && self.speech_activity_is_quiet() && self.turns.state() == TurnState::Idle
    }

    /// See [`TurnDetector::handle_view`].
    pub fn handle_view(&mut self, utterance: u64, pause: u32, fit: Fit, now: Instant) {
        let closing = self.prosody.closing();
        self.turns.handle_view(utterance, pause, fit, closing);
        self.tell(now);
    }

    /// See [`TurnDetector::handle_backchannel`].
    pub fn handle_backchannel(&mut self, utterance: u64, pause: u32, now: Instant) {
        self.turns.handle_backchannel(utterance, pause);
        self.tell(now);
    }

    /// See [`TurnDetector::handle_hold`].
    pub fn handle_hold(&mut self, on: bool) {
        self.turns.handle_hold(on);
    }

    /// See [`TurnDetector::handle_agent_speaking`].
    pub fn handle_agent_speaking(&mut self, on: bool) {
        self.turns.handle_agent_speaking(on);
        self.speech
            .set_strictness(if on { Strictness::Strict } else { Strictness::Normal });
    }

    /// See [`TurnDetector::set_patience`].
    pub fn set_patience(&mut self, patience: Patience) {
        self.turns.set_patience(patience);
    }

    /// See [`EchoGuard::handle_far`].
    pub fn handle_far_level(&mut self, dbov: f32, at: Instant) {
        self.echo.handle_far(dbov, at);
    }

    /// What happened, in order.
    pub fn poll_event(&mut self) -> Option<UplinkEvent> {
        self.events.pop_front()
    }

    /// Level of the last frame, in dBov.
    pub fn level(&self) -> f32 {
        self.level
    }

    /// The level was reported, not measured.
    pub fn set_level(&mut self, dbov: f32) {
        self.level = dbov;
    }

    /// Level of the noise, in dBov.
    pub fn noise(&self) -> f32 {
        self.speech.noise()
    }

    /// Events dropped because nobody polled.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Sound heard since the start.
    pub fn heard(&self) -> Duration {
        self.heard
    }

    fn speech_activity_is_quiet(&self) -> bool {
        self.onset.is_none()
    }

    fn handle_frame(&mut self, frame: &[i16; HEARD_FRAME], verdict: Verdict, arrived: Instant) {
        self.heard += FRAME;
        self.level = verdict.level;
        self.echo.handle_near(verdict.level, arrived);
        self.prosody.handle_frame(frame, verdict.level, verdict.voiced);
        match verdict.activity {
            Activity::Quiet => self.onset = None,
            Activity::Starting | Activity::Speaking | Activity::Stopping => {
                self.onset.get_or_insert(arrived);
            }
        }
        if verdict.activity == Activity::Speaking {
            self.last_voice = arrived.checked_sub(silent_tail(frame, verdict.level)).or(Some(arrived));
        }
        self.keep(frame);
        let pausing = !verdict.silence.is_zero() && self.turns.state() != TurnState::Idle;
        self.turns.handle_frame(Heard {
            activity: verdict.activity,
            voiced: verdict.voiced,
            silence: verdict.silence,
            echo: verdict.voiced && self.echo.explains(),
            closing: if pausing {
                self.prosody.closing()
            } else {
                Default::default()
            },
        });
        self.tell(arrived);
        if self.open && self.batch.len() >= BATCH * HEARD_FRAME {
            self.hand_out();
        }
    }

    /// Keeps a frame for the recogniser or as pre-roll.
    fn keep(&mut self, frame: &[i16; HEARD_FRAME]) {
        if self.open {
            self.batch.extend_from_slice(frame);
            return;
        }
        if self.recent.len() == self.recent_limit {
            self.recent.drain(..HEARD_FRAME);
        }
        self.recent.extend(frame);
    }

    /// Turns the detector's events into ours.
    fn tell(&mut self, now: Instant) {
        while let Some(event) = self.turns.poll_event() {
            let at = self.heard;
            let utterance = self.turns.utterance();
            let last_voice = self.last_voice.unwrap_or(now);
            match event {
                TurnEvent::Started { utterance } => {
                    let first_voice = self.onset.unwrap_or(now);
                    self.push(UplinkEvent::SpeechStarted {
                        utterance,
                        at,
                        first_voice,
                    });
                    self.open = true;
                    // Straight from where it is: it is far longer than a batch.
                    let pcm = Arc::from(&*self.recent.make_contiguous());
                    self.recent.clear();
                    self.push(UplinkEvent::Audio { utterance, pcm });
                }
                TurnEvent::Paused { pause } => {
                    self.hand_out();
                    self.push(UplinkEvent::Paused {
                        utterance,
                        pause,
                        at,
                        last_voice,
                    });
                }
                TurnEvent::Resumed => self.push(UplinkEvent::Resumed { utterance, at }),
                TurnEvent::NeedsHelp => self.push(UplinkEvent::NeedsHelp { utterance, at }),
                TurnEvent::Ended { reason, silence } => {
                    self.hand_out();
                    self.open = false;
                    self.push(UplinkEvent::TurnEnded {
                        utterance,
                        reason,
                        silence,
                        at,
                        last_voice,
                    });
                }
                TurnEvent::BargeIn => {
                    let onset = self.onset.unwrap_or(now);
                    self.push(UplinkEvent::BargeIn { at, onset });
                }
                TurnEvent::FalseAlarm => {
                    self.batch.clear();
                    self.open = false;
                    self.push(UplinkEvent::FalseAlarm { utterance, at });
                }
                TurnEvent::BargeInConfirmed => self.push(UplinkEvent::BargeInConfirmed { utterance, at }),
            }
        }
    }

    fn hand_out(&mut self) {
        if !self.batch.is_empty() {
            let pcm = Arc::from(&self.batch[..]);
            self.batch.clear();
            self.push(UplinkEvent::Audio {
                utterance: self.turns.utterance(),
                pcm,
            });
        }
    }

    fn push(&mut self, event: UplinkEvent) {
        if self.events.len() >= MOST_EVENTS {
            self.events.pop_front();
            self.dropped += 1;
        }
        self.events.push_back(event);
    }
}

/// How much of a voiced frame comes after its last voice. An encoder's look-ahead carries the last few milliseconds of speech
/// over into the next packet, which would else count as a whole frame of speech.
fn silent_tail(frame: &[i16; HEARD_FRAME], level: f32) -> Duration {
    let blocks = frame.rchunks_exact(BLOCK);
    let silent = blocks.take_while(|block| level::dbov(block) < level - FADED).count();
    FRAME * (silent * BLOCK) as u32 / HEARD_FRAME as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vad::VoiceKind;

    #[test]
    fn two_skipped_packets_of_10_ms_are_one_frame() {
        let now = Instant::now();
        let listener = || {
            let voice = VoiceKind::default().build();
            Listener::new(voice, Patience::default(), Duration::ZERO)
        };
        let (mut short, mut long) = (listener(), listener());
        for _ in 0..3 {
            long.skip(FRAME, -50.0, now);
        }
        for _ in 0..6 {
            short.skip(FRAME / 2, -50.0, now);
        }
        assert_eq!(short.heard(), long.heard());
        assert_eq!(short.echo, long.echo);
        short.skip(FRAME / 2, -50.0, now);
        assert_eq!(short.echo, long.echo);
    }

    #[test]
    fn speech_that_ends_inside_a_frame_ended_there() {
        let mut frame = [0; HEARD_FRAME];
        assert_eq!(
            silent_tail(&[1_000; HEARD_FRAME], level::dbov(&[1_000; HEARD_FRAME])),
            Duration::ZERO
        );
        frame[..100].fill(1_000);
        assert_eq!(silent_tail(&frame, level::dbov(&frame)), Duration::from_micros(12_500));
        frame[100..].fill(20);
        assert_eq!(silent_tail(&frame, level::dbov(&frame)), Duration::from_micros(12_500));
    }
}
