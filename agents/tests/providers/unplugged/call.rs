//! A call in simulated time: a learner, the mind, chains of engines, and a playout that counts silence.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use colloquy_agents::chain::{ChainConfig, FallbackLlm, FallbackStt, FallbackTts, Health};
use colloquy_agents::engine::{
    Expected, Fit, Heard, Listen, ListenRequest, Llm, ReplyPiece, Results, SpeakRequest, Speaker, SpeechChunk, Stt,
    Transcript, Tts, WordTiming,
};
use colloquy_agents::language::Language;
use colloquy_agents::llm::embedded::EmbeddedLlm;
use colloquy_agents::mind::{Input, Mind, MindConfig, Output};
use futures::{FutureExt, StreamExt, stream};
use tokio::sync::mpsc;

use super::plugs::Plug;
use crate::clock::Clock;

/// What the learner says, as everybody hears it.
pub const SAID: &str = "A table for two, please.";
/// In which time passes.
const TICK: Duration = Duration::from_millis(10);
/// After which a call that doesn't get on is given up.
const MOST_TICKS: usize = 3_000;

/// What came of a turn.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    /// The longest silence from the learner's last voiced sample to the last of the reply.
    pub silence: Duration,
    /// What the learner was understood to say.
    pub heard: String,
    /// What was heard of the reply.
    pub said: String,
    /// The phrases that the stand-in was given, or the rest of them: phrase and rest.
    pub taken_over: Vec<(String, String)>,
    /// The phrases of the reply.
    pub phrases: Vec<String>,
    /// The words that were timed.
    pub words: Vec<String>,
}

/// Whether the same two words or more are said twice in a row.
pub fn repeats(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    (2..=words.len() / 2).any(|length| {
        let pairs = words.windows(2 * length);
        pairs.into_iter().any(|pair| pair[..length] == pair[length..])
    })
}

/// Whether the words come in the text in this order, each once.
pub fn are_part_of(words: &[String], text: &str) -> bool {
    let bare = |word: &str| {
        word.chars()
            .filter(|letter| letter.is_alphanumeric())
            .collect::<String>()
    };
    let mut said = text.split_whitespace().map(bare);
    words.iter().all(|word| said.any(|said| said == bare(word)))
}

/// The recogniser behind the provider's.
struct StandInEar;

impl Stt for StandInEar {
    fn name(&self) -> &'static str {
        "stand-in"
    }

    fn listen(&self, _: ListenRequest, input: mpsc::Receiver<Listen>) -> Results<Heard> {
        let transcript = || Transcript {
            text: SAID.to_owned(),
            confidence: 1.0,
            ..Transcript::default()
        };
        stream::unfold(Some(input), move |input| async move {
            let mut input = input?;
            loop {
                match input.recv().await? {
                    Listen::Audio(_) => {}
                    Listen::Pause { pause } => {
                        let (transcript, fit) = (transcript(), Fit::Complete);
                        return Some((Ok(Heard::View { pause, transcript, fit }), Some(input)));
                    }
                    Listen::End => return Some((Ok(Heard::Final(transcript())), None)),
                }
            }
        })
        .boxed()
    }
}

/// The voice behind the provider's: 30 ms a letter.
#[derive(Default)]
struct StandInVoice {
    asked: Mutex<Vec<String>>,
}

impl Tts for StandInVoice {
    fn name(&self) -> &'static str {
        "stand-in"
    }

    fn speaks(&self, _: Language) -> bool {
        true
    }

    fn is_cacheable(&self) -> bool {
        false
    }

    fn speak(&self, request: SpeakRequest) -> Results<SpeechChunk> {
        let letter = Duration::from_millis(30);
        let mut at = Duration::ZERO;
        let words = request.text.split_whitespace().map(|word| {
            let start = at;
            at += letter * word.chars().count() as u32;
            let (word, end) = (word.to_owned(), at);
            at += letter;
            WordTiming { word, start, end }
        });
        let words = words.collect();
        let samples = request.text.chars().count() * 480;
        self.asked.lock().expect("no test panics with it").push(request.text);
        let chunk = SpeechChunk {
            pcm: vec![1000; samples].into(),
            rate: 16_000,
            words,
        };
        stream::iter([Ok(chunk)]).boxed()
    }
}

/// A phrase for the voice.
type Phrase = (u64, usize, SpeakRequest);

