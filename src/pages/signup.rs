//! To make an account.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::login::{TOO_OFTEN, enter, with_cookie};
use super::visitor::Visitor;
use super::{FORM_LIMIT, POLICY, PageError, page, return_to};
use crate::accounts::browser::SignUpError;
use crate::accounts::email::EmailAddress;
use crate::clock::Timestamp;
use crate::config::Secret;
use crate::oauth::parameters::Parameters;
use crate::rest::Services;
use crate::rest::body::whole;
use crate::rest::client::Client;
use crate::rest::text::within;

#[derive(Template)]
#[template(path = "signup.html")]
struct SignUp<'a> {
    problem: Option<&'a str>,
    form_token: String,
    return_to: &'a str,
    name: &'a str,
    email: &'a str,
}

/// Characters that a name may have.
const NAME_LIMIT: usize = 100;

/// `GET /signup`
pub async fn show(request: HttpRequest, services: web::Data<Services>) -> Result<HttpResponse, PageError> {
    let visitor = Visitor::of(&request, &services).await?;
    let query = Parameters::of_query(request.query_string().as_bytes());
    Ok(form(&visitor, StatusCode::OK, None, &query))
}

/// `POST /signup`
pub async fn submit(
    request: HttpRequest,
    client: Client,
    services: web::Data<Services>,
    body: web::Payload,
) -> Result<HttpResponse, PageError> {
    let fields = Parameters::of_query(&whole(body, FORM_LIMIT).await?);
    let visitor = Visitor::of(&request, &services).await?;
    visitor.check_form(&request, fields.value("form_token"))?;
    let refuse = |status, problem: &str| Ok(form(&visitor, status, Some(problem), &fields));
    let email = fields.value("email").and_then(EmailAddress::parse);
    let (Some(email), Some(password)) = (email, fields.value("password")) else {
        return refuse(StatusCode::BAD_REQUEST, "Please give an e-mail address and a password.");
    };
    let Ok(name) = within("name", fields.value("name").map(str::to_owned), NAME_LIMIT) else {
        return refuse(StatusCode::BAD_REQUEST, "Please give a shorter name.");
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
    let signed_up = services
        .accounts
        .sign_up(&email, name, Secret::new(password), Timestamp::now())
        .await;
    match signed_up {
        Ok(user) => {
            throttle.succeeded(&email, &place);
            let return_to = return_to::own(fields.value("return_to"));
            enter(&services, &visitor, &user, fields.value("guest_token"), return_to).await
        }
        Err(SignUpError::Storage(error)) => Err(error.into()),
        Err(error @ SignUpError::Taken) => refuse(StatusCode::CONFLICT, &sentence(&error)),
        Err(error @ SignUpError::Password(_)) => refuse(StatusCode::BAD_REQUEST, &sentence(&error)),
    }
}

fn form(visitor: &Visitor, status: StatusCode, problem: Option<&str>, fields: &Parameters) -> HttpResponse {
    let template = SignUp {
        problem,
        form_token: visitor.form_token(),
        return_to: return_to::own(fields.value("return_to")),
        name: fields.value("name").unwrap_or_default(),
        email: fields.value("email").unwrap_or_default(),
    };
    with_cookie(
        page(HttpResponse::build(status), POLICY, &template),
        visitor.new_cookie(),
    )
}

/// An error as people read it.
fn sentence(error: &SignUpError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).chain(['.']).collect()
}
