//! Uploads: `multipart/form-data` with one file of sound and some short texts.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::{HttpRequest, web};
use bytes::BytesMut;
use futures::{StreamExt, stream};
use multer::{Constraints, Field, Multipart, SizeLimit};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::error::ApiError;
use crate::audio::UPLOAD_LIMIT;

/// What was uploaded.
#[derive(Debug, Default)]
pub struct Upload {
    /// The file; none if there was no part of its name, or nothing in it.
    pub file: Option<web::Bytes>,
    /// The other parts, by name.
    pub texts: BTreeMap<String, String>,
}

/// Bytes that a text part may have.
const TEXT_LIMIT: usize = 64 * 1024;
/// Parts that a body may have.
const PARTS: usize = 16;
/// What is read of a body that is refused, so that the answer is heard: a connection that is closed while its peer still
/// writes takes the answer with it.
const DRAINED: usize = 8 * UPLOAD_LIMIT;
/// How long that may take.
const DRAINING: Duration = Duration::from_secs(30);
/// What a whole form may have: one file, all texts, and what divides them.
const LARGEST: usize = UPLOAD_LIMIT + PARTS * (TEXT_LIMIT + 1024);
/// Pieces of a body that wait to be read.
const PIECES: usize = 4;

type Piece = Result<web::Bytes, PayloadError>;

impl Upload {
    /// Reads a body whose part `file` is sound of at most [`UPLOAD_LIMIT`] bytes.
    ///
    /// # Errors
    /// When the body is no such form, breaks off, or a part is too large; the rest of it was read then.
    pub async fn read(request: &HttpRequest, payload: web::Payload, file: &'static str) -> Result<Self, ApiError> {
        let Some(boundary) = boundary(request) else {
            drain(payload).await;
            return Err(ApiError::InvalidRequest(format!(
                "A form of the type multipart/form-data is needed, with a boundary and a file named \"{file}\""
            )));
        };
        // The reader of forms may move between threads, the body may not.
        let (pieces, mut body) = mpsc::channel(PIECES);
        let rest = actix_web::rt::spawn(hand_on(payload, pieces));
        let body = stream::poll_fn(move |context| body.poll_recv(context));
        let whole = SizeLimit::new().whole_stream(LARGEST as u64);
        let mut form = Multipart::with_constraints(body, boundary, Constraints::new().size_limit(whole));
        let mut upload = Self::default();
        let read = upload.fill(&mut form, file).await;
        drop(form);
        if read.is_err() {
            // It ends by itself, soon.
            let _ = rest.await;
        }
        read.map(|()| upload)
    }

    async fn fill(&mut self, form: &mut Multipart<'_>, file: &str) -> Result<(), ApiError> {
        let mut parts = 0;
        while let Some(mut field) = form.next_field().await.map_err(|error| unreadable(&error))? {
            parts += 1;
            if parts > PARTS {
                return Err(ApiError::InvalidRequest(format!(
                    "The form has more than {PARTS} parts"
                )));
            }
            let Some(name) = field.name().map(str::to_owned) else {
                return Err(ApiError::InvalidRequest("A part of the form has no name".to_owned()));
            };
            let limit = if name == file { UPLOAD_LIMIT } else { TEXT_LIMIT };
            let bytes = whole(&mut field, limit).await?;
            if name == file {
                self.file = Some(bytes).filter(|bytes| !bytes.is_empty());
            } else {
                let text = String::from_utf8(bytes.into())
                    .map_err(|_| ApiError::InvalidRequest("A part of the form is not UTF-8".to_owned()))?;
                self.texts.insert(name, text);
            }
        }
        Ok(())
    }
}

/// What divides the form that a request says it has.
fn boundary(request: &HttpRequest) -> Option<String> {
    let content_type = request.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    multer::parse_boundary(content_type).ok()
}

/// Hands a body on to whoever reads it, and reads the rest when nobody does any more.
async fn hand_on(mut payload: web::Payload, pieces: mpsc::Sender<Piece>) {
    while let Some(piece) = payload.next().await {
        let is_last = piece.is_err();
        if pieces.send(piece).await.is_err() {
            return drain(payload).await;
        }
        if is_last {
            return;
        }
    }
}