/// The call.
pub struct Call {
    clock: Clock,
    mind: Mind,
    stt: FallbackStt,
    llm: FallbackLlm,
    tts: FallbackTts,
    stand_in: Arc<StandInVoice>,
    expected: Arc<Expected>,
    utterance: u64,
    listening: Option<(mpsc::Sender<Listen>, Results<Heard>)>,
    asking: Option<(u64, Results<ReplyPiece>)>,
    waiting: VecDeque<Phrase>,
    speaking: Option<(Phrase, Results<SpeechChunk>)>,
    finishing: Option<u64>,
    /// Speech that is not heard yet: reply, phrase, how much.
    playout: VecDeque<(u64, usize, Duration)>,
    /// The reply that is heard, and how much of which phrase.
    playing: Option<(u64, usize, Duration)>,
    silence: Duration,
    turn: Turn,
    is_answered: bool,
}

impl Call {
    /// A call that thinks, hears and speaks with this provider where it can.
    pub async fn with(plug: &Plug) -> Self {
        let (config, health) = (ChainConfig::default(), Arc::new(Health::default()));
        let observer = Arc::new(());
        let ears = plug
            .stt
            .clone()
            .into_iter()
            .chain([Arc::new(StandInEar) as Arc<dyn Stt>]);
        let models = plug
            .llm
            .clone()
            .into_iter()
            .chain([Arc::new(EmbeddedLlm) as Arc<dyn Llm>]);
        let stand_in = Arc::new(StandInVoice::default());
        let voices = plug.tts.clone().into_iter().chain([stand_in.clone() as Arc<dyn Tts>]);
        Self {
            clock: Clock::paused(),
            mind: Mind::new(MindConfig::new(crate::script(Language::English), Language::English)),
            stt: FallbackStt::new(ears.collect(), config, Arc::clone(&health), observer.clone()),
            llm: FallbackLlm::new(models.collect(), config, Arc::clone(&health), observer.clone()),
            tts: FallbackTts::new(voices.collect(), config, health, observer),
            stand_in,
            expected: Arc::default(),
            utterance: 0,
            listening: None,
            asking: None,
            waiting: VecDeque::new(),
            speaking: None,
            finishing: None,
            playout: VecDeque::new(),
            playing: None,
            silence: Duration::ZERO,
            turn: Turn::default(),
            is_answered: false,
        }
    }

    /// Joins, and hears the agent's first words to their end.
    pub async fn hear_opener(&mut self) {
        self.tell(Input::Joined);
        self.hear_reply().await;
    }

    /// Says something, and hears what is answered.
    pub async fn take_turn(&mut self) -> Turn {
        self.utterance += 1;
        let utterance = self.utterance;
        let (sender, input) = mpsc::channel(3_000);
        let request = ListenRequest {
            language: Language::English,
            expected: Arc::clone(&self.expected),
        };
        self.listening = Some((sender, self.stt.listen(request, input)));
        let first_voiced = now();
        self.tell(Input::SpeechStarted {
            utterance,
            first_voiced,
        });
        for _ in 0..100 {
            self.say((0..160).map(|sample: i16| (sample % 100) * 100 - 5000).collect());
            self.step().await;
        }
        let last_voiced = now();
        (self.silence, self.turn) = (Duration::ZERO, Turn::default());
        self.stand_in.asked.lock().expect("no test panics with it").clear();
        for quiet in 0..20 {
            self.say((0..160).map(|sample: i16| sample % 3).collect());
            if quiet == 10 {
                self.listen(Listen::Pause { pause: 1 });
            }
            self.step().await;
        }
        self.listen(Listen::End);
        self.tell(Input::TurnEnded { utterance, last_voiced });
        self.hear_reply().await;
        self.turn.clone()
    }

    async fn hear_reply(&mut self) {
        self.is_answered = false;
        for _ in 0..MOST_TICKS {
            if self.is_answered {
                return;
            }
            self.step().await;
        }
        panic!("no reply comes to its end: {:?}, {:?}", self.turn, self.mind.state());
    }

    fn say(&mut self, samples: Arc<[i16]>) {
        self.listen(Listen::Audio(samples));
    }

    fn listen(&mut self, message: Listen) {
        if let Some((sender, _)) = &self.listening {
            // Who has heard enough has closed it.
            let _ = sender.try_send(message);
        }
    }

    /// Everybody does what there is to do, then 10 ms pass.
    async fn step(&mut self) {
        for _ in 0..2 {
            self.clock.settle().await;
            self.poll();
        }
        self.play();
        if self.mind.poll_timeout().is_some_and(|at| at <= now()) {
            self.mind.handle_timeout(now());
            self.act();
        }
        tokio::time::advance(TICK).await;
    }

