use std::sync::Mutex;

use tokio::time::Instant;

use super::super::fakes::{Act, FakeTts, Told, broken};
use super::*;

const TEXT: &str = "Une table près de la fenêtre ?";

/// Speech of so many milliseconds.
fn speech(rate: u32, ms: u32, words: &[(&str, u64, u64)]) -> Act<SpeechChunk> {
    let timing = |(word, start, end): &(&str, u64, u64)| WordTiming {
        word: (*word).to_owned(),
        start: Duration::from_millis(*start),
        end: Duration::from_millis(*end),
    };
    Act::Give(SpeechChunk {
        pcm: vec![100; (rate / 1000 * ms) as usize].into(),
        rate,
        words: words.iter().map(timing).collect(),
    })
}

fn voice(name: &'static str, acts: Vec<Act<SpeechChunk>>) -> Arc<FakeTts> {
    Arc::new(FakeTts {
        name,
        speaks: true,
        acts,
        asked: Mutex::default(),
    })
}

#[derive(Debug, Default, PartialEq)]
struct Said {
    /// When the first chunk and the end came, in milliseconds.
    first: u64,
    end: u64,
    /// Length of all of it, in milliseconds.
    length: u64,
    words: Vec<(String, u64, u64)>,
    error: Option<EngineError>,
}

async fn speak(voices: &[Arc<FakeTts>]) -> Said {
    let engines = voices.iter().map(|voice| voice.clone() as Arc<dyn Tts>).collect();
    let chain = FallbackTts::new(
        engines,
        ChainConfig::default(),
        Arc::default(),
        Arc::new(Told::default()),
    );
    let request = SpeakRequest {
        language: Language::French,
        text: TEXT.to_owned(),
        pace: Pace::Natural,
        melody: None,
    };
    let started = Instant::now();
    let mut results = chain.speak(request);
    let (mut said, mut rate, mut samples) = (Said::default(), None, 0);
    while let Some(result) = results.next().await {
        match result {
            Ok(chunk) => {
                if samples == 0 {
                    said.first = started.elapsed().as_millis() as u64;
                }
                assert_eq!(*rate.get_or_insert(chunk.rate), chunk.rate, "one rate a phrase");
                samples += chunk.pcm.len() as u64;
                said.length = samples * 1000 / u64::from(chunk.rate);
                let ms = |at: Duration| at.as_millis() as u64;
                said.words.extend(
                    chunk
                        .words
                        .into_iter()
                        .map(|word| (word.word, ms(word.start), ms(word.end))),
                );
            }
            Err(error) => said.error = Some(error),
        }
    }
    said.end = started.elapsed().as_millis() as u64;
    said
}

fn asked(voice: &FakeTts) -> Vec<String> {
    voice.asked.lock().expect("not poisoned").clone()
}

#[tokio::test(start_paused = true)]
async fn a_voice_that_fails_before_its_first_sound_is_replaced() {
    for (act, after) in [(Act::Fail(broken()), 0), (Act::End, 0), (Act::Hang, 1200)] {
        let (first, second) = (
            voice("cloud", vec![act]),
            voice("embedded", vec![speech(16_000, 500, &[])]),
        );
        let said = speak(&[first, second.clone()]).await;
        assert_eq!(
            said,
            Said {
                first: after,
                end: after,
                length: 500,
                ..Said::default()
            }
        );
        assert!(asked(&second).iter().all(|text| text == TEXT));
    }
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_a_phrase_is_said_by_the_next_voice() {
    // All timings come at once, and then the sound breaks off inside the third word.
    let words = [
        ("Une", 0, 200),
        ("table", 200, 500),
        ("près", 500, 800),
        ("de", 800, 900),
    ];
    let first = voice(
        "cloud",
        vec![speech(24_000, 300, &words), speech(24_000, 300, &[]), Act::Hang],
    );
    let rest = [
        ("près", 0, 300),
        ("de", 300, 400),
        ("la", 400, 500),
        ("fenêtre", 500, 1000),
    ];
    let second = voice("embedded", vec![speech(16_000, 1000, &rest)]);
    let said = speak(&[first, second.clone()]).await;
    assert_eq!(asked(&second), ["près de la fenêtre ?"]);
    assert_eq!((said.end, said.error), (1500, None));
    assert!(said.length.abs_diff(1600) <= 1, "{}", said.length);
    let expected = [
        ("Une", 0, 200),
        ("table", 200, 500),
        ("près", 600, 900),
        ("de", 900, 1000),
        ("la", 1000, 1100),
        ("fenêtre", 1100, 1600),
    ];
    assert_eq!(
        said.words,
        expected.map(|(word, start, end)| (word.to_owned(), start, end))
    );
}

#[tokio::test(start_paused = true)]
async fn without_timings_the_rest_is_estimated() {
    let first = voice("cloud", vec![speech(24_000, 600, &[]), Act::Fail(broken())]);
    let second = voice("embedded", vec![speech(24_000, 500, &[])]);
    speak(&[first, second.clone()]).await;
    assert_eq!(asked(&second), ["près de la fenêtre ?"]);
}

#[tokio::test(start_paused = true)]
async fn a_phrase_that_only_lacks_its_end_is_whole() {
    let first = voice("cloud", vec![speech(24_000, 3000, &[]), Act::Fail(broken())]);
    let second = voice("embedded", vec![]);
    let said = speak(&[first, second.clone()]).await;
    assert_eq!((said.length, said.error), (3000, None));
    assert!(asked(&second).is_empty());
}

#[tokio::test(start_paused = true)]
async fn voices_of_other_languages_are_not_asked() {
    let mute = Arc::new(FakeTts {
        name: "mute",
        speaks: false,
        acts: vec![Act::Hang],
        asked: Mutex::default(),
    });
    let said = speak(&[mute.clone(), voice("embedded", vec![speech(16_000, 100, &[])])]).await;
    assert_eq!((said.first, said.error), (0, None));
    assert!(asked(&mute).is_empty());
    let said = speak(&[mute]).await;
    assert!(matches!(said.error, Some(EngineError::Unsupported { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_voice_that_stalls_is_left_after_its_time() {
    let first = voice(
        "cloud",
        vec![
            speech(24_000, 500, &[("Une", 0, 200)]),
            Act::Wait(1400),
            speech(24_000, 100, &[]),
        ],
    );
    let said = speak(&[first]).await;
    assert_eq!((said.first, said.end, said.length, said.error), (0, 1400, 600, None));
}

#[tokio::test(start_paused = true)]
async fn a_voice_whose_rate_is_no_speech_is_replaced() {
    for rate in [0, 96_000] {
        let chunk = SpeechChunk {
            pcm: vec![100; 960].into(),
            rate,
            words: Vec::new(),
        };
        let second = voice("embedded", vec![speech(16_000, 500, &[])]);
        let said = speak(&[voice("cloud", vec![Act::Give(chunk)]), second]).await;
        assert_eq!((said.length, said.error), (500, None), "{rate}");
    }
}
