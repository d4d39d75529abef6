//! The REST calls that begin conversations, join them and end them.

use std::time::{Duration, Instant};

use reqwest::StatusCode;

use crate::api::{Api, ApiError};

/// Who callers are.
#[derive(Clone, Debug)]
pub enum Credential {
    /// Each is a guest.
    Guests,
    /// All are the holder of a token.
    Token(String),
}

/// How callers get in.
#[derive(Clone)]
pub struct Access {
    /// Makes requests.
    pub http: reqwest::Client,
    /// `http://host:port`
    pub base: String,
    /// What conversations are about.
    pub topic: String,
    /// Their language, by its English name.
    pub language: String,
    /// As whom.
    pub credential: Credential,
}

/// A call that was let in.
pub(super) struct Entered {
    pub api: Api,
    pub conversation: String,
    pub answer: String,
    pub location: String,
    /// When the offer was posted.
    pub offered: Instant,
}

/// Why one was not.
#[derive(Debug)]
pub(super) enum Shut {
    /// The server has no room.
    Refused {
        took: Duration,
        retry_after: Option<Duration>,
    },
    /// Something failed.
    Failed(String),
}

impl Access {
    /// Somebody's access: what they have, or a new guest's.
    pub(super) async fn api(&self, own: Option<Api>) -> Result<Api, Shut> {
        match (own, &self.credential) {
            (Some(api), _) => Ok(api),
            (None, Credential::Token(token)) => Ok(Api::with_token(self.http.clone(), &self.base, token)),
            (None, Credential::Guests) => timed(Api::guest(self.http.clone(), &self.base)).await,
        }
    }

    /// Joins a conversation by WHIP: this one, or a new one.
    pub(super) async fn enter(
        &self,
        own: Option<Api>,
        conversation: Option<String>,
        offer: String,
    ) -> Result<Entered, Shut> {
        let api = self.api(own).await?;
        let conversation = match conversation {
            Some(conversation) => conversation,
            None => timed(api.create_conversation(&self.topic, &self.language)).await?,
        };
        let offered = Instant::now();
        let joined = timed(api.join(&conversation, offer)).await?;
        Ok(Entered {
            api,
            conversation,
            answer: joined.sdp,
            location: joined.location,
            offered,
        })
    }

    /// Leaves a call and ends its conversation.
    pub(super) async fn end(&self, api: &Api, conversation: &str, location: &str) -> Result<(), Shut> {
        timed(api.leave(location)).await?;
        timed(api.end(conversation)).await.map(drop)
    }
}

/// Makes a request; a 503 is a refusal that took so long.
pub(super) async fn timed<T>(request: impl Future<Output = Result<T, ApiError>>) -> Result<T, Shut> {
    let asked = Instant::now();
    request.await.map_err(|error| match error {
        ApiError::Status {
            status: StatusCode::SERVICE_UNAVAILABLE,
            retry_after,
            ..
        } => Shut::Refused {
            took: asked.elapsed(),
            retry_after,
        },
        other => Shut::Failed(without_ids(&other.to_string())),
    })
}

/// What failed, so that the same failure of others reads the same: parts of paths that are ids are left out.
fn without_ids(text: &str) -> String {
    let is_id = |part: &str| part.len() >= 16 && part.chars().any(|letter| letter.is_ascii_digit());
    let parts = text.split('/').map(|part| match part.split_once([':', ' ', '"']) {
        Some((first, _)) if is_id(first) => part.replacen(first, "…", 1),
        None if is_id(part) => "…".to_owned(),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_a_kind_read_the_same() {
        let of = |id: &str| without_ids(&format!("/v1/conversations/{id}/whip: 429: {{\"error\"}}"));
        assert_eq!(of("conv_0193a8f0c4d27b3a"), of("conv_0193a8f0c4d27b3b"));
        assert_eq!(
            of("conv_0193a8f0c4d27b3a"),
            "/v1/conversations/…/whip: 429: {\"error\"}"
        );
        assert_eq!(without_ids("/v1/guests: 500: x"), "/v1/guests: 500: x");
    }
}
