//! How well speech is assessed, on all packed recordings of people and all trials of `examples/assess`, which prints the figures
//! of `docs/assessment.md`. The trials draw from a generator with a fixed seed: they are the same in every run.

#[path = "../../examples/assess/beginnings.rs"]
mod beginnings;
#[path = "../../examples/assess/confusions.rs"]
mod confusions;
#[path = "../../examples/assess/corpus.rs"]
mod corpus;
mod learners;
mod melodies;
#[path = "../../examples/assess/melody.rs"]
mod melody;
#[path = "../../examples/assess/pairs.rs"]
mod pairs;
#[path = "../../examples/assess/sentences.rs"]
mod sentences;
#[allow(dead_code, reason = "what only the example prints")]
#[path = "../../examples/assess/synthetic.rs"]
mod synthetic;
#[allow(dead_code, reason = "what only the example prints and fits")]
#[path = "../../examples/assess/trials.rs"]
mod trials;

use std::path::Path;
use std::sync::Arc;

use colloquy_agents::acoustic::{Pronouncer, SpokenWord};
use colloquy_agents::assessment::speech::{Assessment, Doubt, EmbeddedAssessor, Pattern, WordVerdict, assess, deliver};
use colloquy_agents::engine::{AssessRequest, Assessor};
use colloquy_agents::language::Language;

use crate::beginnings::Beginnings;
use crate::corpus::{Clip, Corpus};
use crate::trials::Trials;

fn read(language: Language) -> Corpus {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    Corpus::read(&data, language).unwrap()
}

fn assert_told_apart(language: Language) {
    let corpus = read(language);
    assert!(corpus.clips.len() >= 40);
    let trials = Trials::run(&corpus, Clip::in_quiet);
    let figures = [
        ("right against wrong text", trials.text_auc(), 0.99),
        ("the substituted word is lowest", trials.lowest_share(), 0.85),
        ("a random phone in its place", trials.random_auc(), 0.89),
        ("a confusable phone", trials.confusable_auc(), 0.78),
    ];
    for (what, figure, least) in figures {
        println!("{language}: {what} {figure:.4}");
        assert!(figure >= least, "{language}: {what} {figure}");
    }
}

#[test]
fn english_words_and_sounds_are_told_from_wrong_ones() {
    assert_told_apart(Language::English);
}

#[test]
fn spanish_words_and_sounds_are_told_from_wrong_ones() {
    assert_told_apart(Language::Spanish);
}

#[test]
fn in_white_noise_at_15_db_texts_are_still_told_apart() {
    for language in [Language::English, Language::Spanish] {
        let figure = Trials::run(&read(language), |clip| clip.in_noise(15.0)).text_auc();
        println!("{language}: {figure:.4}");
        assert!(figure >= 0.97, "{language}: {figure}");
    }
}

/// The assessment of one recording held against some words.
fn assessed(clip: &Clip, words: &[SpokenWord], text: &str, pcm: &[i16]) -> Assessment {
    let pronouncer = Pronouncer::with_program("not-to-be-run");
    pronouncer.learn(Language::English, text, words.into());
    let assessment = assess(&pronouncer, pcm, text, Language::English).unwrap();
    println!("{}: {assessment:?}", clip.text);
    assessment
}

fn password(corpus: &Corpus) -> &Clip {
    let is_it = |clip: &&Clip| clip.text.starts_with("Please enter your password followed");
    corpus.clips.iter().find(is_it).unwrap()
}

#[test]
fn a_native_speaker_scores_high_in_everything() {
    let corpus = read(Language::English);
    let clip = password(&corpus);
    let told = assessed(clip, &clip.words, &clip.text, &clip.in_quiet());
    assert!(told.is_text && told.confidence > 0.9, "{}", told.confidence);
    assert!(told.pronunciation.score.is_some_and(|score| score >= 85));
    assert_eq!(told.pronunciation.completeness, Some(100));
    assert!(told.fluency.score.is_some_and(|score| score >= 80));
    assert_eq!(told.intonation.expected, Pattern::Falling);
    assert_eq!(told.words.len(), clip.words.len());
    assert!(told.words.iter().all(|word| word.verdict == WordVerdict::None));
    assert!(told.words.windows(2).all(|pair| pair[0].end <= pair[1].start));
    let again: Assessment = serde_json::from_str(&serde_json::to_string(&told).unwrap()).unwrap();
    assert_eq!(again.words.len(), told.words.len());
}

