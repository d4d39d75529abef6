//! The recogniser of Deepgram: a WebSocket to `/v1/listen` for each turn, over which the sound goes as it is heard, and what is
//! said comes back while it is still being said.
//!
//! When a turn is over is decided here and not by the provider, so its own endpointing is off: at a pause it is asked to settle
//! what it has (`Finalize`), at the end of the turn to settle everything (`CloseStream`). It answers a `Finalize` only where it
//! had sound left, so that what settles the sound up to the pause is an answer, too.

mod results;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use self::results::{Message, Segments, parse};
use super::judge::judge;
use super::recorded::seconds;
use super::recording::Recording;
use crate::chain::Service;
use crate::deepgram::{DeepgramServer, NAME};
use crate::engine::{EngineError, HEARD_RATE, Heard, Listen, ListenRequest, Results, Stt, Transcript};
use crate::http::{Received, WebSocket};
use crate::language::Language;
use crate::produce::{Emit, produce};
use crate::usage::Unit;

/// A recogniser over the network. It guesses while the person speaks.
#[derive(Clone, Debug)]
pub struct DeepgramStt {
    server: Arc<DeepgramServer>,
}

impl DeepgramStt {
    /// The recogniser of this provider.
    pub fn new(server: Arc<DeepgramServer>) -> Self {
        Self { server }
    }
}

impl Stt for DeepgramStt {
    fn name(&self) -> &'static str {
        NAME
    }

    fn recognises(&self, language: Language) -> bool {
        self.server.config().hears(language)
    }

    fn listen(&self, request: ListenRequest, input: mpsc::Receiver<Listen>) -> Results<Heard> {
        let server = Arc::clone(&self.server);
        produce(move |emit| async move { listen(&server, request, input, &emit).await })
    }
}

async fn listen(
    server: &DeepgramServer,
    request: ListenRequest,
    mut input: mpsc::Receiver<Listen>,
    emit: &Emit<Heard>,
) -> Result<(), EngineError> {
    let connection = server.connection();
    let options = [
        ("model", server.config().model.as_str()),
        ("language", request.language.tag()),
        ("encoding", "linear16"),
        ("sample_rate", RATE),
        ("channels", "1"),
        ("interim_results", "true"),
        ("punctuate", "true"),
        ("endpointing", "false"),
    ];
    let socket = connection.open(connection.fetch("v1/listen", &options)).await?;
    let mut turn = Turn {
        server,
        socket,
        emit,
        segments: Segments::new(request.language),
        request,
        recording: Recording::default(),
        sent: Used { server, seconds: 0.0 },
        sent_at: Instant::now(),
        asked: 0,
        settled: None,
        owed: None,
        is_closing: false,
    };
    while !turn.is_over() {
        let timer = turn.timer();
        tokio::select! {
            biased;
            received = turn.socket.next() => turn.handle_received(received?).await?,
            message = input.recv(), if !turn.is_ended() => match message {
                Some(message) => turn.handle_message(message).await?,
                // Nobody wants to know any more.
                None => return Ok(()),
            },
            () = sleep_until(timer) => turn.handle_timer().await?,
        }
        turn.settle().await?;
    }
    Ok(())
}

/// One turn that is listened to.
struct Turn<'a> {
    server: &'a DeepgramServer,
    socket: WebSocket<'a>,
    emit: &'a Emit<Heard>,
    request: ListenRequest,
    segments: Segments,
    /// Tells speech from silence.
    recording: Recording,
    /// The sound that was sent.
    sent: Used<'a>,
    /// When something was last sent.
    sent_at: Instant,
    /// How many `Finalize` were not answered yet.
    asked: u32,
    /// Up to where everything is known, if nothing was said since.
    settled: Option<Duration>,
    owed: Option<Owed>,
    /// `CloseStream` was sent.
    is_closing: bool,
}

/// An answer that is owed.
struct Owed {
    what: Question,
    /// About the sound up to here.
    until: Duration,
    since: Instant,
    /// The provider says that it has told everything.
    is_told: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    View {
        pause: u32,
    },
    Final,
    /// It was answered: the turn is over.
    Nothing,
}

/// What a turn uses, told when it is over, however that is.
struct Used<'a> {
    server: &'a DeepgramServer,
    seconds: f64,
}

impl Drop for Used<'_> {
    fn drop(&mut self) {
        let connection = self.server.connection();
        connection.used(Service::Stt, Unit::AudioSeconds, self.seconds);
    }
}

