//! JSON bodies, with errors of our own shape.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, web};
use bytes::BytesMut;
use futures::{Stream, StreamExt};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::BODY_LIMIT;
use super::error::ApiError;

/// A JSON body, whatever its Content-Type says. None at all is read as `{}`.
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            let bytes = bytes.await.map_err(|error| match error.as_error() {
                Some(PayloadError::Overflow) => ApiError::TooLarge(BODY_LIMIT),
                _ if is_timeout(&error) => ApiError::TooSlow,
                _ => ApiError::InvalidRequest(format!("The body can't be read: {error}")),
            })?;
            parse(&bytes).map(Self)
        })
    }
}

/// The whole of a body of at most `limit` bytes.
///
/// # Errors
/// When it is longer, comes too slowly, or breaks off.
pub async fn whole(
    mut body: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin,
    limit: usize,
) -> Result<Bytes, ApiError> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| match error {
            PayloadError::Io(error) if error.kind() == io::ErrorKind::TimedOut => ApiError::TooSlow,
            error => ApiError::InvalidRequest(format!("The body can't be read: {error}")),
        })?;
        if bytes.len() + chunk.len() > limit {
            return Err(ApiError::TooLarge(limit));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// A JSON body of at most `limit` bytes, for those that are larger than others.
///
/// # Errors
/// As of [`whole`], and when it does not fit. What is too long is read all the same, so that the answer is heard: a connection
/// that is closed while its peer still writes takes the answer with it.
pub async fn json_within<T: DeserializeOwned>(mut body: web::Payload, limit: usize) -> Result<T, ApiError> {
    let bytes = whole(&mut body, limit).await;
    if let Err(ApiError::TooLarge(_)) = bytes {
        let rest = async {
            let mut left = DRAINED;
            while let Some(Ok(chunk)) = body.next().await {
                left = left.saturating_sub(chunk.len());
                if left == 0 {
                    return;
                }
            }
        };
        let _ = timeout(DRAINING, rest).await;
    }
    parse(&bytes?)
}

/// What is read of a body that is refused.
const DRAINED: usize = 64 * 1024 * 1024;
/// How long that may take.
const DRAINING: Duration = Duration::from_secs(10);

/// Whether a body came too slowly.
fn is_timeout(error: &actix_web::Error) -> bool {
    match error.as_error() {
        Some(PayloadError::Io(error)) => error.kind() == io::ErrorKind::TimedOut,
        _ => false,
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    // A list would be read as the fields in their order.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(ApiError::InvalidRequest(
            "The body does not fit: it must be an object".to_owned(),
        ));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let what = if error.is_data() { "does not fit" } else { "is not JSON" };
        ApiError::InvalidRequest(format!("The body {what}: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Named {
        name: Option<String>,
    }

    #[tokio::test]
    async fn a_body_is_read_whole_or_its_reader_is_told_why_not() {
        let chunks = |last: Result<&'static [u8], io::ErrorKind>| {
            let last = last
                .map(Bytes::from_static)
                .map_err(|kind| PayloadError::Io(kind.into()));
            futures::stream::iter([Ok(Bytes::from_static(b"{}")), last])
        };
        assert_eq!(whole(chunks(Ok(b" ")), 3).await.unwrap(), "{} ");
        assert!(matches!(whole(chunks(Ok(b"  ")), 3).await, Err(ApiError::TooLarge(3))));
        let slow = whole(chunks(Err(io::ErrorKind::TimedOut)), 3).await;
        assert!(matches!(slow, Err(ApiError::TooSlow)));
        let broken = whole(chunks(Err(io::ErrorKind::ConnectionReset)), 3).await;
        assert!(matches!(broken, Err(ApiError::InvalidRequest(_))));
    }

    #[tokio::test]
    async fn large_json_that_comes_too_slowly_is_told_so() {
        let slow = futures::stream::iter([Err(PayloadError::Io(io::ErrorKind::TimedOut.into()))]);
        let slow = Payload::from(Box::pin(slow) as Pin<Box<dyn Stream<Item = _>>>);
        let mut request = actix_web::test::TestRequest::default().to_srv_request();
        request.set_payload(slow);
        let body = request.extract::<web::Payload>().await.unwrap();
        assert!(matches!(json_within::<Named>(body, 100).await, Err(ApiError::TooSlow)));
    }

    #[test]
    fn no_body_is_an_empty_object_and_blanks_are_no_json() {
        for body in ["", "{}", "  {}\n"] {
            assert!(parse::<Named>(body.as_bytes()).unwrap().name.is_none(), "{body:?}");
        }
        for body in [" ", "  \n"] {
            assert!(parse::<Named>(body.as_bytes()).is_err(), "{body:?}");
        }
    }

    #[test]
    fn a_list_is_no_object() {
        for body in ["[]", " [null]", "[\"Jane\"]"] {
            assert!(parse::<Named>(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn malformed_and_misfitting_bodies_say_what_is_wrong() {
        let malformed = parse::<Named>(b"{\"name\":").unwrap_err().to_string();
        assert!(malformed.contains("is not JSON"), "{malformed}");
        let misfit = parse::<Named>(b"{\"name\":1}").unwrap_err().to_string();
        assert!(misfit.contains("does not fit"), "{misfit}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = parse::<Named>(&bytes);
        }
    }
}
