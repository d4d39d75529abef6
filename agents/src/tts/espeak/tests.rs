use std::path::PathBuf;

use futures::StreamExt;
use proptest::prelude::*;

use super::*;
use crate::engine::{Pace, WordTiming};

fn request(language: Language, text: &str, pace: Pace) -> SpeakRequest {
    SpeakRequest {
        language,
        text: text.to_owned(),
        pace,
        melody: None,
    }
}

/// What was said, at 22.05 kHz.
async fn say(espeak: &Espeak, request: SpeakRequest) -> Result<(Vec<i16>, Vec<WordTiming>), EngineError> {
    let mut stream = espeak.speak(request);
    let (mut pcm, mut words) = (Vec::new(), Vec::new());
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        assert_eq!(chunk.rate, 22_050);
        pcm.extend_from_slice(&chunk.pcm);
        words.extend(chunk.words);
    }
    Ok((pcm, words))
}

fn temporary(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("colloquy-{}-{name}", std::process::id()))
}

/// A program that passes for espeak-ng and does `work` when it is to speak.
async fn impostor(name: &str, work: &str) -> (Espeak, PathBuf) {
    let path = temporary(name);
    let script = format!(
        "#!/bin/sh\ncase $1 in\n--version) echo 'eSpeak NG text-to-speech: 9.9  Data at: /';;\n\
         --voices) printf 'Pty Language\n 5  fr-fr  --/M\n';;\n*) {work};;\nesac\n"
    );
    // Another process writes it: a descriptor of ours that a process started by another test inherits would keep the
    // program from being run.
    let status = std::process::Command::new("sh")
        .args(["-c", "printf %s \"$1\" > \"$2\" && chmod +x \"$2\"", "sh", &script])
        .arg(&path)
        .status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "{} can't be written",
        path.display()
    );
    (Espeak::detect_program(&path).await, path)
}

#[test]
fn version_and_voices_are_read() {
    let version = "eSpeak NG text-to-speech: 1.51  Data at: /usr/lib/x86_64-linux-gnu/espeak-ng-data\n";
    assert_eq!(parse_version(version), Some("1.51".to_owned()));
    assert_eq!(parse_version("what?"), None);
    let table = "Pty Language       Age/Gender VoiceName          File                 Other Languages\n \
                 5  fr-be           --/M      French_(Belgium)   roa/fr-BE            (fr 8)\n \
                 5  fr-fr           --/M      French_(France)    roa/fr               (fr 5)\n";
    assert_eq!(parse_voices(table), ["fr-be", "fr-fr"]);
}

#[test]
fn commands_in_a_text_are_only_text() {
    assert_eq!(plain("a[[b]]\u{1}5p\nc"), Ok("a  b   5p c".to_owned()));
    assert!(plain(&"a".repeat(LONGEST_TEXT + 1)).is_err());
}

#[tokio::test]
async fn each_voice_is_trimmed_and_as_loud_as_it_should_be() {
    let espeak = Espeak::detect().await;
    espeak.version().expect("espeak-ng is installed where tests run");
    for (language, text) in [
        (Language::English, "Good evening, how many people are you?"),
        (Language::Spanish, "Buenas noches, ¿cuántas personas son?"),
        (Language::French, "Bonsoir, vous êtes combien de personnes ?"),
        (Language::German, "Guten Abend, wie viele Personen sind Sie?"),
        (Language::Italian, "Buonasera, quante persone siete?"),
        (Language::Portuguese, "Boa noite, quantas pessoas são?"),
    ] {
        assert!(espeak.speaks(language), "{language}");
        let (pcm, words) = say(&espeak, request(language, text, Pace::Natural))
            .await
            .expect("the voice is installed");
        let first = pcm
            .iter()
            .position(|sample| sample.unsigned_abs() > 300)
            .expect("it sounds");
        let last = pcm
            .iter()
            .rposition(|sample| sample.unsigned_abs() > 300)
            .expect("it sounds");
        assert!(first <= 22_050 / 20, "{language}: {first} samples of silence first");
        assert!(pcm.len() - last <= 22_050 / 5, "{language}: silence last");
        let power = pcm.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / pcm.len() as f64;
        let level = 10.0 * (power / 32_768f64.powi(2)).log10();
        assert!((-22.5..-17.5).contains(&level), "{language}: {level} dBFS");
        let end = words.last().expect("words are timed").end;
        assert_eq!(end, length(pcm.len(), 22_050), "{language}");
    }
}

#[tokio::test]
async fn slow_speech_takes_longer() {
    let espeak = Espeak::detect().await;
    let text = "Bonsoir, vous êtes combien de personnes ?";
    let (natural, _) = say(&espeak, request(Language::French, text, Pace::Natural))
        .await
        .unwrap();
    let (slow, _) = say(&espeak, request(Language::French, text, Pace::Slow)).await.unwrap();
    let (slower, _) = say(&espeak, request(Language::French, text, Pace::Slower))
        .await
        .unwrap();
    assert!(slower.len() * 6 > slow.len() * 7, "{} {}", slower.len(), slow.len());
    assert!(slow.len() * 5 > natural.len() * 6, "{} {}", slow.len(), natural.len());
}

