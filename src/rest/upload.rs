//! Uploads: `multipart/form-data` with one file of sound and some short texts.

use std::collections::BTreeMap;
use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{HttpMessage, HttpRequest, web};
use bytes::BytesMut;
use futures::StreamExt;
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
/// How long a form may take. One that breaks off before its last boundary may leave its reader waiting for more.
const READING: Duration = Duration::from_secs(120);

impl Upload {
    /// Reads a body whose part `file` is sound of at most [`UPLOAD_LIMIT`] bytes.
    ///
    /// # Errors
    /// When the body is no such form, or a part is too large; the rest of it was read then.
    pub async fn read(request: &HttpRequest, payload: web::Payload, file: &'static str) -> Result<Self, ApiError> {
        if !request.content_type().eq_ignore_ascii_case("multipart/form-data") {
            drain(payload).await;
            let reason = format!("A form of the type multipart/form-data is needed, with a file named \"{file}\"");
            return Err(ApiError::InvalidRequest(reason));
        }
        if !has_boundary(request) {
            drain(payload).await;
            return Err(ApiError::InvalidRequest(
                "The body must be multipart/form-data, with a boundary".to_owned(),
            ));
        }
        let mut form = Parts {
            form: Multipart::new(request.headers(), payload),
            is_over: false,
        };
        let mut upload = Self::default();
        let read = timeout(READING, upload.fill(&mut form, file)).await;
        let Ok(read) = read else {
            return Err(ApiError::TooSlow);
        };
        if read.is_err() {
            let rest = async {
                let mut left = DRAINED;
                while let Some(Ok(mut field)) = form.next().await {
                    while let Some(Ok(chunk)) = field.next().await {
                        left = left.saturating_sub(chunk.len());
                        if left == 0 {
                            return;
                        }
                    }
                }
            };
            let _ = timeout(DRAINING, rest).await;
        }
        read.map(|()| upload)
    }

    async fn fill(&mut self, form: &mut Parts, file: &str) -> Result<(), ApiError> {
        let mut parts = 0;
        while let Some(field) = form.next().await {
            let mut field = field.map_err(|error| unreadable(&error))?;
            parts += 1;
            if parts > PARTS {
                return Err(ApiError::InvalidRequest(format!(
                    "The form has more than {PARTS} parts"
                )));
            }
            let name = field.name().unwrap_or_default().to_owned();
            let limit = if name == file { UPLOAD_LIMIT } else { TEXT_LIMIT };
            let bytes = whole(&mut field, limit).await;
            // Of a form that breaks off inside a part, there is no more to come.
            form.is_over |= matches!(bytes, Err(ApiError::InvalidRequest(_)));
            let bytes = bytes?;
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

/// The parts of a form. Its reader panics when it is asked again after its end or an error.
struct Parts {
    form: Multipart,
    is_over: bool,
}

impl Parts {
    async fn next(&mut self) -> Option<Result<Field, MultipartError>> {
        if self.is_over {
            return None;
        }
        let part = self.form.next().await;
        self.is_over = !matches!(part, Some(Ok(_)));
        part
    }
}

/// Whether a request says that its body is a form, and what divides it.
fn has_boundary(request: &HttpRequest) -> bool {
    let media_type = request.mime_type().ok().flatten();
    media_type.is_some_and(|media_type| media_type.type_() == "multipart" && media_type.get_param("boundary").is_some())
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

/// All of a part. One that is too large is read to its end all the same.
async fn whole(field: &mut Field, limit: usize) -> Result<web::Bytes, ApiError> {
    let mut bytes = BytesMut::new();
    let mut length = 0usize;
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(|error| unreadable(&error))?;
        length += chunk.len();
        if length > DRAINED {
            break;
        }
        if length <= limit {
            bytes.extend_from_slice(&chunk);
        } else {
            bytes = BytesMut::new();
        }
    }
    if length > limit {
        return Err(ApiError::TooLarge(limit));
    }
    Ok(bytes.freeze())
}

fn unreadable(error: &MultipartError) -> ApiError {
    ApiError::InvalidRequest(format!("The form can't be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header;
    use actix_web::test::TestRequest;

    #[test]
    fn a_form_says_what_divides_it() {
        for (content_type, is_form) in [
            ("multipart/form-data; boundary=x", true),
            ("multipart/form-data", false),
            ("multipart/form-data; boundary", false),
            ("application/json", false),
            ("", false),
        ] {
            let request = TestRequest::default().insert_header((header::CONTENT_TYPE, content_type));
            assert_eq!(has_boundary(&request.to_http_request()), is_form, "{content_type}");
        }
    }
}
