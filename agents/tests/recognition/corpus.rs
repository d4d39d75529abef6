//! Recordings of people with their texts and pronunciations.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use colloquy_agents::acoustic::{Expectation, Pronouncer, Recognizer, SpokenWord};
use colloquy_agents::engine::{Expected, ExpectedPhrase};
use colloquy_agents::language::Language;
use opus::{Channels, Decoder};

pub struct Corpus {
    pub language: Language,
    pub rows: Vec<Row>,
    pub pronouncer: Pronouncer,
}

pub struct Row {
    pub name: String,
    pub text: String,
    pub words: Vec<SpokenWord>,
    pub file: PathBuf,
}

impl Corpus {
    pub fn read(language: Language) -> Self {
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

    pub fn clips(&self) -> Vec<usize> {
        (0..self.rows.len()).filter(|&row| self.rows[row].name != "-").collect()
    }

    pub fn clip(&self, name: &str) -> usize {
        self.rows.iter().position(|row| row.name == name).unwrap()
    }

    /// The clip's text, then others.
    pub fn among(&self, clip: usize, count: usize) -> Vec<String> {
        let others = self
            .shuffled(clip)
            .filter(|&row| self.rows[row].text != self.rows[clip].text);
        std::iter::once(clip)
            .chain(others)
            .take(count)
            .map(|row| self.rows[row].text.clone())
            .collect()
    }

    /// Texts that are other answers, near misses of the clip's ("Users will ..." for "User will ...") included.
    pub fn others(&self, clip: usize, count: usize) -> Vec<String> {
        let own = &self.rows[clip].text;
        let others: Vec<String> = self
            .shuffled(clip)
            .map(|row| self.rows[row].text.clone())
            .filter(|text| text != own)
            .take(count)
            .collect();
        assert_eq!(others.len(), count, "others for {own}");
        others
    }

    /// All rows but one, another order for each.
    pub fn shuffled(&self, clip: usize) -> impl Iterator<Item = usize> {
        let count = self.rows.len();
        let stride = [7, 11, 13, 17]
            .into_iter()
            .find(|stride| !count.is_multiple_of(*stride))
            .unwrap();
        (1..count).map(move |offset| (clip + offset * stride) % count)
    }

    pub fn recognizer(&self, phrases: &[String]) -> Recognizer {
        let expectation = Expectation::prepare(&self.pronouncer, self.language, &expected(phrases)).unwrap();
        Recognizer::new(Arc::new(expectation))
    }

    pub fn sound(&self, clip: usize) -> Vec<i16> {
        sound(&self.rows[clip].file)
    }
}

pub fn expected(phrases: &[String]) -> Expected {
    Expected {
        phrases: phrases
            .iter()
            .map(|text| ExpectedPhrase {
                text: text.clone(),
                spoken: None,
                leaves: false,
                instead_of: None,
            })
            .collect(),
        vocabulary: Vec::new(),
    }
}

/// A clip between the 300 ms before and 200 ms after it that voice activity detection keeps.
pub fn sound(file: &Path) -> Vec<i16> {
    [noise(4800), decoded(file), noise(3200)].concat()
}

pub fn decoded(file: &Path) -> Vec<i16> {
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
pub fn noise(samples: usize) -> Vec<i16> {
    let mut seed = 1u32;
    (0..samples)
        .map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 28) as i16 - 8
        })
        .collect()
}

/// Whether a text is nearly another: half the words of the shorter one are in both.
pub fn is_near_miss(a: &str, b: &str) -> bool {
    shared_words(a, b) >= 0.5
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
