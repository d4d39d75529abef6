//! A server for tests that does as it is told, and nothing else.

use futures::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

/// Answers every request by its text; where that begins with `GET /livekit/ws` or `GET /ws`, by a WebSocket that says `told` whenever
/// a message comes. Gives its address, `http://host:port`.
pub(crate) async fn server_with_socket(answer: fn(&str) -> String, told: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, answer, told));
        }
    });
    base
}

/// The same without WebSockets.
pub(crate) async fn server(answer: fn(&str) -> String) -> String {
    server_with_socket(answer, &[]).await
}

/// An answer with a body of JSON.
pub(crate) fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nRetry-After: 7\r\nContent-Length: {length}\r\n\r\n{body}")
}

async fn serve(mut stream: TcpStream, answer: fn(&str) -> String, told: &[&str]) {
    let mut request = vec![0; 8_192];
    loop {
        let Ok(length @ 1..) = stream.peek(&mut request).await else {
            return;
        };
        let text = String::from_utf8_lossy(&request[..length]).into_owned();
        if text.starts_with("GET /livekit/ws") || text.starts_with("GET /ws") {
            return converse(stream, told).await;
        }
        // Requests of these tests come in one piece each.
        if stream.read(&mut request[..length]).await.is_err()
            || stream.write_all(answer(&text).as_bytes()).await.is_err()
        {
            return;
        }
    }
}

async fn converse(stream: TcpStream, told: &[&str]) {
    let Ok(mut socket) = accept_async(stream).await else {
        return;
    };
    while let Some(Ok(Message::Text(_))) = socket.next().await {
        for message in told {
            if socket.send(Message::text(*message)).await.is_err() {
                return;
            }
        }
    }
}