#[test]
fn another_word_in_the_place_of_one_is_a_mispronunciation() {
    let corpus = read(Language::English);
    let clip = password(&corpus);
    let mut words = clip.words.clone();
    words[3] = SpokenWord::from_ipa("umbrella", "ʌ_m_b_ɹ_ˈɛ_l_ə");
    let told = assessed(clip, &words, "Please enter your umbrella", &clip.in_quiet());
    assert_eq!(
        told.words[3].verdict,
        WordVerdict::Mispronunciation,
        "{:?}",
        told.words[3]
    );
    assert!(told.words[0].verdict == WordVerdict::None);
}

#[test]
fn a_word_that_was_not_said_is_an_omission() {
    let corpus = read(Language::English);
    let clip = password(&corpus);
    let mut words = clip.words.clone();
    words.insert(3, SpokenWord::from_ipa("chocolate", "tʃ_ˈɔ_k_l_ə_t"));
    let told = assessed(clip, &words, "Please enter your chocolate password", &clip.in_quiet());
    assert_eq!(told.words[3].verdict, WordVerdict::Omission, "{:?}", told.words[3]);
    assert_eq!((told.words[3].score, told.words[3].phonemes.len()), (None, 0));
    assert_eq!(told.pronunciation.completeness, Some(90));
}

#[test]
fn whoever_stops_in_the_middle_has_left_out_the_rest() {
    let corpus = read(Language::English);
    let clip = password(&corpus);
    let (pcm, count) = (clip.in_quiet(), clip.words.len() / 2);
    let whole = assessed(clip, &clip.words, &clip.text, &pcm);
    let end = whole.words[count - 1].end.as_millis() as usize * 16;
    let told = assessed(clip, &clip.words, &clip.text, &[&pcm[..end], &pcm[..4_800]].concat());
    assert!(told.is_text);
    let verdicts: Vec<WordVerdict> = told.words.iter().map(|word| word.verdict).collect();
    assert!(
        verdicts[..count - 1]
            .iter()
            .all(|verdict| *verdict == WordVerdict::None),
        "{verdicts:?}"
    );
    assert!(
        verdicts[count + 1..]
            .iter()
            .all(|verdict| *verdict == WordVerdict::Omission),
        "{verdicts:?}"
    );
    assert!(
        told.pronunciation
            .completeness
            .is_some_and(|share| (30..=70).contains(&share))
    );
    assert_eq!((told.intonation.score, told.intonation.pattern), (None, None));
}

#[test]
fn another_text_is_hardly_ever_taken_for_one_that_was_begun() {
    for language in [
        Language::English,
        Language::Spanish,
        Language::French,
        Language::Italian,
    ] {
        let tried = Beginnings::run(&read(language));
        println!(
            "{language}: {} of {} that stop, {} of the right length; of {} others {} whole, {} begun",
            tried.taken, tried.stopped, tried.right_length, tried.others, tried.wrongly_whole, tried.wrongly_begun
        );
        assert!(
            tried.stopped >= 40 && tried.taken * 5 >= tried.stopped * 3,
            "{language}"
        );
        assert!(tried.right_length * 20 >= tried.taken * 19, "{language}");
        assert!(tried.wrongly_begun * 250 <= tried.others, "{language}");
    }
}

