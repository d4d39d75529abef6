//! What the server is asked, and what is made of its answers.

use std::sync::Arc;

use colloquy_agents::engine::{
    EngineError, Fit, Heard, Insights, Listen, ListenRequest, Occasion, ReplyPiece, Speaker, Stt, Transcript, Utterance,
};
use colloquy_agents::language::Language;
use colloquy_agents::scenario::Progress;
use colloquy_agents::stt::openai::OpenAiStt;
use colloquy_agents::wav;
use futures::StreamExt;
use serde_json::json;
use tokio::sync::mpsc;

use super::{answer, hear, provider_of, reply, speak};
use crate::server::{Answer, Server};
use crate::{KEY, room, speech, text};

fn transcription(text: &str) -> Answer {
    Answer::whole(200, "application/json", json!({ "text": text }).to_string())
}

fn heard(text: &str, phrase: Option<usize>) -> Transcript {
    Transcript {
        text: text.to_owned(),
        phrase,
        confidence: 1.0,
        ..Transcript::default()
    }
}

/// The events of a streamed chat that says these pieces.
fn chat(pieces: &[&str]) -> String {
    let mut events =
        String::from(": hello\n\ndata: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n");
    for piece in pieces {
        let chunk = json!({ "choices": [{ "index": 0, "delta": { "content": piece }, "finish_reason": null }] });
        events.push_str(&format!("data: {chunk}\n\n"));
    }
    events.push_str("data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
    events
}

#[tokio::test]
async fn a_turn_that_ends_at_its_pause_is_sent_once() {
    let server = Server::with([transcription(" Une table pour deux. ")]).await;
    let messages = vec![speech(), room(), Listen::Pause { pause: 1 }, room(), Listen::End];
    let (results, error) = hear(&server, &["Oui", "Une table pour deux"], messages).await;
    let transcript = heard("Une table pour deux.", Some(1));
    let view = Heard::View {
        pause: 1,
        transcript: transcript.clone(),
        fit: Fit::Complete,
    };
    assert_eq!((results, error), (vec![view, Heard::Final(transcript)], None));

    let requests = server.requests();
    let [request] = requests.as_slice() else {
        panic!("{} requests", requests.len());
    };
    assert!(
        request.head.starts_with("POST /v1/audio/transcriptions HTTP/1.1\r\n"),
        "{}",
        request.head
    );
    assert_eq!(request.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert!(
        request
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("multipart/form-data; boundary="))
    );
    let body = String::from_utf8_lossy(&request.body);
    for (name, value) in [("model", "whisper-1"), ("language", "fr"), ("response_format", "json")] {
        assert!(body.contains(&format!("name=\"{name}\"\r\n\r\n{value}\r\n")), "{name}");
    }
    let mut samples = Vec::new();
    for audio in [speech(), room()] {
        let Listen::Audio(audio) = audio else {
            unreachable!("it is audio")
        };
        samples.extend_from_slice(&audio);
    }
    let file = wav::encode(&samples, 16_000);
    assert!(request.body.windows(file.len()).any(|window| window == file));
}

#[tokio::test]
async fn a_turn_that_goes_on_is_sent_again_whole() {
    let server = Server::with([transcription("Je voudrais"), transcription("Je voudrais un vélo.")]).await;
    let messages = vec![speech(), Listen::Pause { pause: 1 }, speech(), Listen::End];
    let (results, error) = hear(&server, &["Je voudrais un café"], messages).await;
    let view = Heard::View {
        pause: 1,
        transcript: heard("Je voudrais", None),
        fit: Fit::Beginning,
    };
    assert_eq!(
        (results, error),
        (vec![view, Heard::Final(heard("Je voudrais un vélo.", None))], None)
    );
    let lengths: Vec<_> = server.requests().iter().map(|request| request.body.len()).collect();
    assert_eq!(lengths[1] - lengths[0], 3200);
}

/// What is told when all of this is said before the server has answered anything.
async fn told_at_once(server: &Server, messages: Vec<Listen>) -> Option<Result<Heard, EngineError>> {
    let (sender, input) = mpsc::channel(16);
    for message in messages {
        sender.send(message).await.expect("it fits");
    }
    let request = ListenRequest {
        language: Language::French,
        expected: Arc::default(),
    };
    let mut stream = OpenAiStt::new(provider_of(server)).listen(request, input);
    stream.next().await
}

#[tokio::test]
async fn a_pause_gets_its_view_though_speech_has_gone_on() {
    let server = Server::with([transcription("Je voudrais")]).await;
    let told = told_at_once(&server, vec![speech(), Listen::Pause { pause: 7 }, speech()]).await;
    let view = Heard::View {
        pause: 7,
        transcript: heard("Je voudrais", None),
        fit: Fit::Unlisted { open: false },
    };
    assert_eq!(told, Some(Ok(view)));
}

#[tokio::test]
async fn two_pauses_with_nothing_said_in_between_get_one_view_of_the_newer() {
    let server = Server::with([transcription("Je voudrais")]).await;
    let pauses = [1, 2].map(|pause| Listen::Pause { pause });
    let [first, second] = pauses;
    let told = told_at_once(&server, vec![speech(), room(), first, room(), second]).await;
    let Some(Ok(Heard::View { pause, transcript, .. })) = told else {
        panic!("{told:?}");
    };
    assert_eq!((pause, transcript), (2, heard("Je voudrais", None)));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn silence_is_not_sent() {
    let server = Server::with([]).await;
    let (results, error) = hear(&server, &[], vec![room(), Listen::Pause { pause: 1 }, Listen::End]).await;
    let view = Heard::View {
        pause: 1,
        transcript: Transcript::default(),
        fit: Fit::Unlisted { open: false },
    };
    assert_eq!(
        (results, error),
        (vec![view, Heard::Final(Transcript::default())], None)
    );
}

#[tokio::test]
async fn a_reply_streams_in_pieces_of_any_size_and_its_translation_follows() {
    let pieces = [
        "Bon",
        "soir ",
        "à vous",
        " !",
        "\n#",
        "##\n",
        "Good evening ",
        "to you!",
    ];
    for size in [1, 7, 64, 10_000] {
        let server = Server::with([Answer::chunked("text/event-stream", chat(&pieces), size)]).await;
        let (results, error) = reply(&server, Vec::new(), Occasion::Opener).await;
        assert_eq!(error, None);
        let (texts, rest) = results.split_at(results.len() - 3);
        assert_eq!(text(texts), "Bonsoir à vous !");
        let done = ReplyPiece::Done {
            progress: Progress::default(),
        };
        let translation = ReplyPiece::Translation("Good evening to you!".to_owned());
        let insights = Insights {
            vocabulary: Vec::new(),
            lines: Vec::new(),
            ..crate::script(Language::French).opener().insights
        };
        assert_eq!(rest, [translation, ReplyPiece::Insights(insights), done]);
        assert!(texts.len() > 1, "the text comes as it is made");
    }
}

#[tokio::test]
async fn the_chat_holds_what_was_heard_and_said() {
    let server = Server::with([Answer::chunked("text/event-stream", chat(&["Bien."]), 50)]).await;
    let history = vec![Utterance {
        speaker: Speaker::Agent,
        text: "Vous êtes".to_owned(),
    }];
    let (results, error) = reply(&server, history, answer("deux")).await;
    assert_eq!((results.len(), error), (3, None), "{results:?}");
    let request = &server.requests()[0];
    assert!(
        request.head.starts_with("POST /v1/chat/completions "),
        "{}",
        request.head
    );
    let body = request.json();
    assert_eq!((&body["model"], &body["stream"]), (&json!("gpt-4o-mini"), &json!(true)));
    assert_eq!(body["messages"][0]["role"], "system");
    assert_eq!(
        body["messages"][1],
        json!({ "role": "assistant", "content": "Vous êtes" })
    );
    let answer = &body["messages"][2];
    // The words of the scenario's own reply are the plan.
    let is_planned = |content: &str| content.starts_with("deux\n[plan: \"") && content.ends_with("\"]");
    assert!(answer["content"].as_str().is_some_and(is_planned), "{answer}");
    assert_eq!(answer["role"], "user");
    assert_eq!(body["messages"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_server_that_sends_no_done_ends_with_its_reason() {
    let last = "data: {\"choices\":[{\"delta\":{\"content\":\"Oui.\"},\"finish_reason\":\"stop\"}]}\n\n";
    let server = Server::with([Answer::chunked("text/event-stream", last, 9)]).await;
    let (results, error) = reply(&server, Vec::new(), answer("Alors ?")).await;
    assert_eq!((text(&results), error), ("Oui.".to_owned(), None));
}

#[tokio::test]
async fn speech_streams_in_pieces_of_any_size() {
    let samples: Vec<i16> = (0..2400).map(|sample| sample * 7).collect();
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    for size in [1, 333, 10_000] {
        let server = Server::with([Answer::chunked("audio/pcm", &bytes, size)]).await;
        let (pcm, words, error) = speak(&server, "Bonsoir à tous").await;
        assert_eq!(error, None);
        assert_eq!(pcm, samples, "{size}");
        assert_eq!(words.len(), 3);
        assert_eq!(words[2].end.as_millis(), 100);
    }
}

#[tokio::test]
async fn speech_is_asked_for_as_raw_samples() {
    let server = Server::with([Answer::whole(200, "audio/pcm", [0, 1, 2, 3])]).await;
    speak(&server, "Bonsoir").await;
    let request = &server.requests()[0];
    assert!(request.head.starts_with("POST /v1/audio/speech "), "{}", request.head);
    let expected = json!({
        "model": "tts-1", "voice": "alloy", "input": "Bonsoir", "response_format": "pcm", "speed": 0.75
    });
    assert_eq!(request.json(), expected);
}
