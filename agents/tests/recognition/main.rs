//! Recognition on recordings of people: choosing among fifty answers, and rejecting what nobody listed.
//!
//! The recordings and pronunciations in `tests/data` were packed by `examples/pack_clips.rs`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use colloquy_agents::acoustic::{Expectation, Pronouncer, Recognizer, SpokenWord, time_words};
use colloquy_agents::engine::{Expected, ExpectedPhrase, Fit, Heard, Listen, ListenRequest, Stt};
use colloquy_agents::language::Language;
use colloquy_agents::stt::embedded::EmbeddedStt;
use futures::StreamExt;
use opus::{Channels, Decoder};
use tokio::sync::mpsc;

const LISTED: usize = 50;

#[test]
fn english_answers_are_chosen_among_fifty_and_others_rejected() {
    assert_recognized(Language::English);
}

#[test]
fn spanish_answers_are_chosen_among_fifty_and_others_rejected() {
    assert_recognized(Language::Spanish);
}

#[test]
fn a_phrase_that_stops_in_the_middle_is_a_beginning() {
    let corpus = Corpus::read(Language::English);
    let clip = corpus.clip("agent-pass");
    let mut recognizer = corpus.recognizer(&corpus.among(clip, LISTED));
    let whole = corpus.sound(clip);
    let words = time_words(&corpus.pronouncer, &whole, &corpus.rows[clip].text, Language::English).unwrap();
    assert_eq!(words.len(), 9);
    // "Please enter your password", and a pause.
    let end = words[3].end.as_millis() as usize * 16;
    recognizer.hear(&whole[..end]);
    recognizer.hear(&noise(4800));
    let view = recognizer.view();
    assert_eq!(
        (view.fit, view.transcript.text.as_str()),
        (Fit::Beginning, "Please enter your password")
    );
    assert_eq!(view.transcript.phrase, None);

    // And on to its end.
    recognizer.hear(&whole[end..]);
    let view = recognizer.view();
    assert_eq!(view.transcript.text, corpus.rows[clip].text);
    assert_eq!(view.fit, Fit::Complete);
}

#[test]
fn exact_zeros_around_an_answer_do_not_matter() {
    let corpus = Corpus::read(Language::English);
    let clip = corpus.clip("agent-pass");
    let mut recognizer = corpus.recognizer(&corpus.among(clip, LISTED));
    recognizer.hear(&[0; 8000]);
    recognizer.hear(&decoded(&corpus.rows[clip].file));
    recognizer.hear(&[0; 8000]);
    let view = recognizer.view();
    assert_eq!((view.fit, view.transcript.phrase), (Fit::Complete, Some(0)));
}

#[test]
fn silence_after_a_view_does_not_change_it() {
    let corpus = Corpus::read(Language::English);
    let clip = corpus.clip("agent-pass");
    let mut recognizer = corpus.recognizer(&corpus.among(clip, LISTED));
    recognizer.hear(&corpus.sound(clip));
    let view = recognizer.view();
    recognizer.hear(&noise(16_000));
    assert_eq!(recognizer.view(), view);
}

#[test]
fn an_answer_that_begins_a_longer_one_is_extendable() {
    let corpus = Corpus::read(Language::English);
    let clip = corpus.clip("agent-pass");
    let short = "Please enter your password";
    let words: Vec<SpokenWord> = corpus.rows[clip].words[..4].to_vec();
    corpus.pronouncer.learn(Language::English, short, words.into());
    let mut recognizer = corpus.recognizer(&[short.to_owned(), corpus.rows[clip].text.clone()]);
    let whole = corpus.sound(clip);
    let words = time_words(&corpus.pronouncer, &whole, &corpus.rows[clip].text, Language::English).unwrap();
    recognizer.hear(&whole[..words[3].end.as_millis() as usize * 16]);
    recognizer.hear(&noise(4800));
    let view = recognizer.view();
    assert_eq!((view.fit, view.transcript.phrase), (Fit::Extendable, Some(0)));
}

