//! The one place where errors become HTTP, in the shape of the [`face`] that was asked.

use actix_web::http::header::{self, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpResponse, ResponseError};
use colloquy_agents::language::Language;
use serde_json::{Map, Value, json};

use super::{face, request};
use crate::accounts::{AccountError, MissingScope};
use crate::audio::{DecodeError, UPLOAD_LIMIT};
use crate::calls::CallsError;
use crate::conversations::ConversationError;
use crate::live::exchange::ExchangeError;
use crate::oauth::OAuthError;
use crate::presence::fleet::FleetError;
use crate::sessions::SessionError;
use crate::storage::StorageError;

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No credential, or not a valid one.
    #[error("A valid Bearer token or API key is needed")]
    Unauthorized,
    /// The credential is good, but not for this.
    #[error("This credential lacks the scope '{0}'")]
    MissingScope(&'static str),
    /// The credential is good, but this person may not do that.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Nothing there, or nothing that this person may know of.
    #[error("Not found: {0}")]
    NotFound(&'static str),
    /// The path is right, the method is not.
    #[error("This path does not answer that method")]
    MethodNotAllowed(Vec<Method>),
    /// The request makes no sense.
    #[error("{0}")]
    InvalidRequest(String),
    /// A value that is not allowed.
    #[error("'{field}' {reason}")]
    InvalidField {
        /// Which value.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The language can't be practised.
    #[error("The specified language '{0}' is not supported")]
    InvalidLanguage(String),
    /// What was uploaded is no speech that can be heard.
    #[error("{0}")]
    InvalidAudio(String),
    /// The body is too large.
    #[error("The body is larger than {0} bytes")]
    TooLarge(usize),
    /// A body of another kind than is read here.
    #[error("{0}")]
    UnsupportedMediaType(String),
    /// It can be read, but nothing can be done with it.
    #[error("{0}")]
    Unprocessable(String),
    /// What the request supposes does not hold (412), or it must suppose something (428).
    #[error("{1}")]
    Precondition(StatusCode, String),
    /// Too many requests for now.
    #[error("Too many requests; please try again in {retry_after} s")]
    RateLimited {
        /// Seconds after which to try again.
        retry_after: u64,
    },
    /// It is being done already, or was meant for something else.
    #[error("{0}")]
    Conflict(String),
    /// It says the same as another request that meant something else.
    #[error("{0}")]
    Misused(String),
    /// The body came too slowly.
    #[error("The body took too long to arrive")]
    TooSlow,
    /// The call is held by another node, and only that one can do it.
    #[error("The call of this conversation is held by another node")]
    Elsewhere,
    /// No room for one more call.
    #[error("{reason}")]
    Full {
        /// Why.
        reason: String,
        /// Seconds after which to try again.
        retry_after: u32,
    },
    /// The conversation is over.
    #[error("The conversation has ended or expired")]
    ConversationExpired,
    /// An application gets no token (RFC 6749 section 5.2).
    #[error("{description}")]
    OAuth {
        /// What programs read.
        code: &'static str,
        /// What people read.
        description: String,
    },
    /// The database is away.
    #[error("The service is unavailable for the moment; please try again")]
    Unavailable,
    /// Our fault.
    #[error("Something went wrong on our side")]
    Internal,
    /// The same, in the words of the document.
    #[error("{0}")]
    Failed(&'static str),
}

/// The OAuth error that is a matter of authentication.
const INVALID_CLIENT: &str = "invalid_client";

impl ApiError {
    /// The code that programs read.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "UNAUTHORIZED",
            Self::MissingScope(_) | Self::Forbidden(_) => "FORBIDDEN",
            Self::NotFound(_) => "NOT_FOUND",
            Self::MethodNotAllowed(_) => "METHOD_NOT_ALLOWED",
            Self::InvalidRequest(_) | Self::InvalidField { .. } => "INVALID_REQUEST",
            Self::InvalidLanguage(_) => "INVALID_LANGUAGE",
            Self::InvalidAudio(_) => "INVALID_AUDIO",
            Self::TooLarge(_) => "PAYLOAD_TOO_LARGE",
            Self::UnsupportedMediaType(_) => "UNSUPPORTED_MEDIA_TYPE",
            Self::Unprocessable(_) => "UNPROCESSABLE_OFFER",
            Self::Precondition(StatusCode::PRECONDITION_REQUIRED, _) => "PRECONDITION_REQUIRED",
            Self::Precondition(..) => "PRECONDITION_FAILED",
            Self::RateLimited { .. } => "RATE_LIMITED",
            Self::Conflict(_) => "CONFLICT",
            Self::Misused(_) => "IDEMPOTENCY_KEY_REUSED",
            Self::TooSlow => "REQUEST_TIMEOUT",
            Self::Elsewhere => "HELD_ELSEWHERE",
            Self::ConversationExpired => "CONVERSATION_EXPIRED",
            Self::OAuth { .. } => "OAUTH_ERROR",
            Self::Unavailable | Self::Full { .. } => "SERVICE_UNAVAILABLE",
            Self::Internal | Self::Failed(_) => "INTERNAL_ERROR",
        }
    }

    /// The code of RFC 6749 section 5.2 or RFC 6750 section 3.1 that comes nearest.
    pub fn oauth_code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "invalid_token",
            Self::MissingScope(_) => "insufficient_scope",
            Self::Forbidden(_) => "access_denied",
            Self::Unavailable | Self::Full { .. } | Self::RateLimited { .. } => "temporarily_unavailable",
            Self::Internal | Self::Failed(_) => "server_error",
            Self::OAuth { code, .. } => code,
            _ => "invalid_request",
        }
    }

    /// What programs may want to know beside the code.
    pub(super) fn details(&self) -> Value {
        match self {
            Self::MissingScope(scope) => json!({ "required_scope": scope }),
            Self::InvalidField { field, reason } => json!({ "field": field, "reason": reason }),
            Self::InvalidLanguage(language) => json!({
                "supported_languages": Language::ALL.map(Language::name),
                "provided_language": language,
            }),
            Self::MethodNotAllowed(allowed) => {
                json!({ "allowed_methods": allowed.iter().map(Method::as_str).collect::<Vec<_>>() })
            }
            Self::TooLarge(limit) => json!({ "limit_bytes": limit }),
            Self::RateLimited { retry_after } => json!({ "retry_after": retry_after }),
            _ => Value::Object(Map::new()),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::MissingScope(_) | Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::InvalidRequest(_) | Self::InvalidField { .. } | Self::InvalidLanguage(_) | Self::InvalidAudio(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Precondition(status, _) => *status,
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Misused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Elsewhere => StatusCode::MISDIRECTED_REQUEST,
            Self::ConversationExpired => StatusCode::GONE,
            Self::OAuth {
                code: INVALID_CLIENT, ..
            } => StatusCode::UNAUTHORIZED,
            Self::OAuth { .. } => StatusCode::BAD_REQUEST,
            Self::Unavailable | Self::Full { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal | Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::Unauthorized => {
                // RFC 6750 section 3: no reason is given to whoever has shown nothing.
                let challenge = if request::current().shows_credential {
                    "Bearer realm=\"colloquy\", error=\"invalid_token\", error_description=\"it is not, or no longer, valid\""
                } else {
                    "Bearer realm=\"colloquy\""
                };
                response.insert_header((header::WWW_AUTHENTICATE, challenge));
            }
            Self::MissingScope(scope) => {
                let challenge = format!("Bearer realm=\"colloquy\", error=\"insufficient_scope\", scope=\"{scope}\"");
                response.insert_header((header::WWW_AUTHENTICATE, challenge));
            }
            Self::MethodNotAllowed(allowed) => {
                let names: Vec<&str> = allowed.iter().map(Method::as_str).collect();
                if let Ok(names) = HeaderValue::from_str(&names.join(", ")) {
                    response.insert_header((header::ALLOW, names));
                }
            }
            Self::OAuth {
                code: INVALID_CLIENT, ..
            } => {
                response.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"oauth\""));
            }
            Self::Unavailable => {
                response.insert_header((header::RETRY_AFTER, "5"));
            }
            Self::RateLimited { retry_after } => {
                response.insert_header((header::RETRY_AFTER, *retry_after));
            }
            Self::Full { retry_after, .. } => {
                response.insert_header((header::RETRY_AFTER, *retry_after));
            }
            _ => {}
        }
        face::finish(response, self.status_code(), self)
    }
}