#[test]
fn what_is_said_in_the_second_minute_is_judged_like_the_first() {
    let corpus = read(Language::English);
    let (mut words, mut pcm) = (Vec::new(), Vec::new());
    for clip in corpus.clips.iter().cycle() {
        let sound = clip.in_quiet();
        if pcm.len() + sound.len() > 118 * 16_000 {
            break;
        }
        words.extend(clip.words.iter().cloned());
        pcm.extend(sound);
    }
    assert!(pcm.len() > 100 * 16_000);
    let say = |words: &[SpokenWord]| {
        let pronouncer = Pronouncer::with_program("not-to-be-run");
        pronouncer.learn(Language::English, "all of it", words.into());
        assess(&pronouncer, &pcm, "all of it", Language::English).unwrap()
    };
    let began = std::time::Instant::now();
    let told = say(&words);
    println!("{} s in {:?}", pcm.len() / 16_000, began.elapsed());
    assert!(told.is_text && told.pronunciation.score.is_some_and(|score| score >= 85));
    assert!(told.pronunciation.completeness.is_some_and(|share| share >= 98));
    let last = told.words.last().unwrap();
    assert!(last.end.as_secs() >= 100, "{last:?}");
    assert!(last.score.is_some_and(|score| score >= 60), "{last:?}");
    assert!(told.fluency.duration.as_secs() >= 100);

    let changed = words.len() - 3;
    words[changed] = SpokenWord::from_ipa("umbrella", "ʌ_m_b_ɹ_ˈɛ_l_ə");
    let told = say(&words);
    let told = told.words.iter().find(|word| word.text == "umbrella").unwrap();
    // In the place of a short word a long one may pass for one that was left out.
    assert_ne!(told.verdict, WordVerdict::None, "{told:?}");
    assert!(told.start.as_secs() >= 100);
}

#[test]
fn without_the_text_pauses_and_melody_are_told_much_as_with_it() {
    let (mut pauses, mut melodies, mut known, mut all) = (0, 0, 0, 0);
    for language in [Language::English, Language::Spanish] {
        for clip in &read(language).clips {
            let pronouncer = Pronouncer::with_program("not-to-be-run");
            pronouncer.learn(language, &clip.text, clip.words.clone().into());
            let sound = clip.in_quiet();
            let with = assess(&pronouncer, &sound, &clip.text, language).unwrap();
            let without = deliver(&sound, &clip.text, language);
            all += 1;
            pauses += u32::from(with.fluency.pauses == without.fluency.pauses);
            if let (Some(with), Some(without)) = (with.intonation.pattern, without.intonation.pattern) {
                known += 1;
                melodies += u32::from(with == without);
            }
        }
    }
    println!("pauses of {pauses} in {all}, melody of {melodies} in {known}");
    assert!(pauses * 20 >= all * 19, "{pauses} of {all}");
    assert!(
        known * 10 >= all * 9 && melodies * 10 >= known * 9,
        "{melodies} of {known} of {all}"
    );
}

#[test]
fn in_noise_single_sounds_are_not_judged() {
    let corpus = read(Language::English);
    let clip = password(&corpus);
    let told = assessed(clip, &clip.words, &clip.text, &clip.in_noise(15.0));
    assert!(told.is_text);
    assert_eq!(told.doubts.first(), Some(&Doubt::Noisy));
    let sounds: Vec<_> = told.words.iter().flat_map(|word| &word.phonemes).collect();
    assert!(!sounds.is_empty());
    assert!(
        sounds
            .iter()
            .all(|sound| sound.score.is_none() && sound.heard.is_none() && sound.candidates.is_empty())
    );
}

#[tokio::test]
async fn another_text_has_no_scores() {
    let corpus = read(Language::English);
    let (clip, other) = (password(&corpus), &corpus.clips[2]);
    let pronouncer = Pronouncer::with_program("not-to-be-run");
    pronouncer.learn(Language::English, &other.text, other.words.clone().into());
    let assessor = EmbeddedAssessor::new(Arc::new(pronouncer));
    let request = AssessRequest {
        language: Language::English,
        reference: other.text.as_str().into(),
        pcm: clip.in_quiet().into(),
    };
    let told = assessor.assess(request).await.unwrap();
    assert!(!told.is_text);
    assert_eq!((told.pronunciation.score, told.fluency.score), (None, None));
    assert!(told.words.is_empty());
}
