//! To choose another password.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::login::{TOO_OFTEN, enter, name_of};
use super::visitor::Visitor;
use super::{FORM_LIMIT, POLICY, PageError, page, redirect};
use crate::accounts::browser::PasswordError;
use crate::accounts::email::EmailAddress;
use crate::clock::Timestamp;
use crate::config::Secret;
use crate::oauth::parameters::Parameters;
use crate::rest::Services;
use crate::rest::body::whole;
use crate::rest::client::Client;
use crate::rest::error::sentence;

#[derive(Template)]
#[template(path = "password.html")]
struct Password<'a> {
    problem: Option<&'a str>,
    form_token: String,
    who: &'a str,
}

/// Where people come from, and go back to.
const SETTINGS: &str = "/settings#account";
/// To sign in, and come back here.
const SIGN_IN: &str = "/login?return_to=%2Fpassword";

/// `GET /password`
pub async fn show(request: HttpRequest, services: web::Data<Services>) -> Result<HttpResponse, PageError> {
    let visitor = Visitor::of(&request, &services).await?;
    Ok(form(&visitor, StatusCode::OK, None))
}

/// `POST /password`: all other browsers are signed out, and all applications shut out.
pub async fn submit(
    request: HttpRequest,
    client: Client,
    services: web::Data<Services>,
    body: web::Payload,
) -> Result<HttpResponse, PageError> {
    let fields = Parameters::of_query(&whole(body, FORM_LIMIT).await?);
    let visitor = Visitor::of(&request, &services).await?;
    visitor.check_form(&request, fields.value("form_token"))?;
    let Some(session) = &visitor.session else {
        return Ok(redirect(StatusCode::SEE_OTHER, SIGN_IN).finish());
    };
    let user = &session.user;
    let refuse = |status, problem: &str| Ok(form(&visitor, status, Some(problem)));
    let (Some(known), Some(password)) = (fields.value("password"), fields.value("new_password")) else {
        return refuse(
            StatusCode::BAD_REQUEST,
            "Please give your password, and the one that you want.",
        );
    };
    let place = client.network().to_string();
    if let Some(email) = user.email.as_deref().and_then(EmailAddress::parse)
        && let Err(wait) = services
            .accounts
            .throttle()
            .attempt(services.presence.sign_ins.as_ref(), &email, &place)
            .await
    {
        let mut response = refuse(StatusCode::TOO_MANY_REQUESTS, TOO_OFTEN)?;
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, (wait.as_secs() + 1).into());
        return Ok(response);
    }
    let (known, password) = (Secret::new(known), Secret::new(password));
    let replaced = services
        .accounts
        .replace_password(user, known, password, Timestamp::now())
        .await;
    match replaced {
        // Whoever has just shown who they are stays in.
        Ok(()) => enter(&services, &visitor, user, None, SETTINGS).await,
        Err(PasswordError::Storage(error)) => Err(error.into()),
        Err(error @ PasswordError::Wrong) => refuse(StatusCode::FORBIDDEN, &format!("{}.", sentence(&error))),
        Err(error @ PasswordError::Weak(_)) => refuse(StatusCode::BAD_REQUEST, &format!("{}.", sentence(&error))),
    }
}

fn form(visitor: &Visitor, status: StatusCode, problem: Option<&str>) -> HttpResponse {
    let Some(session) = &visitor.session else {
        return redirect(StatusCode::SEE_OTHER, SIGN_IN).finish();
    };
    let template = Password {
        problem,
        form_token: visitor.form_token(),
        who: name_of(&session.user),
    };
    page(HttpResponse::build(status), POLICY, &template)
}