#[tokio::test]
async fn options_and_markup_in_a_text_are_spoken_and_nothing_is_no_error() {
    let espeak = Espeak::detect().await;
    for text in ["--version", "-v de; rm -rf /", "<speak>$(id)</speak>"] {
        let (pcm, _) = say(&espeak, request(Language::English, text, Pace::Natural))
            .await
            .unwrap();
        assert!(pcm.len() > 22_050 / 4, "{text}");
    }
    for text in ["", "  ", "…"] {
        let (pcm, _) = say(&espeak, request(Language::English, text, Pace::Natural))
            .await
            .unwrap();
        assert!(pcm.is_empty(), "{text:?}");
    }
}

#[tokio::test]
async fn pinyin_and_kana_are_read_and_characters_refused() {
    let espeak = Espeak::detect().await;
    assert!(!espeak.speaks(Language::Chinese) && !espeak.speaks(Language::Japanese));
    for (language, text, readable) in [
        (Language::Chinese, "nǐ hǎo", true),
        (Language::Chinese, "你好", false),
        (Language::Japanese, "こんにちは", true),
        (Language::Japanese, "今日は", false),
        (Language::English, "你好", false),
    ] {
        assert_eq!(espeak.reads(language, text), readable, "{text}");
        let said = say(&espeak, request(language, text, Pace::Natural)).await;
        match said {
            Ok((pcm, _)) => assert!(readable && !pcm.is_empty(), "{text}"),
            Err(error) => assert!(
                !readable && matches!(error, EngineError::Unsupported { .. }),
                "{text}: {error}"
            ),
        }
    }
}

#[tokio::test]
async fn a_missing_program_is_unsupported_with_its_reason() {
    let espeak = Espeak::detect_program("/nowhere/espeak-ng").await;
    assert!(Language::ALL.into_iter().all(|language| !espeak.speaks(language)));
    let error = espeak.version().expect_err("it is missing");
    assert!(error.to_string().contains("/nowhere/espeak-ng can't be run"), "{error}");
    let said = say(&espeak, request(Language::French, "Bonsoir", Pace::Natural)).await;
    assert_eq!(said, Err(error));
}

#[tokio::test]
async fn a_program_that_breaks_or_hangs_is_an_error_of_its_kind() {
    for (name, work, expected) in [
        (
            "fails",
            "cat >/dev/null; exit 3",
            failed("it ended with exit status: 3".to_owned()),
        ),
        (
            "garbage",
            "cat >/dev/null; echo no sound at all here",
            failed("not a WAV file".to_owned()),
        ),
        ("hangs", "exec sleep 60", silent()),
    ] {
        let (espeak, path) = impostor(name, work).await;
        assert_eq!(espeak.version(), Ok("9.9"));
        assert!(espeak.speaks(Language::French) && !espeak.speaks(Language::German));
        let said = say(&espeak, request(Language::French, "Bonsoir", Pace::Natural)).await;
        std::fs::remove_file(path).expect("it was written");
        assert_eq!(said, Err(expected), "{name}");
    }
}

#[tokio::test]
async fn dropping_the_speech_kills_the_process() {
    let (sound, number) = (temporary("sound.wav"), temporary("number"));
    std::fs::write(&sound, crate::wav::encode(&[9000; 4096], 22_050)).expect("the temporary directory is writable");
    let work = format!(
        "cat > /dev/null; echo $$ > {}; cat {}; exec sleep 600",
        number.display(),
        sound.display()
    );
    let (espeak, program) = impostor("endless", &work).await;
    let mut stream = espeak.speak(request(Language::French, "Bonsoir", Pace::Natural));
    let chunk = stream.next().await;
    assert!(matches!(chunk, Some(Ok(_))), "{chunk:?}");
    let process = std::fs::read_to_string(&number).expect("the process wrote its number");
    let state = PathBuf::from(format!("/proc/{}/stat", process.trim()));
    let is_alive = || std::fs::read_to_string(&state).is_ok_and(|state| !state.contains(") Z "));
    assert!(is_alive());
    drop(stream);
    while is_alive() {
        tokio::task::yield_now().await;
    }
    for path in [sound, number, program] {
        std::fs::remove_file(path).expect("it was written");
    }
}

proptest! {
    #[test]
    fn arbitrary_answers_and_texts_never_panic(text: String) {
        parse_version(&text);
        parse_voices(&text);
        if let Ok(plain) = plain(&text) {
            prop_assert!(!plain.contains(|letter: char| letter.is_control() || letter == '['));
        }
    }
}