/// An error of a layer below, which may be part of a sentence there, as the sentence that people read.
pub fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

impl From<DecodeError> for ApiError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::TooLarge => Self::TooLarge(UPLOAD_LIMIT),
            other => Self::InvalidAudio(sentence(&other)),
        }
    }
}

impl From<ExchangeError> for ApiError {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Conversation(error) => error.into(),
            ExchangeError::Empty | ExchangeError::TooLong => Self::InvalidRequest(sentence(&error)),
            ExchangeError::NoRecogniser(_) => Self::InvalidAudio(sentence(&error)),
            ExchangeError::Closing => Self::Unavailable,
            ExchangeError::Elsewhere(error) => error.into(),
            ExchangeError::Unanswered | ExchangeError::TimedOut | ExchangeError::Failed(_) => {
                tracing::error!(%error, "a turn was not answered");
                Self::Internal
            }
        }
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        tracing::error!(%error, "storage failed");
        match error {
            StorageError::Unavailable(_) => Self::Unavailable,
            StorageError::Rejected(_) | StorageError::Corrupt { .. } => Self::Internal,
        }
    }
}

impl From<MissingScope> for ApiError {
    fn from(MissingScope(scope): MissingScope) -> Self {
        Self::MissingScope(scope.as_str())
    }
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::UnknownCredential => Self::Unauthorized,
            AccountError::MissingScope(missing) => missing.into(),
            AccountError::Forbidden(reason) => Self::Forbidden(reason),
            AccountError::NotFound(what) => Self::NotFound(what),
            AccountError::Conflict(reason) => Self::Conflict(sentence(&reason)),
            AccountError::Invalid(field, reason) => Self::InvalidField { field, reason },
            AccountError::Storage(error) => error.into(),
            AccountError::Files(error) => {
                tracing::error!(%error, "files of sound can't be read or removed");
                Self::Internal
            }
            AccountError::Signing(error) => {
                tracing::error!(%error, "a token can't be signed");
                Self::Internal
            }
        }
    }
}

