//! What assessing costs, for a second of speech, beside the scoring of the model's states that is most of it, and what finding out where
//! vowels resonate adds to it.
//!
//! Measured is the time of the thread on a core, not that of the clock, which on a busy machine is that of others, too.

#[allow(dead_code, reason = "the noise of the trials")]
#[path = "../examples/assess/corpus.rs"]
mod corpus;

#[path = "assess/thread_time.rs"]
mod thread_time;

use std::path::Path;

use colloquy_agents::acoustic::likelihood::{STATE_COUNT, add_scores};
use colloquy_agents::acoustic::{AcousticModel, DIMENSIONS, Pronouncer, STREAMS};
use colloquy_agents::assessment::speech::distinction::Contrast;
use colloquy_agents::assessment::speech::resonance::centre;
use colloquy_agents::assessment::speech::{Utterance, assess};
use colloquy_agents::language::Language;
use criterion::{Criterion, Throughput};

use corpus::{Clip, Corpus};
use thread_time::ThreadTime;

fn benchmark(criterion: &mut Criterion<ThreadTime>) {
    let english = clip(Language::English, "Please enter your password");
    // Of its vowels, most are told by their resonance.
    let french = clip(Language::French, "pour annuler, appuyez");
    let features = vec![[1.0; DIMENSIONS]; english.in_quiet().len() / 160];
    let mut scores = vec![[0.0; STATE_COUNT]; features.len()];
    let mut group = criterion.benchmark_group("assess");
    // Elements are milliseconds of sound: 100 Kelem/s is 10 ms a second.
    group.throughput(Throughput::Elements((english.in_quiet().len() / 16) as u64));
    group.bench_function("reference: score three streams", |bencher| {
        bencher.iter(|| {
            for stream in 0..STREAMS {
                add_scores(AcousticModel::embedded(), stream, &features, &mut scores);
            }
        });
    });
    for (language, clip) in [(Language::English, &english), (Language::French, &french)] {
        let pronouncer = Pronouncer::with_program("not-to-be-run");
        pronouncer.learn(language, &clip.text, clip.words.clone().into());
        let pcm = clip.in_quiet();
        group.throughput(Throughput::Elements((pcm.len() / 16) as u64));
        group.bench_function(format!("assess, {language}"), |bencher| {
            bencher.iter(|| assess(&pronouncer, &pcm, &clip.text, language));
        });
        let utterance = Utterance::of(&pcm);
        group.bench_function(format!("a text against what is scored, {language}"), |bencher| {
            bencher.iter(|| utterance.measure(&clip.words, language));
        });
    }
    // A vowel of 100 ms: ten times a second is more than anybody says.
    let pcm = french.in_quiet();
    group.throughput(Throughput::Elements(100));
    group.bench_function("where a vowel of 100 ms resonates", |bencher| {
        bencher.iter(|| centre(&pcm, 100..110, Contrast::BAND));
    });
    group.finish();
}

fn clip(language: Language, beginning: &str) -> Clip {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let corpus = Corpus::read(&data, language).expect("the recordings are in the repository");
    let is_it = |clip: &Clip| clip.text.starts_with(beginning);
    corpus.clips.into_iter().find(is_it).expect("it is one of them")
}

fn main() {
    let mut criterion = Criterion::default().with_measurement(ThreadTime).configure_from_args();
    benchmark(&mut criterion);
    criterion.final_summary();
}
