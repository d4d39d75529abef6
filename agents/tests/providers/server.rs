//! A server on loopback that answers as it is told, in the pieces it is told, and remembers what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One request as it was received.
#[derive(Clone, Debug)]
pub struct Request {
    /// The request line and the headers.
    pub head: String,
    pub body: Vec<u8>,
}

impl Request {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

/// One answer: pieces that are written one by one.
#[derive(Clone, Debug)]
pub struct Answer {
    pieces: Vec<Vec<u8>>,
    delay: Duration,
    hangs: bool,
    resets: bool,
}

impl Answer {
    /// A whole body of known length.
    pub fn whole(status: u16, content_type: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        Self::promising(status, content_type, body, body.len())
    }

    /// A body whose length is announced as another than it has.
    pub fn promising(status: u16, content_type: &str, body: &[u8], length: usize) -> Self {
        let head = format!(
            "HTTP/1.1 {status} Said\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        );
        Self {
            pieces: vec![head.into_bytes(), body.to_vec()],
            delay: Duration::ZERO,
            hangs: false,
            resets: false,
        }
    }

    /// A body of unknown length in chunks of `size` bytes.
    pub fn chunked(content_type: &str, body: impl AsRef<[u8]>, size: usize) -> Self {
        let mut answer = Self::cut(content_type, body, size);
        answer.pieces.push(b"0\r\n\r\n".to_vec());
        answer
    }

    /// A body in chunks of `size` bytes, after which the connection breaks.
    pub fn cut(content_type: &str, body: impl AsRef<[u8]>, size: usize) -> Self {
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        );
        let chunk = |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
        let chunks = body.as_ref().chunks(size).map(chunk);
        Self {
            pieces: [head.into_bytes()].into_iter().chain(chunks).collect(),
            delay: Duration::ZERO,
            hangs: false,
            resets: false,
        }
    }

    /// The same, which comes only after this time.
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The same, after which nothing more comes and the connection stays open.
    pub fn then_hang(mut self) -> Self {
        self.hangs = true;
        self
    }

    /// The same, after which the connection is reset.
    pub fn then_reset(mut self) -> Self {
        self.resets = true;
        self
    }

    /// The same, after which comes what is no chunk.
    pub fn then_garbage(mut self) -> Self {
        self.pieces.push(b"zz\r\n\xff\xff\r\n".to_vec());
        self
    }

    /// The same with one more header.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        // The first piece is the head; its last two bytes are the empty line.
        let end = self.pieces[0].len() - 2;
        let header = format!("{name}: {value}\r\n").into_bytes();
        self.pieces[0].splice(end..end, header);
        self
    }

    /// Nothing at all.
    pub fn silence() -> Self {
        Self {
            pieces: Vec::new(),
            delay: Duration::ZERO,
            hangs: true,
            resets: false,
        }
    }
}

/// The server.
pub struct Server {
    address: SocketAddr,
    patience: Duration,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers one request after another with these answers, and refuses what comes after them.
    pub async fn with(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers: Vec<_> = answers.into_iter().collect();
        let mut answers = answers.into_iter();
        Self::answering(move |_| answers.next()).await
    }

    /// Answers each request as `answer` says, and closes the connection where it says nothing.
    pub async fn answering(answer: impl FnMut(&Request) -> Option<Answer> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
        let address = listener.local_addr().expect("it is bound");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let answer = Arc::new(Mutex::new(answer));
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.expect("the listener is open");
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                tokio::spawn(async move {
                    // A client that changes its mind in the middle of a request wants no answer.
                    let Some(request) = receive(&mut stream).await else {
                        return;
                    };
                    seen.lock().expect("no test panics with it").push(request.clone());
                    let answer = answer.lock().expect("no answer panics")(&request);
                    if let Some(answer) = answer {
                        give(stream, answer).await;
                    }
                });
            }
        });
        Self {
            address,
            patience: Duration::from_secs(60),
            requests,
        }
    }

    /// Lets its clients wait for each piece no longer than this.
    pub fn waited_for(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    pub fn patience(&self) -> Duration {
        self.patience
    }

    pub fn base_url(&self) -> String {
        format!("{}/v1", self.origin())
    }

    /// The same without a version.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no test panics with it").clone()
    }
}

async fn receive(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut request = None;
    loop {
        if request.is_none()
            && let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n")
        {
            let body = bytes.split_off(end + 4);
            let head = String::from_utf8(std::mem::take(&mut bytes)).expect("headers are ASCII");
            request = Some(Request { head, body });
        }
        if let Some(request) = &mut request {
            request.body.append(&mut bytes);
            let length: usize = request
                .header("content-length")
                .map_or(0, |length| length.parse().expect("a number"));
            if request.body.len() >= length {
                return Some(request.clone());
            }
        }
        stream.read_buf(&mut bytes).await.ok().filter(|read| *read > 0)?;
    }
}

async fn give(mut stream: TcpStream, answer: Answer) {
    if !answer.delay.is_zero() {
        tokio::time::sleep(answer.delay).await;
    }
    for piece in answer.pieces {
        // The client may have heard enough.
        if stream.write_all(&piece).await.is_err() {
            return;
        }
        // Lets the client read this piece before the next one is written.
        tokio::task::yield_now().await;
    }
    if answer.resets {
        // What was written is read before.
        tokio::time::sleep(Duration::from_millis(5)).await;
        let _ = stream.set_zero_linger();
    }
    if answer.hangs {
        std::future::pending::<()>().await;
    }
}