#[test]
fn words_are_timed_in_order_within_the_sound() {
    let corpus = Corpus::read(Language::Spanish);
    for clip in corpus.clips() {
        let (sound, text) = (corpus.sound(clip), &corpus.rows[clip].text);
        let words = time_words(&corpus.pronouncer, &sound, text, Language::Spanish).unwrap();
        assert_eq!(
            words.len(),
            text.split_whitespace()
                .filter(|word| word.chars().any(char::is_alphanumeric))
                .count()
        );
        assert!(words.windows(2).all(|pair| pair[0].end <= pair[1].start), "{text}");
        assert!(words.iter().all(|word| word.start <= word.end));
        assert!(
            words.last().unwrap().end.as_millis() as usize <= sound.len() / 16,
            "{text}"
        );
    }
}

#[tokio::test]
async fn partials_grow_into_the_answer_over_the_stream() {
    let corpus = Corpus::read(Language::English);
    let clip = corpus.clip("agent-pass");
    let expected = expected(&corpus.among(clip, LISTED));
    let stt = EmbeddedStt::with_threads(Arc::new(corpus.pronouncer), 1).unwrap();
    let (speak, input) = mpsc::channel(8);
    let request = ListenRequest {
        language: Language::English,
        expected: Arc::new(expected),
    };
    let results = stt.listen(request, input);
    let sound = sound(&corpus.rows[clip].file);
    let speaking = async move {
        for frame in sound.chunks(320) {
            speak.send(Listen::Audio(frame.into())).await.unwrap();
        }
        speak.send(Listen::Pause).await.unwrap();
        speak.send(Listen::End).await.unwrap();
    };
    let (_, heard) = futures::future::join(speaking, results.collect::<Vec<_>>()).await;
    let text = &corpus.rows[clip].text;
    let partials: Vec<&String> = heard
        .iter()
        .filter_map(|heard| match heard {
            Ok(Heard::Partial { text }) => Some(text),
            _ => None,
        })
        .collect();
    assert!(partials.len() >= 3, "{partials:?}");
    assert!(
        partials
            .iter()
            .any(|partial| text.starts_with(partial.as_str()) && partial.len() < text.len())
    );
    let [.., Ok(Heard::View { transcript, fit }), Ok(Heard::Final(last))] = heard.as_slice() else {
        panic!("{heard:?}");
    };
    assert_eq!((&transcript.text, *fit), (text, Fit::Complete));
    assert_eq!(transcript, last);
}

