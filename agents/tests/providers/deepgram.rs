//! Deepgram: what it is asked, what is made of its answers, and what becomes of one that refuses, breaks, lies or hangs.

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::engine::{EngineError, Fit, Heard, Listen, Stt, Transcript};
use colloquy_agents::stt::deepgram::DeepgramStt;
use colloquy_agents::usage::Unit;
use futures::{FutureExt, StreamExt};
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::listener::{Deepgram, Fault};
use crate::{Bill, KEY, deepgram, hear, room, speech, turn};

const LONG: Duration = Duration::from_secs(60);
/// Long enough for anything that does come over loopback.
const PATIENCE: Duration = Duration::from_secs(1);

fn recogniser(server: &Deepgram, patience: Duration) -> DeepgramStt {
    DeepgramStt::new(Arc::new(deepgram(&server.url(), patience)))
}

fn pause(pause: u32) -> Listen {
    Listen::Pause { pause }
}

fn texts(heard: &[Heard]) -> Vec<String> {
    let shown = |heard: &Heard| match heard {
        Heard::Partial { text } => format!("{text}..."),
        Heard::View { pause, transcript, fit } => format!("{pause}: {} {fit:?}", transcript.text),
        Heard::Final(transcript) => transcript.text.clone(),
    };
    heard.iter().map(shown).collect()
}

#[tokio::test]
async fn guesses_come_while_the_turn_is_said_and_its_pause_settles_it() {
    let server = Deepgram::hearing(&["Une table pour deux."], Fault::None).await;
    let bill = Arc::new(Bill::default());
    let recogniser = DeepgramStt::new(Arc::new(deepgram(&server.url(), LONG).metered(bill.clone())));
    let messages = vec![speech(), speech(), speech(), room(), pause(1), room(), Listen::End];
    let (heard, error) = hear(&recogniser, turn(&["Oui", "Une table pour deux"]), messages).await;
    assert_eq!(error, None);
    assert_eq!(
        texts(&heard),
        [
            "Une table...",
            "Une table pour deux....",
            "1: Une table pour deux. Complete",
            "Une table pour deux."
        ]
    );
    let Some(Heard::Final(Transcript {
        phrase,
        confidence,
        words,
        ..
    })) = heard.last()
    else {
        panic!("{heard:?}");
    };
    assert_eq!((*phrase, *confidence, words.len()), (Some(1), 0.75, 4));
    let (first, last) = (&words[0], &words[3]);
    assert_eq!((first.word.as_str(), last.word.as_str()), ("Une", "deux."));
    assert_eq!((last.start.as_millis(), last.end.as_millis()), (300, 400));

    server.until_closed().await;
    let seen = server.seen();
    assert_eq!(seen.authorization, format!("Token {KEY}"));
    assert!(seen.uri.starts_with("/v1/listen?"), "{}", seen.uri);
    for parameter in [
        "model=nova-3",
        "language=fr",
        "encoding=linear16",
        "sample_rate=16000",
        "channels=1",
        "interim_results=true",
        "endpointing=false",
    ] {
        assert!(seen.uri.contains(parameter), "{parameter}: {}", seen.uri);
    }
    let mut sound = Vec::new();
    for message in [speech(), speech(), speech(), room(), room()] {
        let Listen::Audio(samples) = message else { continue };
        sound.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    }
    assert_eq!(seen.sound, sound);
    assert_eq!(seen.asked, ["Finalize", "CloseStream"]);
    assert!((bill.total(Unit::AudioSeconds) - 0.5).abs() < 1e-9);
}

#[tokio::test]
async fn a_turn_that_goes_on_after_a_pause_is_put_together() {
    let server = Deepgram::hearing(&["Je voudrais", "un café."], Fault::None).await;
    let messages = vec![speech(), pause(1), speech(), Listen::End];
    let (heard, error) = hear(&recogniser(&server, LONG), turn(&["Je voudrais un thé"]), messages).await;
    assert_eq!(error, None);
    let view = heard.iter().find(|heard| matches!(heard, Heard::View { .. }));
    assert!(
        matches!(
            view,
            Some(Heard::View {
                fit: Fit::Beginning,
                ..
            })
        ),
        "{heard:?}"
    );
    assert_eq!(texts(&heard).last().map(String::as_str), Some("Je voudrais un café."));
}

#[tokio::test]
async fn the_same_silence_is_asked_about_once() {
    let server = Deepgram::hearing(&["Oui."], Fault::None).await;
    let messages = vec![speech(), pause(1), room(), pause(2), room(), pause(3), Listen::End];
    let (heard, _) = hear(&recogniser(&server, LONG), turn(&["Oui"]), messages).await;
    let views = heard.iter().filter(|heard| matches!(heard, Heard::View { .. })).count();
    assert_eq!((views, texts(&heard).last().map(String::as_str)), (3, Some("Oui.")));
    server.until_closed().await;
    assert_eq!(server.seen().asked, ["Finalize", "CloseStream"]);
}

