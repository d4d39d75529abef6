//! What assessing costs, for a second of speech, beside the scoring of the model's states that is most of it.

#[allow(dead_code, reason = "the noise of the trials")]
#[path = "../examples/assess/corpus.rs"]
mod corpus;

use std::path::Path;

use colloquy_agents::acoustic::likelihood::{STATE_COUNT, add_scores};
use colloquy_agents::acoustic::{AcousticModel, DIMENSIONS, Pronouncer, STREAMS};
use colloquy_agents::assessment::speech::{Utterance, assess};
use colloquy_agents::language::Language;
use criterion::{Criterion, Throughput};

use corpus::Corpus;

fn benchmark(criterion: &mut Criterion) {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let corpus = Corpus::read(&data, Language::English).expect("the recordings are in the repository");
    let clip = corpus
        .clips
        .iter()
        .find(|clip| clip.text.starts_with("Please enter your password"))
        .expect("it is one of them");
    let pronouncer = Pronouncer::with_program("not-to-be-run");
    pronouncer.learn(Language::English, &clip.text, clip.words.clone().into());
    let pcm = clip.in_quiet();

    // Elements are milliseconds of sound: 100 Kelem/s is 10 ms a second.
    let mut group = criterion.benchmark_group("assess");
    group.throughput(Throughput::Elements((pcm.len() / 16) as u64));
    let features = vec![[1.0; DIMENSIONS]; pcm.len() / 160];
    let mut scores = vec![[0.0; STATE_COUNT]; features.len()];
    group.bench_function("reference: score three streams", |bencher| {
        bencher.iter(|| {
            for stream in 0..STREAMS {
                add_scores(AcousticModel::embedded(), stream, &features, &mut scores);
            }
        });
    });
    group.bench_function("assess", |bencher| {
        bencher.iter(|| assess(&pronouncer, &pcm, &clip.text, Language::English));
    });
    let utterance = Utterance::of(&pcm);
    group.bench_function("a text against what is scored", |bencher| {
        bencher.iter(|| utterance.measure(&clip.words));
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    benchmark(&mut criterion);
    criterion.final_summary();
}