impl From<OAuthError> for ApiError {
    fn from(error: OAuthError) -> Self {
        match error {
            OAuthError::Storage(error) => error.into(),
            OAuthError::Signing(error) => AccountError::Signing(error).into(),
            refusal => Self::OAuth {
                code: refusal.code(),
                description: refusal.to_string(),
            },
        }
    }
}

impl From<ConversationError> for ApiError {
    fn from(error: ConversationError) -> Self {
        match error {
            ConversationError::NotFound => Self::NotFound("there is no such conversation"),
            ConversationError::Ended => Self::ConversationExpired,
            ConversationError::Overlong => Self::Conflict(sentence(&error)),
            ConversationError::UnknownLanguage(language) => Self::InvalidLanguage(language),
            ConversationError::Calls(error) => error.into(),
            ConversationError::Storage(error) => error.into(),
        }
    }
}

impl From<CallsError> for ApiError {
    fn from(error: CallsError) -> Self {
        match error {
            CallsError::Elsewhere(error) => error.into(),
            CallsError::Busy => Self::Unavailable,
        }
    }
}

impl From<FleetError> for ApiError {
    fn from(error: FleetError) -> Self {
        match error {
            FleetError::NoUrl => Self::Elsewhere,
            FleetError::Away => Self::Unavailable,
        }
    }
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        match error {
            // A session that ends while it is used is as gone as any other.
            SessionError::NotFound
            | SessionError::Conversation(ConversationError::NotFound | ConversationError::Ended)
            | SessionError::Exchange(ExchangeError::Conversation(
                ConversationError::NotFound | ConversationError::Ended,
            )) => Self::NotFound("there is no such session"),
            SessionError::UnknownScenario(_)
            | SessionError::Exchange(ExchangeError::Conversation(ConversationError::Overlong)) => {
                Self::InvalidRequest(error.to_string())
            }
            SessionError::Exchange(error) => error.into(),
            SessionError::Conversation(error) => error.into(),
            SessionError::Storage(error) => error.into(),
            SessionError::Disk(error) => {
                tracing::error!(%error, "files can't be removed");
                Self::Internal
            }
        }
    }
}
