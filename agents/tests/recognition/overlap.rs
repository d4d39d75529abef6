//! Learner and agent at once: uplink, recogniser, mind and downlink together in simulated time.

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::acoustic::Expectation;
use colloquy_agents::engine::{Occasion, ReplyPiece, Speaker, WordTiming};
use colloquy_agents::language::Language;
use colloquy_agents::mind::{Input, Mind, MindConfig, Output, Record};
use colloquy_agents::scenario::{Catalogue, Level};
use colloquy_media::downlink::{Downlink, DownlinkConfig, DownlinkEvent, Played, Speech};
use colloquy_media::{FRAME, HEARD_FRAME};

use crate::corpus::{Corpus, decoded, expected, noise};
use crate::line::Line;
use crate::network::Conditions;

/// How long the voice takes for each word.
const WORD: Duration = Duration::from_millis(250);
/// The same in samples at 16 kHz.
const WORD_SAMPLES: usize = 4_000;

/// A conversation with everything but engines on the wire.
struct Talk {
    line: Line,
    mind: Mind,
    downlink: Downlink,
    /// What the agent's voice is made of.
    voice: Vec<i16>,
    /// The first reply, and the text of each of its phrases.
    first: Option<u64>,
    phrases: Vec<String>,
    /// When packets of speech left.
    spoken: Vec<Duration>,
    /// When the downlink was first told to be silent.
    barged_at: Option<Duration>,
    flushed: Option<Played>,
    records: Vec<Record>,
    /// Final transcripts of the learner.
    transcripts: Vec<String>,
    /// Texts of replies that were told as cut.
    cut: Vec<String>,
}

impl Talk {
    /// The learner joins and the agent begins to speak.
    fn begin(corpus: &Corpus, clip: usize) -> Self {
        let phrases = expected(&corpus.among(clip, 20));
        let expectation = Expectation::prepare(&corpus.pronouncer, corpus.language, &phrases).unwrap();
        let line = Line::new(Arc::new(expectation), Conditions::CLEAN, clip as u64);
        let script = Catalogue::built_in().script("restaurant", Language::English, Level::default());
        let script = Arc::new(script.expect("the restaurant is built in"));
        let spanish = Corpus::read(Language::Spanish);
        let voice = spanish.clips()[..8]
            .iter()
            .flat_map(|clip| decoded(&spanish.rows[*clip].file))
            .collect();
        let mut talk = Self {
            downlink: Downlink::new(DownlinkConfig::default(), line.at(Duration::ZERO)).unwrap(),
            mind: Mind::new(MindConfig::new(script, Language::English)),
            line,
            voice,
            first: None,
            phrases: Vec::new(),
            spoken: Vec::new(),
            barged_at: None,
            flushed: None,
            records: Vec::new(),
            transcripts: Vec::new(),
            cut: Vec::new(),
        };
        talk.hear(&noise(16_000));
        talk.tell(Input::Joined);
        talk
    }

