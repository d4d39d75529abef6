//! `GET /v1/users/me/export` and `DELETE /v1/users/me`: what a person takes along, and how they go.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use actix_web::guard;
use actix_web::http::header::{self, ContentEncoding};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use futures::stream;
use serde_json::{Map, Value};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, Sender};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::error::ApiError;
use super::principal::Bearer;
use super::{Services, resource};
use crate::accounts::archive;
use crate::audio::AudioStore;
use crate::clock::Timestamp;

/// The media type of an export with the sound in it.
const ZIP: &str = "application/zip";
/// Bytes of an archive that are sent at once.
const CHUNK: usize = 64 * 1024;
/// Such chunks that wait to be sent.
const WAITING: usize = 4;
/// How long whoever takes an archive may take for one of them.
const PATIENCE: Duration = Duration::from_secs(30);

/// Adds the paths of this module. Others answer other methods of `/v1/users/me`.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(resource("/v1/users/me/export", [Method::GET]).route(web::get().to(export)))
        .service(
            web::resource("/v1/users/me")
                .guard(guard::Delete())
                .route(web::delete().to(remove)),
        );
}

/// `GET /v1/users/me/export`: JSON, or where a ZIP is asked for, that and all files of sound.
pub async fn export(
    request: HttpRequest,
    services: web::Data<Services>,
    Bearer(principal): Bearer,
) -> Result<HttpResponse, ApiError> {
    let now = Timestamp::now();
    principal.require_recent_sign_in(now)?;
    // What live conversations have still to write belongs to it.
    services.conversations.writer().flush().await;
    let exported = services.accounts.everything_of(&principal.user, &services.audio, now);
    let (everything, files) = exported.await?;
    let accept = request.headers().get(header::ACCEPT);
    let wants_zip = accept.is_some_and(|accept| names_zip(accept.to_str().unwrap_or_default()));
    if wants_zip {
        return Ok(attached("zip")
            .content_type(ZIP)
            .streaming(archived(everything, services.audio.clone(), files)));
    }
    Ok(attached("json").json(Value::Object(everything)))
}

/// The head of an answer that a browser keeps as a file.
fn attached(kind: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(StatusCode::OK);
    let disposition = format!("attachment; filename=\"colloquy-export.{kind}\"");
    response
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::VARY, "Accept"))
        .insert_header((header::CONTENT_DISPOSITION, disposition));
    if kind == "zip" {
        // It doesn't get smaller.
        response.insert_header(ContentEncoding::Identity);
    }
    response
}

/// Whether an `Accept` header asks for a ZIP in so many words.
fn names_zip(accept: &str) -> bool {
    accept.split(',').any(|range| {
        let media_type = range.split(';').next().unwrap_or_default();
        media_type.trim().eq_ignore_ascii_case(ZIP)
    })
}

/// An archive as it is made. One that can't be made to its end breaks off.
fn archived(
    everything: Map<String, Value>,
    audio: AudioStore,
    files: Vec<String>,
) -> impl stream::Stream<Item = io::Result<Bytes>> {
    let (sender, mut chunks) = mpsc::channel(WAITING);
    let runtime = Handle::current();
    let chunker = Chunks {
        sender: sender.clone(),
        runtime: runtime.clone(),
    };
    spawn_blocking(move || {
        let mut out = BufWriter::with_capacity(CHUNK, chunker);
        let written = archive::write(&everything, &audio, &files, &mut out).and_then(|()| out.flush());
        if let Err(error) = written {
            // What is left in it is of no use any more.
            let _ = out.into_parts();
            tracing::warn!(%error, "an export broke off");
            // Whoever still reads is told: a ZIP without its last files looks whole.
            let _ = runtime.block_on(timeout(PATIENCE, sender.send(Err(error))));
        }
    });
    stream::poll_fn(move |context| chunks.poll_recv(context))
}

/// Hands bytes on to whoever sends them, from a thread that may wait.
struct Chunks {
    sender: Sender<io::Result<Bytes>>,
    runtime: Handle,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let chunk = self.sender.send(Ok(Bytes::copy_from_slice(bytes)));
        match self.runtime.block_on(timeout(PATIENCE, chunk)) {
            Ok(Ok(())) => Ok(bytes.len()),
            Ok(Err(_)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// `DELETE /v1/users/me`: everything of the person is removed, and their credentials are void at once.
pub async fn remove(services: web::Data<Services>, Bearer(principal): Bearer) -> Result<HttpResponse, ApiError> {
    principal.require_recent_sign_in(Timestamp::now())?;
    let conversations = services.accounts.conversations_departing(&principal.user).await?;
    // Nobody says more in any of them, until there is nothing left to say it in.
    let mut silences = Vec::with_capacity(conversations.len());
    for conversation in &conversations {
        silences.push(services.calls.end(conversation).await?);
        services.calls.farewell(conversation, None).await;
    }
    // What was said until now must not be written after the rest is gone.
    services.conversations.writer().flush().await;
    services.accounts.remove(&principal.user, &services.audio).await?;
    let leaderboards = &services.conversations.learning().leaderboards;
    leaderboards.forget(&principal.user.id).await;
    drop(silences);
    Ok(HttpResponse::NoContent().finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zip_is_given_to_those_who_name_it() {
        assert!(names_zip("application/json;q=0.5, Application/ZIP;q=0.9"));
        assert!(!names_zip("*/*"));
        assert!(!names_zip("application/json"));
    }
}
