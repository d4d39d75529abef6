//! Conversations of random events, against what must always hold.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;
use crate::engine::{Fit, ReplyPiece, Transcript, WordTiming};
use crate::scenario::Script;

const SEEDS: u64 = 5000;
const STEPS: usize = 120;
const WORD: Duration = Duration::from_millis(200);

/// What a reply is to the world outside: the phrases given to the voice, what was made of them, and how much was played.
#[derive(Default)]
struct Heard {
    generation: u64,
    phrases: Vec<String>,
    made: Vec<u32>,
    ended: Vec<bool>,
    failed: Vec<bool>,
    /// In whole words, over all phrases.
    played: u32,
    is_finished: bool,
    is_flushed: bool,
    is_playing: bool,
    is_paused: bool,
}

impl Heard {
    /// The words that were heard, by an account of its own.
    fn words(&self) -> Vec<String> {
        let mut heard = Vec::new();
        let mut left = self.played;
        for (i, phrase) in self.phrases.iter().enumerate() {
            let words: Vec<_> = phrase.split_whitespace().map(str::to_owned).collect();
            let played = left.min(self.made[i]);
            left -= played;
            let is_done = self.ended[i] || self.failed[i];
            if played == self.made[i] && is_done && (self.failed[i] || self.made[i] > 0) {
                heard.extend(words);
            } else {
                heard.extend(words.into_iter().take(played as usize));
                break;
            }
        }
        heard
    }
}

