//! What is dropped is no longer paid for: the connection is closed.

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::engine::{Listen, ListenRequest, Llm, Occasion, Pace, ReplyPiece, SpeakRequest, Stt, Tts};
use colloquy_agents::language::Language;
use colloquy_agents::llm::gemini::GeminiLlm;
use colloquy_agents::llm::openai::OpenAiLlm;
use colloquy_agents::openai::{OpenAiConfig, OpenAiServer};
use colloquy_agents::stt::openai::OpenAiStt;
use colloquy_agents::tts::openai::OpenAiTts;
use futures::{FutureExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::{cerebras, gemini, request, speech};

/// A server that begins to answer one request with this chunk, and waits until the connection is closed.
async fn begins(chunk: &[u8]) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let origin = format!("http://{}", listener.local_addr().expect("it is bound"));
    let head = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n",
        chunk.len()
    );
    let answer = [head.as_bytes(), chunk, b"\r\n"].concat();
    let closed = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("the listener is open");
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).await.expect("the connection is open");
        assert!(read > 0, "a request comes");
        stream.write_all(&answer).await.expect("it is read");
        // What is still sent of the request is of no interest; nothing, or an error, is the end of the connection.
        while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
    });
    (origin, closed)
}

const LONG: Duration = Duration::from_secs(600);

async fn closes_when_a_reply_is_dropped(llm: &dyn Llm, closed: JoinHandle<()>) {
    let mut stream = llm.reply(request(Occasion::Opener));
    assert_eq!(stream.next().await, Some(Ok(ReplyPiece::Text("Bonsoir".to_owned()))));
    assert!(stream.next().now_or_never().is_none(), "the rest is not made");
    drop(stream);
    closed.await.expect("it waits until the connection is closed");
}

#[tokio::test]
async fn a_reply_that_is_dropped_closes_its_connection() {
    let (origin, closed) = begins(b"data: {\"choices\":[{\"delta\":{\"content\":\"Bonsoir\"}}]}\n\n").await;
    let llm = OpenAiLlm::new(Arc::new(cerebras(&origin, LONG)));
    closes_when_a_reply_is_dropped(&llm, closed).await;

    let (origin, closed) =
        begins(b"data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Bonsoir\"}]}}]}\r\n\r\n").await;
    let llm = GeminiLlm::new(Arc::new(gemini(&origin, LONG)));
    closes_when_a_reply_is_dropped(&llm, closed).await;
}

#[tokio::test]
async fn speech_that_is_dropped_closes_its_connection() {
    let (origin, closed) = begins(&[1, 0, 2, 0]).await;
    let config = OpenAiConfig::new(&origin, None).expect("the address is a URL");
    let voice = OpenAiTts::new(Arc::new(OpenAiServer::new(config).expect("it speaks plain HTTP")));
    let mut stream = voice.speak(SpeakRequest {
        language: Language::French,
        text: "Bonsoir".to_owned(),
        pace: Pace::Natural,
    });
    let chunk = stream.next().await.expect("there is sound").expect("it is whole");
    assert_eq!(&*chunk.pcm, [1, 2]);
    assert!(stream.next().now_or_never().is_none(), "the rest is not made");
    drop(stream);
    closed.await.expect("it waits until the connection is closed");
}

#[tokio::test]
async fn a_turn_that_is_dropped_closes_its_connection() {
    let (origin, closed) = begins(b"{\"text\":").await;
    let config = OpenAiConfig::new(&origin, None).expect("the address is a URL");
    let recogniser = OpenAiStt::new(Arc::new(OpenAiServer::new(config).expect("it speaks plain HTTP")));
    let (sender, input) = mpsc::channel(4);
    for message in [speech(), Listen::End] {
        sender.send(message).await.expect("it fits");
    }
    let request = ListenRequest {
        language: Language::French,
        expected: Arc::default(),
    };
    let mut stream = recogniser.listen(request, input);
    let nothing = tokio::time::timeout(Duration::from_millis(200), stream.next()).await;
    assert!(nothing.is_err(), "the answer is not whole: {nothing:?}");
    drop(stream);
    closed.await.expect("it waits until the connection is closed");
}