fn assert_recognized(language: Language) {
    let corpus = Corpus::read(language);
    let (mut listed, mut unlisted, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    let clips = corpus.clips();
    assert!(clips.len() >= 30);
    for &clip in &clips {
        let sound = corpus.sound(clip);
        let mut recognizer = corpus.recognizer(&corpus.among(clip, LISTED));
        recognizer.hear(&sound);
        let view = recognizer.view();
        if view.transcript.phrase != Some(0) {
            wrong.push((&corpus.rows[clip].text, view));
        }
        listed.push(recognizer.nearest().unwrap().1.confidence(language));

        let mut recognizer = corpus.recognizer(&corpus.others(clip, LISTED));
        recognizer.hear(&sound);
        unlisted.push(recognizer.nearest().unwrap().1.confidence(language));
    }
    let right = 1.0 - wrong.len() as f64 / clips.len() as f64;
    let auc = auc(&listed, &unlisted);
    println!(
        "{language}: {:.1}% of {} right among {LISTED}; rejection AUC {auc:.4}",
        100.0 * right,
        clips.len()
    );
    assert!(right >= 0.97, "{right} right; wrong: {wrong:#?}");
    assert!(auc >= 0.97, "AUC {auc}");
}

struct Corpus {
    language: Language,
    rows: Vec<Row>,
    pronouncer: Pronouncer,
}

struct Row {
    name: String,
    text: String,
    words: Vec<SpokenWord>,
    file: PathBuf,
}

impl Corpus {
    fn read(language: Language) -> Self {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
        let table = std::fs::read_to_string(data.join(format!("{}.tsv", language.tag()))).unwrap();
        // Everything that is needed is in the table.
        let pronouncer = Pronouncer::with_program("not-to-be-run");
        let rows = table
            .lines()
            .map(|line| {
                let fields: Vec<&str> = line.split('\t').collect();
                let [name, text, ipa] = fields[..] else {
                    panic!("{line}")
                };
                let words: Vec<SpokenWord> = text
                    .split_whitespace()
                    .filter(|word| word.chars().any(char::is_alphanumeric))
                    .zip(ipa.split(' '))
                    .map(|(word, ipa)| SpokenWord::from_ipa(word, ipa))
                    .collect();
                pronouncer.learn(language, text, words.clone().into());
                Row {
                    name: name.to_owned(),
                    text: text.to_owned(),
                    words,
                    file: data.join(language.tag()).join(format!("{name}.opus")),
                }
            })
            .collect();
        Self {
            language,
            rows,
            pronouncer,
        }
    }

    fn clips(&self) -> Vec<usize> {
        (0..self.rows.len()).filter(|&row| self.rows[row].name != "-").collect()
    }

    fn clip(&self, name: &str) -> usize {
        self.rows.iter().position(|row| row.name == name).unwrap()
    }

    /// The clip's text, then others.
    fn among(&self, clip: usize, count: usize) -> Vec<String> {
        let others = self
            .shuffled(clip)
            .filter(|&row| self.rows[row].text != self.rows[clip].text);
        std::iter::once(clip)
            .chain(others)
            .take(count)
            .map(|row| self.rows[row].text.clone())
            .collect()
    }

    /// Texts that are other answers, not near misses of the clip's.
    fn others(&self, clip: usize, count: usize) -> Vec<String> {
        let own = &self.rows[clip].text;
        let others: Vec<String> = self
            .shuffled(clip)
            .map(|row| self.rows[row].text.clone())
            .filter(|text| shared_words(text, own) < 0.5)
            .take(count)
            .collect();
        assert!(others.len() >= count * 9 / 10, "{} others for {own}", others.len());
        others
    }

    /// All rows but one, another order for each.
    fn shuffled(&self, clip: usize) -> impl Iterator<Item = usize> {
        let count = self.rows.len();
        let stride = [7, 11, 13, 17]
            .into_iter()
            .find(|stride| !count.is_multiple_of(*stride))
            .unwrap();
        (1..count).map(move |offset| (clip + offset * stride) % count)
    }

    fn recognizer(&self, phrases: &[String]) -> Recognizer {
        let expectation = Expectation::prepare(&self.pronouncer, self.language, &expected(phrases)).unwrap();
        Recognizer::new(Arc::new(expectation))
    }

    fn sound(&self, clip: usize) -> Vec<i16> {
        sound(&self.rows[clip].file)
    }
}

fn expected(phrases: &[String]) -> Expected {
    Expected {
        phrases: phrases
            .iter()
            .map(|text| ExpectedPhrase {
                text: text.clone(),
                spoken: None,
            })
            .collect(),
        vocabulary: Vec::new(),
    }
}

/// A clip between the 300 ms before and 200 ms after it that voice activity detection keeps.
fn sound(file: &Path) -> Vec<i16> {
    [noise(4800), decoded(file), noise(3200)].concat()
}

fn decoded(file: &Path) -> Vec<i16> {
    let packed = std::fs::read(file).unwrap();
    let mut decoder = Decoder::new(16_000, Channels::Mono).unwrap();
    let mut sound = Vec::new();
    let mut rest = packed.as_slice();
    while let [low, high, packets @ ..] = rest {
        let (packet, after) = packets.split_at(usize::from(u16::from_le_bytes([*low, *high])));
        let mut pcm = [0i16; 320];
        decoder.decode(packet, &mut pcm, false).unwrap();
        sound.extend(pcm);
        rest = after;
    }
    sound
}

/// The faint hiss of a quiet room.
fn noise(samples: usize) -> Vec<i16> {
    let mut seed = 1u32;
    (0..samples)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 28) as i16 - 8
        })
        .collect()
}

/// The share of the words of the shorter text that are also in the other.
fn shared_words(a: &str, b: &str) -> f64 {
    let words = |text: &str| -> HashSet<String> {
        let lower = text.to_lowercase();
        lower
            .split(|sign: char| !sign.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (a, b) = (words(a), words(b));
    a.intersection(&b).count() as f64 / a.len().min(b.len()).max(1) as f64
}

/// The chance that a listed answer scores above an unlisted one.
fn auc(listed: &[f32], unlisted: &[f32]) -> f64 {
    let above: f64 = listed
        .iter()
        .flat_map(|yes| {
            unlisted.iter().map(move |no| {
                if yes > no {
                    1.0
                } else if yes == no {
                    0.5
                } else {
                    0.0
                }
            })
        })
        .sum();
    above / (listed.len() * unlisted.len()) as f64
}