impl Turn<'_> {
    fn is_ended(&self) -> bool {
        self.owed
            .as_ref()
            .is_some_and(|owed| matches!(owed.what, Question::Final | Question::Nothing))
    }

    fn is_over(&self) -> bool {
        self.owed.as_ref().is_some_and(|owed| owed.what == Question::Nothing)
    }

    fn heard(&self) -> Duration {
        Duration::from_secs_f64(self.sent.seconds)
    }

    async fn handle_message(&mut self, message: Listen) -> Result<(), EngineError> {
        match message {
            Listen::Audio(samples) => {
                self.recording.push(&samples);
                self.sent.seconds += seconds(&samples);
                let bytes = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
                self.socket.send_bytes(bytes).await?;
                self.sent_at = Instant::now();
                if self.recording.has_speech_since_mark() {
                    self.settled = None;
                }
                Ok(())
            }
            Listen::Pause { pause } => self.ask(Question::View { pause }).await,
            Listen::End => self.ask(Question::Final).await,
        }
    }

    /// Owes an answer, and asks the provider for what is needed for it.
    async fn ask(&mut self, what: Question) -> Result<(), EngineError> {
        let is_known = self.recording.is_silent() || self.settled.is_some();
        let is_asked = self.owed.is_some() && !self.recording.has_speech_since_mark();
        let until = match &self.owed {
            Some(owed) if is_asked => owed.until,
            _ => self.heard(),
        };
        self.owed = Some(Owed {
            what,
            until,
            since: Instant::now(),
            is_told: is_known,
        });
        if what == Question::Final {
            self.is_closing = true;
            self.socket.send_text(r#"{"type":"CloseStream"}"#).await?;
        } else if !is_known && !is_asked {
            self.asked += 1;
            self.recording.mark();
            self.socket.send_text(r#"{"type":"Finalize"}"#).await?;
        }
        self.sent_at = Instant::now();
        Ok(())
    }

    async fn handle_received(&mut self, received: Received) -> Result<(), EngineError> {
        let connection = self.server.connection();
        let text = match received {
            Received::Text(text) => text,
            // It has told everything.
            Received::Closed(None | Some((1000, _))) if self.is_closing => {
                self.tell();
                return Ok(());
            }
            Received::Closed(None) => return Err(connection.unavailable("it closed the connection")),
            // RFC 6455, section 7.4.1: what it was sent breaks its rules.
            Received::Closed(Some((code @ (1002 | 1003 | 1007 | 1008 | 1009), reason))) => {
                return Err(connection.failed(format!("it closed the connection: {code} {reason}")));
            }
            Received::Closed(Some((code, reason))) => {
                return Err(connection.unavailable(format!("it closed the connection: {code} {reason}")));
            }
        };
        let message = parse(&text).map_err(|error| {
            // What serde says in full quotes the learner, and this goes to the log.
            let (place, kind) = (error.column(), error.classify());
            connection.failed(format!("its transcription can't be read: {kind:?} at {place}"))
        })?;
        match message {
            Message::Results(segment) => {
                if segment.from_finalize {
                    self.asked = self.asked.saturating_sub(1);
                    // At the end of the turn it may be about an earlier pause.
                    let is_all = !self.is_ended() || !self.recording.has_speech_since_mark();
                    if self.asked == 0 && is_all {
                        self.tell();
                    }
                }
                let is_new = self.segments.handle(segment);
                if is_new && !self.is_ended() {
                    let text = self.segments.text();
                    self.emit.send(Heard::Partial { text }).await;
                }
            }
            Message::Metadata if self.is_closing => self.tell(),
            Message::Error(said) => return Err(connection.failed(format!("it reported: {said}"))),
            Message::Metadata | Message::Other => {}
        }
        Ok(())
    }

    fn tell(&mut self) {
        if let Some(owed) = self.owed.as_mut() {
            owed.is_told = true;
        }
    }

    /// Gives the answer that is owed, if it is known.
    async fn settle(&mut self) -> Result<(), EngineError> {
        let known = |owed: &mut Owed| {
            let is_late = Instant::now() >= owed.since + GRACE;
            owed.is_told || self.segments.is_settled(owed.until) || (is_late && self.segments.is_reached(owed.until))
        };
        let Some(owed) = self.owed.take_if(known) else {
            return Ok(());
        };
        let transcript = match self.recording.is_silent() {
            true => Transcript::default(),
            false => self.segments.transcript(),
        };
        let (phrase, fit) = judge(&transcript.text, &self.request.expected, self.request.language);
        let transcript = Transcript { phrase, ..transcript };
        self.asked = 0;
        match owed.what {
            Question::View { pause } => {
                if !self.recording.has_speech_since_mark() {
                    self.settled = Some(owed.until);
                }
                self.emit.send(Heard::View { pause, transcript, fit }).await;
            }
            Question::Final => {
                self.emit.send(Heard::Final(transcript)).await;
                self.owed = Some(Owed {
                    what: Question::Nothing,
                    ..owed
                });
            }
            Question::Nothing => {}
        }
        Ok(())
    }

    /// When to call [`Self::handle_timer`].
    fn timer(&self) -> Instant {
        let connection = self.server.connection();
        match &self.owed {
            Some(owed) if Instant::now() < owed.since + GRACE => owed.since + GRACE,
            Some(owed) => owed.since + connection.timeouts().idle,
            None => self.sent_at + KEEP_ALIVE,
        }
    }

    async fn handle_timer(&mut self) -> Result<(), EngineError> {
        let connection = self.server.connection();
        match &self.owed {
            None => {
                self.sent_at = Instant::now();
                self.socket.send_text(r#"{"type":"KeepAlive"}"#).await
            }
            // What has come so far may do by now.
            Some(owed) if Instant::now() < owed.since + connection.timeouts().idle => Ok(()),
            Some(_) => Err(connection.unavailable("it didn't answer in time")),
        }
    }
}

/// Of the sound, in Hz.
const RATE: &str = {
    assert!(HEARD_RATE == 16_000);
    "16000"
};
/// How long the answer to a `Finalize` is waited for where there may be none, since only silence was left.
const GRACE: Duration = Duration::from_millis(400);
/// Without sound the provider closes the connection after 10 s, unless it is told not to.
const KEEP_ALIVE: Duration = Duration::from_secs(4);
