//! What recognition costs: scoring, listening, a view at a pause, alignment. All figures are for [`SECONDS`] of sound.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use colloquy_agents::acoustic::likelihood::{STATE_COUNT, add_scores};
use colloquy_agents::acoustic::{
    AcousticModel, DIMENSIONS, Expectation, Pronouncer, Recognizer, STREAMS, SpokenWord, time_words,
};
use colloquy_agents::engine::{Expected, ExpectedPhrase};
use colloquy_agents::language::Language;
use criterion::{BatchSize, Criterion};
use opus::{Channels, Decoder};

const SECONDS: usize = 3;
/// As many as a step usually expects, and as many as it expects at most.
const PHRASES: [usize; 2] = [50, 72];

fn benchmark(criterion: &mut Criterion) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let pronouncer = Pronouncer::with_program("not-to-be-run");
    let table = fs::read_to_string(data.join("en.tsv")).expect("the table is in the repository");
    let texts: Vec<&str> = table
        .lines()
        .filter_map(|line| {
            let mut fields = line.split('\t');
            let (_, text, ipa) = (fields.next()?, fields.next()?, fields.next()?);
            let words = text
                .split_whitespace()
                .filter(|word| word.chars().any(char::is_alphanumeric));
            let words: Vec<SpokenWord> = words
                .zip(ipa.split(' '))
                .map(|(word, ipa)| SpokenWord::from_ipa(word, ipa))
                .collect();
            pronouncer.learn(Language::English, text, words.into());
            Some(text)
        })
        .collect();
    let sound = decode(&data.join("en/agent-pass.opus"));
    let text = texts
        .iter()
        .find(|text| text.starts_with("Please enter your password"))
        .expect("the clip's text is in the table");

    let mut group = criterion.benchmark_group("acoustic, 3 s of sound");
    let features: Vec<[f32; DIMENSIONS]> = (0..SECONDS * 100)
        .map(|frame| std::array::from_fn(|dimension| ((frame * 7 + dimension * 5) % 19) as f32 - 9.0))
        .collect();
    let mut scores = vec![[0.0; STATE_COUNT]; features.len()];
    group.bench_function("score three streams", |bencher| {
        bencher.iter(|| {
            for stream in 0..STREAMS {
                add_scores(AcousticModel::embedded(), stream, &features, &mut scores);
            }
        });
    });
    for phrases in PHRASES {
        let expectation = Arc::new(expect(&pronouncer, &texts[..phrases]));
        group.bench_function(format!("listen and search {phrases} phrases"), |bencher| {
            bencher.iter_batched(
                || Recognizer::new(Arc::clone(&expectation)),
                |mut recognizer| {
                    for piece in sound.chunks(1600) {
                        recognizer.hear(piece);
                    }
                    recognizer
                },
                BatchSize::SmallInput,
            );
        });
        group.bench_function(format!("view at a pause with {phrases} phrases"), |bencher| {
            bencher.iter_batched(
                || {
                    let mut recognizer = Recognizer::new(Arc::clone(&expectation));
                    recognizer.hear(&sound);
                    recognizer
                },
                |mut recognizer| recognizer.view(),
                BatchSize::SmallInput,
            );
        });
    }
    group.bench_function("time the words of a known text", |bencher| {
        bencher.iter(|| time_words(&pronouncer, &sound, text, Language::English));
    });
    group.finish();
}

fn expect(pronouncer: &Pronouncer, texts: &[&str]) -> Expectation {
    let phrases = texts.iter().map(|text| ExpectedPhrase {
        text: (*text).to_owned(),
        spoken: None,
        leaves: false,
        instead_of: None,
    });
    let expected = Expected {
        phrases: phrases.collect(),
        vocabulary: Vec::new(),
    };
    Expectation::prepare(pronouncer, Language::English, &expected).expect("all phrases are known")
}

/// The recording, repeated or cut to [`SECONDS`].
fn decode(file: &Path) -> Vec<i16> {
    let packed = fs::read(file).expect("the clip is in the repository");
    let mut decoder = Decoder::new(16_000, Channels::Mono).expect("Opus decodes to 16 kHz");
    let mut sound = Vec::new();
    let mut rest = packed.as_slice();
    while let [low, high, packets @ ..] = rest {
        let (packet, after) = packets.split_at(usize::from(u16::from_le_bytes([*low, *high])));
        let mut pcm = [0i16; 320];
        decoder.decode(packet, &mut pcm, false).expect("the clip is whole");
        sound.extend(pcm);
        rest = after;
    }
    sound.into_iter().cycle().take(SECONDS * 16_000).collect()
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    benchmark(&mut criterion);
    criterion.final_summary();
}
