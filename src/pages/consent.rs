//! To let an application in: `/oauth/authorize` (RFC 6749 section 4.1.1).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use url::form_urlencoded;

use super::login::{name_of, with_cookie};
use super::visitor::Visitor;
use super::{FORM_LIMIT, POLICY, PageError, message, page, redirect};
use crate::accounts::browser::BrowserSession;
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;
use crate::oauth::authorization::{AuthorizationRequest, Refusal};
use crate::oauth::parameters::Parameters;
use crate::oauth::redirect_uri;
use crate::rest::body::whole;
use crate::rest::{Services, origin};
use crate::storage::StorageError;

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    form_token: String,
    /// The query of the request, to be checked again when the answer comes.
    request: &'a str,
    return_to: String,
    client: &'a str,
    who: &'a str,
    permissions: Vec<&'static str>,
    destination: String,
}

/// `GET /oauth/authorize`: asks the person, once they are signed in.
pub async fn show(request: HttpRequest, services: web::Data<Services>) -> Result<HttpResponse, PageError> {
    let query = request.query_string();
    let understood = understood(&services, query).await?;
    if let Err(Refusal::Shown(reason)) = understood {
        return Ok(no_such_link(reason));
    }
    let visitor = Visitor::of(&request, &services).await?;
    // Nobody is sent on from here, not even with an error, before they have signed in (RFC 9700 section 4.11.2).
    let Some(session) = &visitor.session else {
        return Ok(sign_in_first(query));
    };
    let asked = match understood {
        Ok(asked) => asked,
        Err(refusal) => return Ok(refuse(&request, refusal)),
    };
    Ok(ask(&visitor, session, &asked, query))
}

/// `POST /consent`: sends the person back with a code, or without.
pub async fn decide(
    request: HttpRequest,
    services: web::Data<Services>,
    body: web::Payload,
) -> Result<HttpResponse, PageError> {
    let form = Parameters::of_query(&whole(body, FORM_LIMIT).await?);
    let query = form.value("request").unwrap_or_default();
    let visitor = Visitor::of(&request, &services).await?;
    visitor.check_form(&request, form.value("form_token"))?;
    let Some(session) = &visitor.session else {
        return Ok(sign_in_first(query));
    };
    let asked = match understood(&services, query).await? {
        Ok(asked) => asked,
        Err(refusal) => return Ok(refuse(&request, refusal)),
    };
    let issuer = origin::of(&request);
    let location = if form.value("decision") == Some("allow") {
        match services.oauth.allow(&asked, session, Timestamp::now()).await? {
            Ok(code) => asked.answer(&code, &issuer),
            Err(refusal) => refusal.location(&issuer),
        }
    } else {
        asked
            .refused("access_denied", "the person did not let the client in")
            .location(&issuer)
    };
    Ok(redirect(StatusCode::FOUND, &location).finish())
}

async fn understood(services: &Services, query: &str) -> Result<Result<AuthorizationRequest, Refusal>, StorageError> {
    let parameters = Parameters::of_query(query.as_bytes());
    let client = match AuthorizationRequest::client_id(&parameters) {
        Some(id) => services.oauth.client(&id).await?,
        None => None,
    };
    Ok(AuthorizationRequest::check(&parameters, client))
}

fn refuse(request: &HttpRequest, refusal: Refusal) -> HttpResponse {
    match refusal {
        Refusal::Shown(reason) => no_such_link(reason),
        Refusal::Redirected(redirected) => {
            redirect(StatusCode::FOUND, &redirected.location(&origin::of(request))).finish()
        }
    }
}

fn no_such_link(reason: &str) -> HttpResponse {
    message(StatusCode::BAD_REQUEST, "This link does not work", reason)
}

fn sign_in_first(query: &str) -> HttpResponse {
    let back: String = form_urlencoded::byte_serialize(here(query).as_bytes()).collect();
    redirect(StatusCode::SEE_OTHER, &format!("/login?return_to={back}")).finish()
}

fn here(query: &str) -> String {
    format!("/oauth/authorize?{query}")
}

fn ask(visitor: &Visitor, session: &BrowserSession, asked: &AuthorizationRequest, query: &str) -> HttpResponse {
    let source = redirect_uri::source(&asked.redirect_uri).unwrap_or_default();
    let template = Consent {
        form_token: visitor.form_token(),
        request: query,
        return_to: here(query),
        client: &asked.client.name,
        who: name_of(&session.user),
        permissions: asked.scopes.iter().map(permission).collect(),
        destination: source.trim_end_matches(':').to_owned(),
    };
    // The form ends where the client is: browsers hold redirects against form-action, too.
    let policy = format!("{POLICY} {source}");
    with_cookie(page(HttpResponse::Ok(), &policy, &template), visitor.new_cookie())
}

/// What a scope means, after "asks to".
fn permission(scope: Scope) -> &'static str {
    match scope {
        Scope::ReadProfile => "see your profile, and see and change your preferences",
        Scope::ManageConversations => "hold conversations in your name, and read those you had",
        Scope::ReadProgress => "see your progress, your achievements and your place on leaderboards",
        Scope::Admin => "manage this server and everyone's accounts",
    }
}
