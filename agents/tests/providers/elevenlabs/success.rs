//! What the provider is asked, and what is made of its answers.

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::elevenlabs::{ElevenLabsConfig, ElevenLabsServer};
use colloquy_agents::engine::{Fit, Heard, Listen, Pace, Tts, WordTiming};
use colloquy_agents::language::Language;
use colloquy_agents::tts::elevenlabs::ElevenLabsTts;
use colloquy_agents::wav;
use futures::StreamExt;
use serde_json::{Value, json};

use super::{hear, line, provider_of, sound, speak, transcription};
use crate::server::{Answer, Server};
use crate::{KEY, phrase, speech};

fn timing(word: &str, start: u64, end: u64) -> WordTiming {
    WordTiming {
        word: word.to_owned(),
        start: Duration::from_millis(start),
        end: Duration::from_millis(end),
    }
}

#[tokio::test]
async fn a_turn_is_sent_as_one_wav_file_and_comes_back_with_its_words() {
    let server = Server::with([transcription("Une table.", 0.5)]).await;
    let messages = vec![speech(), Listen::Pause { pause: 1 }, Listen::End];
    let (heard, error) = hear(&server, &["Oui", "Une table"], messages).await;
    assert_eq!(error, None);
    let [
        Heard::View {
            pause: 1,
            transcript,
            fit,
        },
        Heard::Final(last),
    ] = heard.as_slice()
    else {
        panic!("{heard:?}");
    };
    assert_eq!((transcript, *fit), (last, Fit::Complete));
    assert_eq!((last.text.as_str(), last.phrase), ("Une table.", Some(1)));
    assert!((last.confidence - 0.5).abs() < 1e-6, "{}", last.confidence);
    assert_eq!(last.words, [timing("Une", 0, 200), timing("table.", 300, 500)]);

    let requests = server.requests();
    let [request] = requests.as_slice() else {
        panic!("{} requests", requests.len());
    };
    assert!(
        request.head.starts_with("POST /v1/speech-to-text HTTP/1.1\r\n"),
        "{}",
        request.head
    );
    assert_eq!(
        (request.header("xi-api-key"), request.header("authorization")),
        (Some(KEY), None)
    );
    let kind = request.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("multipart/form-data; boundary="), "{kind}");
    let body = String::from_utf8_lossy(&request.body);
    for (name, value) in [
        ("model_id", "scribe_v2"),
        ("language_code", "fr"),
        ("tag_audio_events", "false"),
        ("diarize", "false"),
        ("timestamps_granularity", "word"),
    ] {
        assert!(body.contains(&format!("name=\"{name}\"\r\n\r\n{value}\r\n")), "{name}");
    }
    assert!(body.contains("name=\"file\"; filename=\"turn.wav\"\r\nContent-Type: audio/wav\r\n"));
    let Listen::Audio(samples) = speech() else {
        unreachable!("it is audio")
    };
    let file = wav::encode(&samples, 16_000);
    assert!(request.body.windows(file.len()).any(|window| window == file));
}

#[tokio::test]
async fn a_turn_that_goes_on_is_sent_again_whole() {
    let server = Server::with([
        transcription("Je voudrais", 0.9),
        transcription("Je voudrais un vélo.", 0.9),
    ])
    .await;
    let messages = vec![speech(), Listen::Pause { pause: 1 }, speech(), Listen::End];
    let (heard, error) = hear(&server, &["Je voudrais un café"], messages).await;
    assert_eq!(error, None);
    let [
        Heard::View {
            fit: Fit::Beginning, ..
        },
        Heard::Final(last),
    ] = heard.as_slice()
    else {
        panic!("{heard:?}");
    };
    assert_eq!(
        (last.text.as_str(), last.phrase, last.words.len()),
        ("Je voudrais un vélo.", None, 4)
    );
    let lengths: Vec<_> = server.requests().iter().map(|request| request.body.len()).collect();
    assert_eq!(lengths[1] - lengths[0], 3200);
}