struct World {
    random: StdRng,
    mind: Mind,
    now: Instant,
    asked: Option<u64>,
    newest: u64,
    reply: Heard,
    flush_due: Option<u64>,
    utterance: u64,
    is_over: bool,
    is_expiring: bool,
    heard: Vec<(Speaker, String)>,
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            mind: Mind::new(MindConfig::new(Script::sample(), Language::English)),
            now: Instant::now(),
            asked: None,
            newest: 0,
            reply: Heard::default(),
            flush_due: None,
            utterance: 0,
            is_over: false,
            is_expiring: false,
            heard: Vec::new(),
        }
    }

    fn put(&mut self, input: Input) {
        self.mind.handle_input(input, self.now);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.mind.poll_output() {
            assert!(!self.is_over, "{output:?} after the end");
            match output {
                Output::Ask { generation, request } => {
                    assert!(generation > self.newest && self.asked.is_none(), "asked twice");
                    assert!(request.history.len() <= self.heard.len());
                    self.newest = generation;
                    self.asked = Some(generation);
                }
                Output::CancelAsk { generation } => assert_eq!(self.asked.take(), Some(generation)),
                Output::Speak {
                    generation,
                    phrase,
                    text,
                    ..
                } => {
                    // What is said again was never asked for.
                    assert!(generation >= self.newest, "an older generation is spoken");
                    self.newest = generation;
                    if generation != self.reply.generation {
                        self.reply = Heard {
                            generation,
                            ..Heard::default()
                        };
                    }
                    assert!(!self.reply.is_flushed && !self.reply.is_finished);
                    assert_eq!(phrase, self.reply.phrases.len());
                    self.reply.phrases.push(text);
                    self.reply.made.push(0);
                    self.reply.ended.push(false);
                    self.reply.failed.push(false);
                }
                Output::FinishSpeech { generation } => {
                    assert_eq!(generation, self.reply.generation);
                    self.reply.is_finished = true;
                }
                Output::PauseSpeech { generation } => {
                    assert!(generation == self.reply.generation && !self.reply.is_paused);
                    self.reply.is_paused = true;
                }
                Output::ResumeSpeech { generation } => {
                    assert!(generation == self.reply.generation && self.reply.is_paused);
                    self.reply.is_paused = false;
                }
                Output::FlushSpeech { generation } => {
                    assert!(generation == self.reply.generation && !self.reply.is_flushed);
                    self.reply.is_flushed = true;
                    self.flush_due = Some(generation);
                }
                Output::Record(record) => {
                    if record.speaker == Speaker::Agent {
                        let said: Vec<_> = record.text.split_whitespace().map(str::to_owned).collect();
                        assert_eq!(said, self.reply.words(), "what is kept is what was played");
                    }
                    self.heard.push((record.speaker, record.text));
                }
                Output::Latency(l) => assert_eq!(l.end_of_turn + l.stt + l.llm + l.tts, l.total),
                // The mind gave up on the voice: what is not made by now is only read.
                Output::Trouble(Trouble::Speech) if self.is_expiring => {
                    for i in 0..self.reply.phrases.len() {
                        self.reply.failed[i] |= !self.reply.ended[i];
                    }
                }
                Output::Ended { .. } => self.is_over = true,
                _ => {}
            }
        }
        let history: Vec<_> = self
            .mind
            .history()
            .iter()
            .map(|said| (said.speaker, said.text.clone()))
            .collect();
        assert_eq!(history, self.heard, "the history is what was recorded");
        if !self.is_over && self.mind.state() != State::Listening {
            assert!(
                self.mind.poll_timeout().is_some(),
                "{:?} without a timer",
                self.mind.state()
            );
        }
        // A flush is answered at once: the account is what was played until then.
        if let Some(generation) = self.flush_due.take() {
            let played = self.accounts().into_iter().enumerate().collect();
            self.put(Input::Flushed { generation, played });
        }
    }

    fn accounts(&self) -> Vec<Duration> {
        let mut left = self.reply.played;
        let account = |made: &u32| {
            let played = left.min(*made);
            left -= played;
            WORD * played
        };
        self.reply.made.iter().map(account).collect()
    }

    fn step(&mut self) {
        self.now += Duration::from_millis(self.random.random_range(0..400));
        let utterance = self.utterance;
        let text = ["", "Pour deux", "mhm", "Je voudrais une table"][self.random.random_range(0..4)].to_owned();
        let transcript = Transcript {
            text: text.clone(),
            ..Transcript::default()
        };
        match self.random.random_range(0..26) {
            0 => self.put(Input::Joined),
            1 if self.random.random_bool(0.1) => self.put(Input::Left),
            2 | 3 => {
                self.utterance += 1;
                let utterance = self.utterance;
                if self.random.random() {
                    self.put(Input::BargeIn);
                }
                self.put(Input::SpeechStarted {
                    utterance,
                    first_voiced: self.now,
                });
            }
            4 if self.random.random() => self.put(Input::BargeIn),
            4 => self.put(Input::SpeechResumed { utterance }),
            5 => self.put(Input::Partial { utterance, text }),
            6 | 7 => {
                let fits = [
                    Fit::Complete,
                    Fit::Extendable { politely: false },
                    Fit::Beginning,
                    Fit::Unlisted { open: false },
                ];
                let fit = fits[self.random.random_range(0..fits.len())];
                self.put(Input::View {
                    utterance,
                    transcript,
                    fit,
                });
            }
            8 | 9 => self.put(Input::TurnEnded {
                utterance,
                last_voiced: self.now,
            }),
            10 | 11 => self.put(Input::Final { utterance, transcript }),
            12 if self.random.random_bool(0.3) => self.put(Input::RecognitionUnavailable { utterance }),
            12 => self.put(Input::RecognitionFailed { utterance }),
            13 => self.put(Input::FalseAlarm { utterance }),
            14 => self.put(Input::BargeInConfirmed { utterance }),
            15 if self.random.random_bool(0.3) => self.put(Input::Typed { text }),
            16 if self.random.random_bool(0.2) => self.put(Input::Interrupt),
            17 => {
                let on = self.random.random();
                self.put(Input::Hold { on });
            }
            18 if self.random.random() => self.put(Input::WantsHint),
            18 => self.put(Input::NeedsHelp),
            19 if self.random.random_bool(0.02) => self.put(Input::End),
            19 => {
                let slowly = self.random.random();
                let known = self.random.random_range(0..9);
                let message = self.random.random::<bool>().then_some(MessageId(known));
                self.put(Input::Repeat { message, slowly });
            }
            20 => self.timeout(),
            _ => self.engines(),
        }
    }

    fn timeout(&mut self) {
        if let Some(at) = self.mind.poll_timeout() {
            self.now = self.now.max(at);
            self.mind.handle_timeout(self.now);
            self.is_expiring = true;
            self.drain();
            self.is_expiring = false;
        }
    }

    /// The dialogue model, the voice or the downlink gets on with its work, sometimes for a reply that is long gone.
    fn engines(&mut self) {
        if self.random.random_bool(0.05) {
            let generation = self.random.random_range(0..=self.newest);
            if Some(generation) != self.asked {
                self.put(Input::Reply {
                    generation,
                    piece: ReplyPiece::Text("Jamais dit.".to_owned()),
                });
            }
        }
        if let Some(generation) = self.asked
            && self.random.random()
        {
            match self.random.random_range(0..12) {
                0 => {
                    self.asked = None;
                    self.put(Input::ReplyFailed { generation });
                }
                1..=4 => {
                    self.asked = None;
                    let progress = Progress {
                        step: self.random.random_range(0..4),
                        complete: self.random.random_bool(0.1),
                        ..Progress::default()
                    };
                    self.put(Input::Reply {
                        generation,
                        piece: ReplyPiece::Done { progress },
                    });
                }
                _ => {
                    let text = ["Très bien. ", "Une table pour deux ", "à la fenêtre, ", "peut être? "]
                        [self.random.random_range(0..4)];
                    self.put(Input::Reply {
                        generation,
                        piece: ReplyPiece::Text(text.to_owned()),
                    });
                }
            }
            return;
        }
        self.voice();
    }

    fn voice(&mut self) {
        let generation = self.reply.generation;
        if self.reply.is_flushed || self.reply.phrases.is_empty() {
            return;
        }
        let open = (0..self.reply.phrases.len()).find(|i| !self.reply.ended[*i] && !self.reply.failed[*i]);
        if let Some(phrase) = open
            && self.random.random_bool(0.6)
        {
            let words: Vec<_> = self.reply.phrases[phrase]
                .split_whitespace()
                .map(str::to_owned)
                .collect();
            let made = self.reply.made[phrase];
            if self.random.random_bool(0.05) {
                self.reply.failed[phrase] = true;
                self.put(Input::SpeechFailed { generation, phrase });
            } else if (made as usize) < words.len() {
                self.reply.made[phrase] += 1;
                let word = WordTiming {
                    word: words[made as usize].clone(),
                    start: WORD * made,
                    end: WORD * (made + 1),
                };
                self.put(Input::SpeechMade {
                    generation,
                    phrase,
                    duration: WORD,
                    words: vec![word],
                });
            } else {
                self.reply.ended[phrase] = true;
                self.put(Input::SpeechEnded { generation, phrase });
            }
            return;
        }
        let made: u32 = self.reply.made.iter().sum();
        if self.reply.is_paused {
            return;
        }
        if self.reply.played < made {
            self.reply.played += 1;
            if !std::mem::replace(&mut self.reply.is_playing, true) {
                self.put(Input::PlayoutStarted { generation });
            }
            for (phrase, played) in self.accounts().into_iter().enumerate() {
                if !self.reply.is_flushed {
                    self.put(Input::PlayoutProgress {
                        generation,
                        phrase,
                        played,
                    });
                }
            }
        } else if open.is_none() && self.reply.is_finished && made > 0 {
            self.reply.is_flushed = true;
            self.put(Input::PlayoutFinished { generation });
        }
    }
}

#[test]
fn random_conversations_keep_what_was_heard_and_never_hang() {
    let (mut records, mut flushes, mut ends) = (0, 0, 0);
    for seed in 0..SEEDS {
        let mut world = World::new(seed);
        println!("seed {seed}");
        if world.random.random() {
            world.put(Input::Joining);
        }
        world.put(Input::Joined);
        for _ in 0..STEPS {
            world.step();
            flushes += u32::from(world.reply.is_flushed);
        }
        // Left to its timers alone it comes to rest: all engines are gone, and the learner is silent.
        for _ in 0..40 {
            world.timeout();
        }
        assert_eq!(world.mind.state(), State::Listening, "seed {seed}");
        assert!(
            world.is_over || world.mind.poll_timeout().is_none() || world.mind.is_holding,
            "seed {seed} never rests"
        );
        records += world.heard.len();
        ends += u32::from(world.is_over);
    }
    // The events are rich enough to prove something.
    assert!(
        records > 3 * SEEDS as usize && flushes > 1000 && ends > 50,
        "{records} {flushes} {ends}"
    );
}
