//! What is dropped is no longer paid for: the connection is closed.

use std::time::Duration;

use colloquy_agents::engine::{Listen, Pace, Stt, Tts};
use colloquy_agents::stt::elevenlabs::ElevenLabsStt;
use colloquy_agents::tts::elevenlabs::ElevenLabsTts;
use futures::{FutureExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::{line, phrase, provider, speech, turn};

/// A server that begins to answer one request, says that it has been asked, and waits until the connection is closed.
async fn begins(answer: String) -> (String, oneshot::Receiver<()>, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let origin = format!("http://{}", listener.local_addr().expect("it is bound"));
    let (asked, is_asked) = oneshot::channel();
    let closed = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("the listener is open");
        let mut bytes = [0; 4096];
        stream.read(&mut bytes).await.expect("a request comes");
        stream.write_all(answer.as_bytes()).await.expect("it is read");
        let _ = asked.send(());
        // What is still sent of the request is of no interest; nothing, or an error, is the end of the connection.
        while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
    });
    (origin, is_asked, closed)
}

#[tokio::test]
async fn speech_that_is_dropped_closes_its_connection() {
    let said = line(&[1, 0, 2, 0], "Bon", 0);
    let answer = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{said}\r\n",
        said.len()
    );
    let (origin, _, closed) = begins(answer).await;
    let voice = ElevenLabsTts::new(provider(&origin, Duration::from_secs(600)));
    let mut stream = voice.speak(phrase("Bonsoir", Pace::Natural));
    let chunk = stream.next().await.expect("there is sound").expect("it is whole");
    assert_eq!(&*chunk.pcm, [1, 2]);
    assert!(stream.next().now_or_never().is_none(), "the rest is not made");
    drop(stream);
    closed.await.expect("it waits until the connection is closed");
}

#[tokio::test]
async fn a_turn_that_is_dropped_closes_its_connection() {
    let (origin, is_asked, closed) = begins(String::new()).await;
    let recogniser = ElevenLabsStt::new(provider(&origin, Duration::from_secs(600)));
    let (sender, input) = mpsc::channel(4);
    for message in [speech(), Listen::End] {
        sender.send(message).await.expect("it fits");
    }
    let mut stream = recogniser.listen(turn(&[]), input);
    tokio::select! {
        heard = stream.next() => panic!("nobody answered: {heard:?}"),
        asked = is_asked => asked.expect("it is asked"),
    }
    drop(stream);
    closed.await.expect("it waits until the connection is closed");
}