    fn hear(&mut self, sound: &[i16]) -> &mut Self {
        for frame in sound.chunks_exact(HEARD_FRAME) {
            let now = self.line.at(self.line.now);
            while let Some(sent) = self.downlink.poll_frame(now) {
                self.line.uplink.handle_far_level(sent.level);
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

    fn tell(&mut self, input: Input) {
        self.mind.handle_input(input, self.line.at(self.line.now));
        self.obey();
    }

    fn obey(&mut self) {
        while let Some(output) = self.mind.poll_output() {
            let now = self.line.at(self.line.now);
            match output {
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

    /// The words of which at least half had left when the agent was stopped, by an account of the test's own.
    fn words_heard(&self) -> Vec<String> {
        let played = self.flushed.as_ref().expect("the agent was stopped");
        let mut words = Vec::new();
        for (phrase, text) in self.phrases.iter().enumerate() {
            let time: Duration = played
                .phrases
                .iter()
                .filter(|played| played.phrase as usize == phrase)
                .map(|played| played.duration())
                .sum();
            let whole = ((time + WORD / 2).as_millis() / WORD.as_millis()) as usize;
            words.extend(text.split_whitespace().take(whole).map(bare));
        }
        words
    }
}

/// A word without its punctuation.
fn bare(word: &str) -> String {
    word.chars().filter(|letter| letter.is_alphanumeric()).collect()
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .map(bare)
        .filter(|word| !word.is_empty())
        .collect()
}

/// "Mhm": a nasal buzz in two swells, so many ms long.
fn mhm(ms: usize) -> Vec<i16> {
    let samples = ms * 16;
    let (mut phase, mut first, mut second) = (0.0f32, 0.0f32, 0.0f32);
    (0..samples)
        .map(|n| {
            let part = n as f32 / samples as f32;
            phase = (phase + (140.0 + 30.0 * part) / 16_000.0).fract();
            let swell = (part * std::f32::consts::TAU).sin().abs().max(0.3);
            // Two poles at about 400 Hz: lips closed.
            first += 0.15 * ((1.0 - 2.0 * phase) - first);
            second += 0.15 * (first - second);
            (second * swell * 12_000.0) as i16
        })
        .collect()
}

#[test]
fn barge_in_stops_speech_within_a_frame_and_the_history_keeps_only_the_heard_words() {
    let corpus = Corpus::read(Language::English);
    let clips = corpus.clips();
    for (number, &clip) in clips.iter().step_by(3).enumerate() {
        let text = &corpus.rows[clip].text;
        let mut talk = Talk::begin(&corpus, clip);
        // Another word each time.
        talk.hear(&noise(16 * (900 + 130 * number)));
        talk.hear(&decoded(&corpus.rows[clip].file)).hear(&noise(16 * 300));
        let told = talk.barged_at.unwrap_or_else(|| panic!("{text}: no barge-in"));
        let last = talk
            .spoken
            .iter()
            .rev()
            .find(|at| **at <= told + Duration::from_secs(1));
        assert!(
            last.is_some_and(|last| *last <= told + FRAME),
            "{text}: told at {told:?}, last packet {last:?}"
        );
        assert!(!talk.downlink.is_paused(), "{text}: never decided");

        let heard = talk.words_heard();
        let opener = talk
            .mind
            .history()
            .first()
            .unwrap_or_else(|| panic!("{text}: no history"));
        assert_eq!(opener.speaker, Speaker::Agent);
        assert_eq!(words(&opener.text), heard, "{text}");
        let whole: Vec<String> = talk.phrases.iter().flat_map(|phrase| words(phrase)).collect();
        assert!(heard.len() < whole.len(), "{text}: nothing was cut");
        assert_eq!(talk.cut, std::slice::from_ref(&opener.text), "{text}");
        let record = talk
            .records
            .iter()
            .find(|record| record.speaker == Speaker::Agent)
            .unwrap_or_else(|| panic!("{text}: no record"));
        assert_eq!(record.text, opener.text, "{text}");
        assert!(record.intended.is_some(), "{text}");

        // And the conversation goes on with what was said over the agent.
        talk.hear(&noise(16 * 2_000));
        let transcripts: Vec<Vec<String>> = talk.transcripts.iter().map(|text| words(text)).collect();
        assert_eq!(transcripts, [words(text)], "{text}");
        assert!(
            talk.spoken.last().is_some_and(|at| *at > told + Duration::from_secs(1)),
            "{text}: no reply"
        );
    }
}

#[test]
fn mhm_over_the_agent_costs_it_no_word() {
    let corpus = Corpus::read(Language::English);
    for length in [200, 280, 360] {
        let mut talk = Talk::begin(&corpus, corpus.clips()[0]);
        talk.hear(&noise(16 * 1_000))
            .hear(&mhm(length))
            .hear(&noise(16 * 9_000));
        assert!(talk.flushed.is_none(), "{length} ms: the reply was dropped");
        assert!(talk.cut.is_empty(), "{length} ms: {:?}", talk.cut);
        let whole: Vec<String> = talk.phrases.iter().flat_map(|phrase| words(phrase)).collect();
        let [opener] = talk.mind.history() else {
            panic!("{length} ms: {:?}", talk.mind.history())
        };
        assert_eq!(words(&opener.text), whole, "{length} ms");
        let frames = whole.len() * WORD_SAMPLES / HEARD_FRAME;
        // A pause costs one packet that fades out.
        assert!(
            talk.spoken.len() >= frames && talk.spoken.len() <= frames + 2 * talk.phrases.len() + 2,
            "{length} ms: {} packets, {frames} frames",
            talk.spoken.len()
        );
        assert!(
            talk.transcripts.iter().all(String::is_empty),
            "{length} ms: {:?}",
            talk.transcripts
        );
    }
}