#[tokio::test]
async fn speech_streams_in_pieces_of_any_size_with_the_times_of_its_words() {
    let samples: Vec<i16> = (0..24_000).map(|sample| sample % 1000).collect();
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    // Neither samples nor words end where lines do, and the last line has no end.
    let lines = [
        line(&bytes[..10_001], " Bon", 0),
        line(&bytes[10_001..30_000], "soir ! Ç", 4),
        "\r\n".to_owned(),
        line(&bytes[30_000..], "a va ?", 12),
    ];
    let lines = lines.concat();
    for size in [1, 333, 100_000] {
        let server = Server::with([Answer::chunked("application/json", lines.trim_end(), size)]).await;
        let (pcm, words, error) = speak(&server, "Bonsoir ! Ça va ?").await;
        assert_eq!(error, None);
        assert!(pcm == samples, "{size}");
        let expected = [
            timing("Bonsoir !", 50, 400),
            timing("Ça", 550, 650),
            timing("va ?", 700, 800),
        ];
        assert_eq!(words, expected, "{size}");
    }
}

#[tokio::test]
async fn sound_is_given_before_the_rest_is_made() {
    let lines = line(&[1, 0, 2, 0], "Oui ", 0);
    let server = Server::with([Answer::cut("application/json", lines, 64).then_hang()]).await;
    let mut stream = ElevenLabsTts::new(provider_of(&server)).speak(phrase("Oui merci", Pace::Natural));
    let chunk = stream.next().await.expect("there is sound").expect("it is whole");
    assert_eq!((&*chunk.pcm, chunk.rate), ([1, 2].as_slice(), 24_000));
}

#[tokio::test]
async fn speech_without_timings_has_estimated_ones() {
    let server = Server::with([Answer::chunked("application/json", sound(&[0; 4800]), 1000)]).await;
    let (pcm, words, error) = speak(&server, "Bonsoir à tous").await;
    assert_eq!((pcm.len(), error), (2400, None));
    assert_eq!(words.len(), 3);
    assert_eq!(words[2].end, Duration::from_millis(100));
}

#[tokio::test]
async fn speech_is_asked_for_as_raw_samples_in_the_language_and_at_the_pace() {
    let server = Server::answering(|_| Some(Answer::whole(200, "application/json", sound(&[0, 1])))).await;
    for pace in [Pace::Natural, Pace::Slow, Pace::Slower] {
        let stream = ElevenLabsTts::new(provider_of(&server)).speak(phrase("Bonsoir", pace));
        assert_eq!(
            stream.filter(|chunk| std::future::ready(chunk.is_err())).count().await,
            0
        );
    }
    let requests = server.requests();
    let path = "/v1/text-to-speech/JBFqnCBsd6RMkjVDRZzb/stream/with-timestamps?output_format=pcm_24000";
    for request in &requests {
        assert!(
            request.head.starts_with(&format!("POST {path} HTTP/1.1\r\n")),
            "{}",
            request.head
        );
        assert_eq!(
            (request.header("xi-api-key"), request.header("authorization")),
            (Some(KEY), None)
        );
    }
    let natural = json!({"text": "Bonsoir", "model_id": "eleven_flash_v2_5", "language_code": "fr"});
    let mut slow = natural.clone();
    slow["voice_settings"] = json!({"speed": 0.75});
    let mut slower = natural.clone();
    slower["voice_settings"] = json!({"speed": 0.7});
    let asked: Vec<Value> = requests.iter().map(|request| request.json()).collect();
    assert_eq!(asked, [natural, slow, slower]);
}

#[tokio::test]
async fn a_model_that_knows_its_languages_is_not_told_and_one_for_english_speaks_nothing_else() {
    let server = Server::with([Answer::whole(200, "application/json", sound(&[0, 1]))]).await;
    let mut config = ElevenLabsConfig::new(&server.origin(), None).expect("the address is a URL");
    config.tts_model = "eleven_multilingual_v2".to_owned();
    let voice = |config| ElevenLabsTts::new(Arc::new(ElevenLabsServer::new(config).expect("it speaks plain HTTP")));
    let stream = voice(config.clone()).speak(phrase("Bonsoir", Pace::Natural));
    assert_eq!(
        stream.filter(|chunk| std::future::ready(chunk.is_err())).count().await,
        0
    );
    let request = &server.requests()[0];
    assert_eq!(
        request.json(),
        json!({"text": "Bonsoir", "model_id": "eleven_multilingual_v2"})
    );
    assert_eq!(request.header("xi-api-key"), None, "there is no key");
    config.tts_model = "eleven_flash_v2".to_owned();
    let english = voice(config);
    assert!(english.speaks(Language::English) && !english.speaks(Language::French));
}