    /// Takes what the engines give.
    fn poll(&mut self) {
        let utterance = self.utterance;
        while let Some((_, heard)) = self.listening.as_mut() {
            let input = match heard.next().now_or_never() {
                None => break,
                Some(Some(Ok(Heard::Partial { text }))) => Input::Partial { utterance, text },
                Some(Some(Ok(Heard::View { transcript, fit, .. }))) => Input::View {
                    utterance,
                    transcript,
                    fit,
                },
                Some(Some(Ok(Heard::Final(transcript)))) => {
                    self.listening = None;
                    Input::Final { utterance, transcript }
                }
                Some(Some(Err(_)) | None) => {
                    self.listening = None;
                    Input::RecognitionFailed { utterance }
                }
            };
            self.tell(input);
        }
        while let Some((generation, reply)) = self.asking.as_mut() {
            let generation = *generation;
            match reply.next().now_or_never() {
                None => break,
                Some(Some(Ok(piece))) => self.tell(Input::Reply { generation, piece }),
                Some(Some(Err(_))) => self.tell(Input::ReplyFailed { generation }),
                Some(None) => self.asking = None,
            }
        }
        loop {
            if self.speaking.is_none() {
                let Some(phrase) = self.waiting.pop_front() else { break };
                let speech = self.tts.speak(phrase.2.clone());
                self.speaking = Some((phrase, speech));
            }
            let Some(((generation, phrase, _), speech)) = self.speaking.as_mut() else {
                break;
            };
            let (generation, phrase) = (*generation, *phrase);
            let input = match speech.next().now_or_never() {
                None => break,
                Some(Some(Ok(chunk))) => {
                    let duration = Duration::from_secs_f64(chunk.pcm.len() as f64 / f64::from(chunk.rate));
                    self.playout.push_back((generation, phrase, duration));
                    let words = chunk.words;
                    self.turn.words.extend(words.iter().map(|word| word.word.clone()));
                    Input::SpeechMade {
                        generation,
                        phrase,
                        duration,
                        words,
                    }
                }
                Some(ended) => {
                    self.note_taken_over();
                    self.speaking = None;
                    match ended {
                        Some(_) => Input::SpeechFailed { generation, phrase },
                        None => Input::SpeechEnded { generation, phrase },
                    }
                }
            };
            self.tell(input);
        }
    }

    fn note_taken_over(&mut self) {
        let asked = std::mem::take(&mut *self.stand_in.asked.lock().expect("no test panics with it"));
        if let Some(((_, _, request), _)) = &self.speaking {
            let taken_over = asked.into_iter().map(|rest| (request.text.clone(), rest));
            self.turn.taken_over.extend(taken_over);
        }
    }

    /// Lets 10 ms be heard, or counts them as silence.
    fn play(&mut self) {
        let mut left = TICK;
        let mut is_heard = false;
        while let Some((generation, phrase, made)) = self.playout.front_mut() {
            let (generation, phrase, part) = (*generation, *phrase, left.min(*made));
            is_heard |= !part.is_zero();
            *made -= part;
            left -= part;
            if made.is_zero() {
                self.playout.pop_front();
            }
            let before = match self.playing {
                Some((of, number, played)) if (of, number) == (generation, phrase) => played,
                _ => Duration::ZERO,
            };
            let is_new = self.playing.is_none_or(|(of, ..)| of != generation);
            let played = before + part;
            self.playing = Some((generation, phrase, played));
            if is_new {
                self.tell(Input::PlayoutStarted { generation });
            }
            self.tell(Input::PlayoutProgress {
                generation,
                phrase,
                played,
            });
            if left.is_zero() {
                break;
            }
        }
        if is_heard {
            self.silence = Duration::ZERO;
        } else {
            self.silence += TICK;
            self.turn.silence = self.turn.silence.max(self.silence);
        }
        let is_done = self.playout.is_empty() && self.speaking.is_none() && self.waiting.is_empty();
        if is_done && let Some(generation) = self.finishing.take() {
            self.tell(Input::PlayoutFinished { generation });
        }
    }

    fn tell(&mut self, input: Input) {
        self.mind.handle_input(input, now());
        self.act();
    }

    fn act(&mut self) {
        while let Some(output) = self.mind.poll_output() {
            match output {
                Output::Listen { expected } => self.expected = expected,
                Output::Ask { generation, request } => self.asking = Some((generation, self.llm.reply(*request))),
                Output::CancelAsk { .. } => self.asking = None,
                Output::Speak {
                    generation,
                    phrase,
                    text,
                    pace,
                } => {
                    self.turn.phrases.push(text.clone());
                    let request = SpeakRequest {
                        language: Language::English,
                        text,
                        pace,
                        melody: None,
                    };
                    self.waiting.push_back((generation, phrase, request));
                }
                Output::FinishSpeech { generation } => self.finishing = Some(generation),
                Output::Record(record) if record.speaker == Speaker::Learner => self.turn.heard = record.text,
                Output::Record(record) => {
                    self.turn.said = record.text;
                    self.is_answered = true;
                }
                Output::FlushSpeech { .. } | Output::Trouble(_) | Output::Ended { .. } => {
                    panic!("{output:?}: {:?}", self.turn)
                }
                _ => {}
            }
        }
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
