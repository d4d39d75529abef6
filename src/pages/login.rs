//! To sign in and out.

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::visitor::Visitor;
use super::{FORM_LIMIT, POLICY, PageError, page, redirect, return_to};
use crate::accounts::email::EmailAddress;
use crate::clock::Timestamp;
use crate::config::Secret;
use crate::oauth::parameters::Parameters;
use crate::rest::Services;
use crate::rest::body::whole;
use crate::rest::client::Client;
use crate::storage::users::User;

#[derive(Template)]
#[template(path = "login.html")]
struct Login<'a> {
    problem: Option<&'a str>,
    form_token: String,
    return_to: &'a str,
    email: &'a str,
}

#[derive(Template)]
#[template(path = "logout.html")]
struct Logout<'a> {
    form_token: String,
    who: &'a str,
}

/// The same for an address that nobody has and for a wrong password.
const WRONG: &str = "That is not the password of that address.";

/// `GET /login`
pub async fn show(request: HttpRequest, services: web::Data<Services>) -> Result<HttpResponse, PageError> {
    let visitor = Visitor::of(&request, &services).await?;
    let query = Parameters::of_query(request.query_string().as_bytes());
    let return_to = return_to::own(query.value("return_to"));
    Ok(form(&visitor, StatusCode::OK, None, return_to, ""))
}

/// `POST /login`
pub async fn submit(
    request: HttpRequest,
    client: Client,
    services: web::Data<Services>,
    body: web::Payload,
) -> Result<HttpResponse, PageError> {
    let form = Parameters::of_query(&whole(body, FORM_LIMIT).await?);
    let visitor = Visitor::of(&request, &services).await?;
    visitor.check_form(&request, form.value("form_token"))?;
    let return_to = return_to::own(form.value("return_to"));
    let typed = form.value("email").unwrap_or_default();
    let refuse = |status, problem| Ok(self::form(&visitor, status, Some(problem), return_to, typed));
    let (Some(email), Some(password)) = (EmailAddress::parse(typed), form.value("password")) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "Please give your e-mail address and your password.",
        );
    };
    let (throttle, place) = (services.accounts.throttle(), client.network().to_string());
    let attempt = throttle.attempt(services.presence.sign_ins.as_ref(), &email, &place);
    if let Err(wait) = attempt.await {
        let mut response = refuse(StatusCode::TOO_MANY_REQUESTS, TOO_OFTEN)?;
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, (wait.as_secs() + 1).into());
        return Ok(response);
    }
    let Some(user) = services.accounts.sign_in(&email, Secret::new(password)).await? else {
        tracing::info!("someone failed to sign in");
        return refuse(StatusCode::FORBIDDEN, WRONG);
    };
    throttle.succeeded(&email, &place);
    enter(&services, &visitor, &user, form.value("guest_token"), return_to).await
}

/// `GET /logout`
pub async fn show_logout(request: HttpRequest, services: web::Data<Services>) -> Result<HttpResponse, PageError> {
    let visitor = Visitor::of(&request, &services).await?;
    let Some(session) = &visitor.session else {
        return Ok(redirect(StatusCode::SEE_OTHER, "/login").finish());
    };
    let template = Logout {
        form_token: visitor.form_token(),
        who: name_of(&session.user),
    };
    Ok(page(HttpResponse::Ok(), POLICY, &template))
}

/// `POST /logout`: the cookie and all tokens of this browser are void at once.
pub async fn logout(
    request: HttpRequest,
    services: web::Data<Services>,
    body: web::Payload,
) -> Result<HttpResponse, PageError> {
    let form = Parameters::of_query(&whole(body, FORM_LIMIT).await?);
    let visitor = Visitor::of(&request, &services).await?;
    visitor.check_form(&request, form.value("form_token"))?;
    if let Some(session) = &visitor.session {
        services.accounts.sign_out(session, Timestamp::now()).await?;
    }
    Ok(redirect(StatusCode::SEE_OTHER, "/login")
        .cookie(visitor.no_cookie())
        .finish())
}

pub(super) const TOO_OFTEN: &str = "That was tried too often. Please wait a little, then try again.";

/// Signs a browser in, with a new cookie, and sends it on. A guest that it brings along becomes the user.
pub(super) async fn enter(
    services: &Services,
    visitor: &Visitor,
    user: &User,
    guest_token: Option<&str>,
    return_to: &str,
) -> Result<HttpResponse, PageError> {
    let now = Timestamp::now();
    if let Some(session) = &visitor.session {
        services.accounts.sign_out(session, now).await?;
    }
    let cookie = services.accounts.open_session(user, now).await?;
    if let Some(token) = guest_token
        && let Some(guest) = services.accounts.guest_of(token, now)
    {
        match services.accounts.claim_guest(user, &guest, token, now).await {
            Ok(()) => services.conversations.learning().refresh(&user.id).await,
            // They are in all the same.
            Err(error) => tracing::info!(%error, user_id = %user.id, "a guest can't be claimed"),
        }
    }
    Ok(redirect(StatusCode::SEE_OTHER, return_to)
        .cookie(visitor.session_cookie(&cookie))
        .finish())
}

/// What to call a user to their face.
pub(super) fn name_of(user: &User) -> &str {
    user.email.as_deref().unwrap_or(&user.name)
}

fn form(visitor: &Visitor, status: StatusCode, problem: Option<&str>, return_to: &str, email: &str) -> HttpResponse {
    let template = Login {
        problem,
        form_token: visitor.form_token(),
        return_to,
        email,
    };
    with_cookie(
        page(HttpResponse::build(status), POLICY, &template),
        visitor.new_cookie(),
    )
}

/// The page with a cookie to be set, if there is one.
pub(super) fn with_cookie(mut page: HttpResponse, cookie: Option<Cookie<'_>>) -> HttpResponse {
    if let Some(cookie) = cookie
        && let Err(error) = page.add_cookie(&cookie)
    {
        tracing::error!(%error, "a cookie can't be set");
    }
    page
}
