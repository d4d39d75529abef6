//! Whoever looks at a page: their cookie, who is signed in with it, and the token that every form carries, so that nobody
//! else's page can send one.

use actix_web::cookie::{Cookie, SameSite, time};
use actix_web::{HttpRequest, web};

use super::PageError;
use crate::accounts::browser::{BrowserSession, SESSION_LIFETIME};
use crate::accounts::opaque;
use crate::clock::Timestamp;
use crate::config::Secret;
use crate::rest::error::ApiError;
use crate::rest::{Services, origin};
use crate::storage::StorageError;

/// Someone with a browser.
pub struct Visitor {
    cookie: Secret,
    is_new: bool,
    is_secure: bool,
    /// Who is signed in.
    pub session: Option<BrowserSession>,
}

/// The cookie's name where there is no https.
const NAME: &str = "colloquy_session";
/// Where there is: browsers take it only from this very host (RFC 6265bis section 4.1.3.2).
const SECURE_NAME: &str = "__Host-colloquy_session";

impl Visitor {
    /// Whoever sent a request; those who have no cookie get one.
    ///
    /// # Errors
    /// When nobody could look who is signed in.
    pub async fn of(request: &HttpRequest, services: &Services) -> Result<Self, StorageError> {
        let cookie = cookie_of(request);
        let session = match &cookie {
            Some(cookie) => services.accounts.session(cookie, Timestamp::now()).await?,
            None => None,
        };
        Ok(Self {
            is_new: cookie.is_none(),
            cookie: Secret::new(cookie.unwrap_or_else(|| opaque::random::<32>(""))),
            is_secure: origin::is_secure(request),
            session,
        })
    }

    /// What every form of this visitor carries: only who has the cookie can know it.
    pub fn form_token(&self) -> String {
        opaque::hash(&format!("form token of {}", self.cookie.expose()))
    }

    /// Refuses forms that did not come from a page of this visitor.
    ///
    /// # Errors
    /// A page that asks to try again.
    pub fn check_form(&self, request: &HttpRequest, token: Option<&str>) -> Result<(), PageError> {
        let is_right = !self.is_new && token.is_some_and(|token| opaque::is_same(token, &self.form_token()));
        if is_right && origin::is_own(request) {
            Ok(())
        } else {
            let reason = "This form was not sent from a page of ours, or that page was open for too long. \
                          Please go back, reload it and try again. Cookies must be allowed.";
            Err(ApiError::Forbidden(reason).into())
        }
    }

    /// The cookie to be set, for those who have none.
    pub fn new_cookie(&self) -> Option<Cookie<'static>> {
        self.is_new.then(|| self.cookie(self.cookie.expose().to_owned(), None))
    }

    /// The cookie of a browser that has just signed in.
    pub fn session_cookie(&self, value: &Secret) -> Cookie<'static> {
        let lifetime = i64::try_from(SESSION_LIFETIME.as_secs()).unwrap_or(i64::MAX);
        self.cookie(value.expose().to_owned(), Some(time::Duration::seconds(lifetime)))
    }

    /// What takes the cookie away.
    pub fn no_cookie(&self) -> Cookie<'static> {
        self.cookie(String::new(), Some(time::Duration::ZERO))
    }

    fn cookie(&self, value: String, lifetime: Option<time::Duration>) -> Cookie<'static> {
        let mut cookie = Cookie::build(if self.is_secure { SECURE_NAME } else { NAME }, value)
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_secure)
            .finish();
        cookie.set_max_age(lifetime);
        cookie
    }
}

/// The value of the cookie that a request carries.
pub fn cookie_of(request: &HttpRequest) -> Option<String> {
    let name = if origin::is_secure(request) { SECURE_NAME } else { NAME };
    let cookie = request.cookie(name).map(|cookie| cookie.value().to_owned());
    cookie.filter(|value| (1..=200).contains(&value.len()))
}

/// Who is signed in with the cookie of a request, for paths that are no pages.
///
/// # Errors
/// 401 when nobody is.
pub async fn signed_in(
    request: &HttpRequest,
    services: &web::Data<Services>,
) -> Result<(Visitor, BrowserSession), ApiError> {
    let visitor = Visitor::of(request, services).await?;
    let session = visitor.session.clone().ok_or(ApiError::Unauthorized)?;
    Ok((visitor, session))
}