#[tokio::test]
async fn silence_is_no_answer_and_needs_none() {
    let server = Deepgram::hearing(&["Merci d'avoir regardé"], Fault::Stalls).await;
    let messages = vec![room(), pause(1), room(), Listen::End];
    let (heard, error) = hear(&recogniser(&server, LONG), turn(&[]), messages).await;
    assert_eq!(
        (error, heard.last()),
        (None, Some(&Heard::Final(Transcript::default())))
    );
}

#[tokio::test]
async fn a_pause_of_which_nothing_final_is_told_is_answered_with_the_guess() {
    let server = Deepgram::hearing(&["Une table pour deux."], Fault::HasNothingLeft).await;
    let messages = vec![speech(), speech(), pause(1)];
    let (heard, error) = hear(&recogniser(&server, LONG), turn(&[]), messages).await;
    assert_eq!(error, None);
    assert_eq!(texts(&heard)[1], "1: Une table Unlisted { open: false }", "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn a_speaker_who_says_nothing_for_long_keeps_the_connection() {
    let server = Deepgram::hearing(&["Oui."], Fault::None).await;
    let clock = Clock::paused();
    let (sender, input) = mpsc::channel(8);
    let mut stream = recogniser(&server, LONG).listen(turn(&[]), input);
    sender.send(speech()).await.expect("it fits");
    for _ in 0..300 {
        let nothing = stream.next().now_or_never();
        assert!(nothing.is_none(), "{nothing:?}");
        clock.pass(Duration::from_millis(50)).await;
    }
    let asked = server.seen().asked;
    assert!(
        asked.len() >= 2 && asked.iter().all(|asked| asked == "KeepAlive"),
        "{asked:?}"
    );
}

/// The error of a turn whose provider has this fault.
async fn error(fault: Fault) -> EngineError {
    let server = Deepgram::hearing(&["Oui."], fault.clone()).await;
    let messages = vec![speech(), speech(), speech(), pause(1), Listen::End];
    let (heard, error) = hear(&recogniser(&server, PATIENCE), turn(&[]), messages).await;
    let is_told = heard.iter().any(|heard| !matches!(heard, Heard::Partial { .. }));
    assert!(!is_told, "{fault:?}: {heard:?}");
    error.unwrap_or_else(|| panic!("{fault:?} is no error"))
}

#[tokio::test]
async fn refusals_fail_and_overload_is_unavailable() {
    let said = r#"{"err_code":"INVALID_AUTH","err_msg":"Invalid credentials.","request_id":"r"}"#;
    let failed = |reason: &str| EngineError::Failed {
        engine: "deepgram",
        reason: reason.to_owned(),
    };
    assert_eq!(
        error(Fault::Refuses(401, "", said)).await,
        failed("HTTP 401: Invalid credentials.")
    );
    assert_eq!(error(Fault::Refuses(404, "", "")).await, failed("HTTP 404"));
    assert_eq!(
        error(Fault::Refuses(200, "", "{}")).await,
        failed("it answered something else than a WebSocket")
    );
    assert_eq!(
        error(Fault::Refuses(429, "retry-after: 9\r\n", "{}")).await,
        EngineError::Resting {
            engine: "deepgram",
            reason: "HTTP 429".to_owned(),
            rest: Duration::from_secs(9),
        }
    );
    for status in [429, 500, 503] {
        let error = error(Fault::Refuses(status, "", "{}")).await;
        assert!(error.is_retryable(), "{error}");
    }
    let told = error(Fault::Refuses(
        401,
        "",
        r#"{"err_msg":"very-secret-0123456789 is no key"}"#,
    ))
    .await;
    assert_eq!(told, failed("HTTP 401: *** is no key"));
}

#[tokio::test]
async fn what_hangs_stalls_or_breaks_is_unavailable_and_what_lies_fails() {
    for (fault, is_retryable, reason) in [
        (Fault::Hangs, true, "it didn't answer in time"),
        (Fault::Stalls, true, "it didn't answer in time"),
        (Fault::Resets(2), true, "the connection broke"),
        (Fault::Closes(1011), true, "it closed the connection: 1011 NET-0000"),
        (Fault::Closes(1008), false, "it closed the connection: 1008 NET-0000"),
        (Fault::Malformed, false, "its transcription can't be read"),
        (Fault::Reports, false, "it reported: out of ears"),
    ] {
        let error = error(fault.clone()).await;
        assert_eq!(error.is_retryable(), is_retryable, "{fault:?}: {error}");
        assert!(error.to_string().contains(reason), "{fault:?}: {error}");
    }
}

#[tokio::test]
async fn a_turn_that_is_dropped_or_left_closes_its_connection() {
    for leaves in [false, true] {
        let server = Deepgram::hearing(&["Une table pour deux."], Fault::None).await;
        let (sender, input) = mpsc::channel(8);
        let mut stream = recogniser(&server, LONG).listen(turn(&[]), input);
        for _ in 0..2 {
            sender.send(speech()).await.expect("it fits");
        }
        let guess = stream.next().await;
        assert!(matches!(guess, Some(Ok(Heard::Partial { .. }))), "{guess:?}");
        if leaves {
            drop(sender);
            assert_eq!(stream.next().await, None);
        } else {
            drop(stream);
        }
        server.until_closed().await;
    }
}
