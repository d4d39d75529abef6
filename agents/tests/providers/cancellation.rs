//! What is dropped is no longer paid for: the connection is closed.

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::engine::{Listen, Llm, Occasion, Pace, ReplyPiece, Stt, Tts};
use colloquy_agents::llm::gemini::GeminiLlm;
use colloquy_agents::llm::openai::OpenAiLlm;
use colloquy_agents::stt::elevenlabs::ElevenLabsStt;
use colloquy_agents::stt::openai::OpenAiStt;
use colloquy_agents::tts::elevenlabs::ElevenLabsTts;
use colloquy_agents::tts::openai::OpenAiTts;
use futures::{FutureExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::elevenlabs::line;
use crate::{cerebras, elevenlabs, gemini, phrase, request, speech, turn};

/// A server that begins to answer one request, says that it has been asked, and waits until the connection is closed.
struct Begun {
    origin: String,
    asked: oneshot::Receiver<()>,
    closed: JoinHandle<()>,
}

impl Begun {
    /// It answers this much of a body.
    async fn with(chunk: &[u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
        let origin = format!("http://{}", listener.local_addr().expect("it is bound"));
        let head = format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n",
            chunk.len()
        );
        let answer = [head.as_bytes(), chunk, b"\r\n"].concat();
        let (tell, asked) = oneshot::channel();
        let closed = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("the listener is open");
            let mut bytes = [0; 4096];
            let read = stream.read(&mut bytes).await.expect("the connection is open");
            assert!(read > 0, "a request comes");
            stream.write_all(&answer).await.expect("it is read");
            let _ = tell.send(());
            // What is still sent of the request is of no interest; nothing, or an error, is the end of the connection.
            while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
        });
        Self { origin, asked, closed }
    }

    async fn until_closed(self) {
        self.closed.await.expect("it waits until the connection is closed");
    }
}

const LONG: Duration = Duration::from_secs(600);

async fn closes_when_a_reply_is_dropped(llm: &dyn Llm, server: Begun) {
    let mut stream = llm.reply(request(Occasion::Opener));
    assert_eq!(stream.next().await, Some(Ok(ReplyPiece::Text("Bonsoir".to_owned()))));
    assert!(stream.next().now_or_never().is_none(), "the rest is not made");
    drop(stream);
    server.until_closed().await;
}

#[tokio::test]
async fn a_reply_that_is_dropped_closes_its_connection() {
    let server = Begun::with(b"data: {\"choices\":[{\"delta\":{\"content\":\"Bonsoir\"}}]}\n\n").await;
    let llm = OpenAiLlm::new(Arc::new(cerebras(&server.origin, LONG)));
    closes_when_a_reply_is_dropped(&llm, server).await;

    let chunk = b"data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Bonsoir\"}]}}]}\r\n\r\n";
    let server = Begun::with(chunk).await;
    let llm = GeminiLlm::new(Arc::new(gemini(&server.origin, LONG)));
    closes_when_a_reply_is_dropped(&llm, server).await;
}

async fn closes_when_speech_is_dropped(voice: &dyn Tts, server: Begun) {
    let mut stream = voice.speak(phrase("Bonsoir", Pace::Natural));
    let chunk = stream.next().await.expect("there is sound").expect("it is whole");
    assert_eq!(&*chunk.pcm, [1, 2]);
    assert!(stream.next().now_or_never().is_none(), "the rest is not made");
    drop(stream);
    server.until_closed().await;
}

#[tokio::test]
async fn speech_that_is_dropped_closes_its_connection() {
    let server = Begun::with(&[1, 0, 2, 0]).await;
    let voice = OpenAiTts::new(Arc::new(cerebras(&server.origin, LONG)));
    closes_when_speech_is_dropped(&voice, server).await;

    let server = Begun::with(line(&[1, 0, 2, 0], "Bon", 0).as_bytes()).await;
    let voice = ElevenLabsTts::new(elevenlabs::provider(&server.origin, LONG));
    closes_when_speech_is_dropped(&voice, server).await;
}

async fn closes_when_a_turn_is_dropped(recogniser: &dyn Stt, mut server: Begun) {
    let (sender, input) = mpsc::channel(4);
    for message in [speech(), Listen::End] {
        sender.send(message).await.expect("it fits");
    }
    let mut stream = recogniser.listen(turn(&[]), input);
    tokio::select! {
        heard = stream.next() => panic!("the answer is not whole: {heard:?}"),
        asked = &mut server.asked => asked.expect("it is asked"),
    }
    drop(stream);
    server.until_closed().await;
}

#[tokio::test]
async fn a_turn_that_is_dropped_closes_its_connection() {
    let server = Begun::with(b"{\"text\":").await;
    let recogniser = OpenAiStt::new(Arc::new(cerebras(&server.origin, LONG)));
    closes_when_a_turn_is_dropped(&recogniser, server).await;

    let server = Begun::with(b"{\"text\":").await;
    let recogniser = ElevenLabsStt::new(elevenlabs::provider(&server.origin, LONG));
    closes_when_a_turn_is_dropped(&recogniser, server).await;
}