/// Reads what is left of a body that is not wanted, so that the answer is heard.
pub async fn drain(mut payload: web::Payload) {
    let rest = async {
        let mut left = DRAINED;
        while let Some(Ok(chunk)) = payload.next().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                return;
            }
        }
    };
    let _ = timeout(DRAINING, rest).await;
}

/// All of a part.
async fn whole(field: &mut Field<'_>, limit: usize) -> Result<web::Bytes, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| unreadable(&error))? {
        if bytes.len() + chunk.len() > limit {
            return Err(ApiError::TooLarge(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn unreadable(error: &multer::Error) -> ApiError {
    match error {
        multer::Error::StreamSizeExceeded { .. } => ApiError::TooLarge(UPLOAD_LIMIT),
        multer::Error::StreamReadFailed(cause) if is_timeout(cause.as_ref()) => ApiError::TooSlow,
        error => ApiError::InvalidRequest(format!("The form can't be read: {error}")),
    }
}

/// Whether a body came too slowly.
fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    match error.downcast_ref() {
        Some(PayloadError::Io(error)) => error.kind() == io::ErrorKind::TimedOut,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use proptest::prelude::*;

    const FORM: &[u8] = b"--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nBonjour\r\n\
        --x\r\nContent-Disposition: form-data; name=\"audio\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\n\
        RIFF\r\n--\r\x00\r\n--x--\r\n";

    async fn read(body: &[u8]) -> Result<Upload, ApiError> {
        let (request, mut payload) = TestRequest::default()
            .insert_header((header::CONTENT_TYPE, "multipart/form-data; boundary=x"))
            .set_payload(web::Bytes::copy_from_slice(body))
            .to_http_parts();
        let payload = <web::Payload as actix_web::FromRequest>::from_request(&request, &mut payload);
        Upload::read(&request, payload.await.unwrap(), "audio").await
    }

    #[actix_web::test]
    async fn a_form_is_its_file_and_its_texts() {
        let upload = read(FORM).await.unwrap();
        assert_eq!(upload.file.unwrap(), &b"RIFF\r\n--\r\0"[..]);
        assert_eq!(upload.texts["text"], "Bonjour");
    }

    #[actix_web::test]
    async fn wherever_a_form_breaks_off_it_is_refused_at_once() {
        let end = FORM.len() - "\r\n".len();
        for length in 0..end {
            let refused = read(&FORM[..length]).await.err();
            assert!(
                matches!(refused, Some(ApiError::InvalidRequest(_))),
                "{length}: {refused:?}"
            );
        }
        for length in end..=FORM.len() {
            assert!(read(&FORM[..length]).await.is_ok(), "{length}");
        }
    }

    #[actix_web::test]
    async fn what_stands_before_the_first_boundary_is_no_part_of_it() {
        for before in ["\n", "\r\n", "--\n", "-\r\n\r\n", "words\r\n"] {
            let form = [before.as_bytes(), FORM].concat();
            assert_eq!(read(&form).await.unwrap().texts["text"], "Bonjour", "{before:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            bytes in prop::collection::vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'-'), Just(b'x'), any::<u8>()], 0..200),
            at in 0..FORM.len(),
        ) {
            let form = [&FORM[..at], &bytes, &FORM[at..]].concat();
            actix_web::rt::System::new().block_on(async {
                let _ = read(&bytes).await;
                let _ = read(&form).await;
            });
        }
    }

    #[test]
    fn a_form_says_what_divides_it() {
        for (content_type, is_form) in [
            ("multipart/form-data; boundary=x", true),
            ("Multipart/Form-Data; boundary=\"a b\"", true),
            ("multipart/form-data", false),
            ("multipart/form-data; boundary", false),
            ("application/json", false),
            ("", false),
        ] {
            let request = TestRequest::default().insert_header((header::CONTENT_TYPE, content_type));
            assert_eq!(
                boundary(&request.to_http_request()).is_some(),
                is_form,
                "{content_type}"
            );
        }
    }
}
