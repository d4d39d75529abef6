//! A learner and an agent in a call: uplink, recogniser, mind and downlink together in simulated time. Shared with `tests/voices`.

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::acoustic::Expectation;
use colloquy_agents::engine::{Expected, Occasion, ReplyPiece, WordTiming};
use colloquy_agents::language::Language;
use colloquy_agents::mind::{Input, Mind, MindConfig, Output, Record};
use colloquy_agents::scenario::Script;
use colloquy_media::HEARD_FRAME;
use colloquy_media::downlink::{Downlink, DownlinkConfig, DownlinkEvent, Played, Speech};

use crate::line::Line;

/// How long the voice takes for each word.
pub const WORD: Duration = Duration::from_millis(250);
/// The same in samples at 16 kHz.
pub const WORD_SAMPLES: usize = 4_000;

/// Finds out how what is expected sounds.
pub type Prepare = Box<dyn FnMut(&Expected) -> Arc<Expectation>>;

/// A conversation with everything but engines on the wire.
pub struct Talk {
    pub line: Line,
    pub mind: Mind,
    pub downlink: Downlink,
    /// Makes what the mind expects ready for the recogniser; else it listens for the same all the time.
    pub prepare: Option<Prepare>,
    /// What the agent's voice is made of.
    pub voice: Vec<i16>,
    /// The first reply, and the text of each of its phrases.
    pub first: Option<u64>,
    pub phrases: Vec<String>,
    /// When packets of speech left.
    pub spoken: Vec<Duration>,
    /// When the downlink was first told to be silent.
    pub barged_at: Option<Duration>,
    pub flushed: Option<Played>,
    pub records: Vec<Record>,
    /// Final transcripts of the learner.
    pub transcripts: Vec<String>,
    /// Texts of replies that were told as cut.
    pub cut: Vec<String>,
}

impl Talk {
    /// Before the learner joins. The agent's voice is a sound that is repeated.
    pub fn new(line: Line, script: Arc<Script>, voice: Vec<i16>) -> Self {
        Self {
            downlink: Downlink::new(DownlinkConfig::default(), line.at(Duration::ZERO)).unwrap(),
            mind: Mind::new(MindConfig::new(script, Language::English)),
            line,
            prepare: None,
            voice,
            first: None,
            phrases: Vec::new(),
            spoken: Vec::new(),
            barged_at: None,
            flushed: None,
            records: Vec::new(),
            transcripts: Vec::new(),
            cut: Vec::new(),
        }
    }

    /// What comes from the learner's microphone, in whole frames; everything else happens meanwhile.
    pub fn hear(&mut self, sound: &[i16]) -> &mut Self {
        for frame in sound.chunks_exact(HEARD_FRAME) {
            let now = self.line.at(self.line.now);
            while let Some(sent) = self.downlink.poll_frame(now) {
                self.line.uplink.handle_far_level(sent.level, now);
                if sent.speech {
                    self.spoken.push(self.line.now);
                }
            }
            self.follow_downlink();
            self.line.frame(frame);
            while let Some((at, input)) = self.line.inputs.pop_front() {
                let instant = self.line.at(at);
                match &input {
                    Input::BargeIn => {
                        self.barged_at.get_or_insert(at);
                        self.downlink.pause(instant);
                    }
                    Input::FalseAlarm { .. } => self.downlink.resume(instant),
                    _ => {}
                }
                self.tell(input);
            }
            let now = self.line.at(self.line.now);
            if self.mind.poll_timeout().is_some_and(|due| due <= now) {
                self.mind.handle_timeout(now);
                self.obey();
            }
        }
        self
    }

    /// Tells the mind what happened.
    pub fn tell(&mut self, input: Input) {
        self.mind.handle_input(input, self.line.at(self.line.now));
        self.obey();
    }

    fn obey(&mut self) {
        while let Some(output) = self.mind.poll_output() {
            let now = self.line.at(self.line.now);
            match output {
                Output::Listen { expected } => {
                    if let Some(prepare) = &mut self.prepare {
                        self.line.expectation = prepare(&expected);
                    }
                }
                Output::Ask { generation, request } => {
                    let (line, progress) = match &request.occasion {
                        Occasion::Opener => (request.script.opener(), request.progress.clone()),
                        Occasion::Answer(answer) => request.script.respond(&request.progress, answer),
                        Occasion::Idle => request.script.idle(&request.progress),
                    };
                    for piece in [ReplyPiece::Text(line.text), ReplyPiece::Done { progress }] {
                        self.mind.handle_input(Input::Reply { generation, piece }, now);
                    }
                }
                Output::Speak {
                    generation,
                    phrase,
                    text,
                    ..
                } => self.say(generation, phrase, &text),
                Output::FinishSpeech { generation } => self.downlink.finish(generation, now),
                Output::PauseSpeech { .. } => self.downlink.pause(now),
                Output::ResumeSpeech { .. } => self.downlink.resume(now),
                Output::FlushSpeech { generation } => {
                    let played = self.downlink.flush(now);
                    self.line.uplink.handle_agent_speaking(false);
                    let its = played.phrases.iter().filter(|phrase| phrase.generation == generation);
                    let account = its.map(|phrase| (phrase.phrase as usize, phrase.duration())).collect();
                    self.flushed.get_or_insert(played);
                    self.mind.handle_input(
                        Input::Flushed {
                            generation,
                            played: account,
                        },
                        now,
                    );
                }
                Output::Record(record) => self.records.push(*record),
                Output::Transcript {
                    text, is_final: true, ..
                } => self.transcripts.push(text),
                Output::Reply {
                    text,
                    interrupted: true,
                    ..
                } => self.cut.push(text),
                _ => {}
            }
        }
    }

    /// The voice gives each word the same time.
    fn say(&mut self, generation: u64, phrase: usize, text: &str) {
        if *self.first.get_or_insert(generation) == generation {
            self.phrases.push(text.to_owned());
        }
        let now = self.line.at(self.line.now);
        let words: Vec<WordTiming> = (0..)
            .zip(text.split_whitespace())
            .map(|(number, word)| WordTiming {
                word: word.to_owned(),
                start: WORD * number,
                end: WORD * (number + 1),
            })
            .collect();
        let samples: Arc<[i16]> = self
            .voice
            .iter()
            .copied()
            .cycle()
            .take(words.len() * WORD_SAMPLES)
            .collect();
        let duration = WORD * words.len() as u32;
        self.downlink
            .play(generation, phrase as u32, Speech::Pcm { samples, rate: 16_000 }, now)
            .unwrap();
        let made = Input::SpeechMade {
            generation,
            phrase,
            duration,
            words,
        };
        self.mind.handle_input(made, now);
        self.mind.handle_input(Input::SpeechEnded { generation, phrase }, now);
    }

    fn follow_downlink(&mut self) {
        while let Some(event) = self.downlink.poll_event() {
            match event {
                DownlinkEvent::Started { generation, .. } => {
                    self.line.uplink.handle_agent_speaking(true);
                    self.tell(Input::PlayoutStarted { generation });
                }
                DownlinkEvent::PhraseStarted { generation, phrase, .. } => self.tell(Input::PlayoutProgress {
                    generation,
                    phrase: phrase as usize,
                    played: Duration::ZERO,
                }),
                DownlinkEvent::Finished { generation, played, .. } => {
                    self.line.uplink.handle_agent_speaking(false);
                    for phrase in &played.phrases {
                        self.tell(Input::PlayoutProgress {
                            generation: phrase.generation,
                            phrase: phrase.phrase as usize,
                            played: phrase.duration(),
                        });
                    }
                    self.tell(Input::PlayoutFinished { generation });
                }
            }
        }
    }
}
