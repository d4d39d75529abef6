//! OAuth 2.0, and the pages on which people sign in.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::endpoint::{Endpoint, HTML, get, one, page, post};
use super::values;
use crate::clock::Timestamp;

const OAUTH: &str = "OAuth 2.0";
const PAGES: &str = "Pages";

/// What is exchanged for tokens. A confidential client shows its secret here, or by HTTP Basic. What is empty counts as left out
/// (RFC 6749 section 3.1).
#[derive(Serialize, ToSchema)]
#[serde(tag = "grant_type", rename_all = "snake_case")]
enum TokenRequest {
    /// A code.
    AuthorizationCode {
        client_id: Option<String>,
        client_secret: Option<String>,
        #[schema(min_length = 1)]
        code: String,
        /// The same that the code was asked for with.
        #[schema(min_length = 1)]
        redirect_uri: String,
        /// What the code_challenge was made from (RFC 7636).
        #[schema(min_length = 1)]
        code_verifier: String,
    },
    /// A refresh token; it is void afterwards.
    RefreshToken {
        client_id: Option<String>,
        client_secret: Option<String>,
        #[schema(min_length = 1)]
        refresh_token: String,
        /// Fewer than were allowed.
        scope: Option<String>,
    },
}

/// Tokens.
#[derive(ToSchema)]
struct Tokens {
    access_token: String,
    refresh_token: String,
    #[schema(pattern = "^Bearer$")]
    token_type: String,
    /// Seconds.
    expires_in: u64,
    /// With spaces between.
    scope: String,
}

/// A token that something shall be done with.
#[derive(ToSchema)]
struct TokenName {
    client_id: Option<String>,
    client_secret: Option<String>,
    #[schema(min_length = 1)]
    token: String,
    /// Not needed.
    token_type_hint: Option<String>,
}

/// What is known of a token (RFC 7662).
#[derive(ToSchema)]
struct Introspection {
    active: bool,
    scope: Option<String>,
    client_id: Option<String>,
    sub: Option<String>,
    exp: Option<i64>,
    iat: Option<i64>,
    iss: Option<String>,
    token_type: Option<String>,
}

/// Public keys (RFC 7517).
#[derive(ToSchema)]
struct Keys {
    keys: Vec<Key>,
}

/// A public key.
#[derive(ToSchema)]
struct Key {
    kty: String,
    kid: String,
    alg: String,
    r#use: String,
    n: String,
    e: String,
}

/// What other programs should know (RFC 8414).
#[derive(ToSchema)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    revocation_endpoint: String,
    introspection_endpoint: String,
    jwks_uri: String,
    scopes_supported: Vec<String>,
    response_types_supported: Vec<String>,
    response_modes_supported: Vec<String>,
    grant_types_supported: Vec<String>,
    code_challenge_methods_supported: Vec<String>,
    token_endpoint_auth_methods_supported: Vec<String>,
    revocation_endpoint_auth_methods_supported: Vec<String>,
    introspection_endpoint_auth_methods_supported: Vec<String>,
    authorization_response_iss_parameter_supported: bool,
}

/// An answer to a page's form.
#[derive(ToSchema)]
struct SignIn {
    /// What the page's form carries.
    form_token: String,
    #[schema(max_length = 254)]
    email: String,
    #[schema(max_length = 1000)]
    password: String,
    /// A path of this server.
    return_to: Option<String>,
    /// A guest who becomes the user.
    guest_token: Option<String>,
}

/// An answer to the form that makes an account.
#[derive(ToSchema)]
struct SignUp {
    form_token: String,
    #[schema(max_length = 100)]
    name: Option<String>,
    #[schema(max_length = 254)]
    email: String,
    #[schema(min_length = 8, max_length = 1000)]
    password: String,
    return_to: Option<String>,
    guest_token: Option<String>,
}

/// The form of the page to choose another password.
#[derive(ToSchema)]
struct ReplacePassword {
    form_token: Option<String>,
    password: Option<String>,
    new_password: Option<String>,
}

/// An answer to the form of signing out.
#[derive(ToSchema)]
struct SignOut {
    form_token: String,
}

/// Whether an application is let in.
#[derive(ToSchema)]
struct Decision {
    form_token: String,
    /// The query of `/oauth/authorize`.
    request: String,
    /// `allow`, or anything else.
    decision: String,
}

/// Who is signed in.
#[derive(ToSchema)]
struct SignedIn {
    signed_in: bool,
    #[schema(nullable = false)]
    signed_in_at: Option<Timestamp>,
    /// What `POST /session/token` is asked with.
    #[schema(nullable = false)]
    csrf_token: Option<String>,
    #[schema(nullable = false)]
    user: Option<SignedInUser>,
}

/// Somebody who is signed in.
#[derive(ToSchema)]
struct SignedInUser {
    id: String,
    name: String,
    #[schema(required)]
    email: Option<String>,
    role: String,
}

/// What a page of this server needs a token for.
#[derive(ToSchema)]
struct PageTokenRequest {
    #[schema(schema_with = scopes)]
    scopes: Option<Vec<String>>,
}

fn scopes() -> RefOr<Schema> {
    values::or_null(values::scopes())
}

/// A token for the scripts of a page.
#[derive(ToSchema)]
struct PageToken {
    access_token: String,
    token_type: String,
    expires_in: u64,
    scope: String,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let mut endpoints = protocol();
    endpoints.extend(pages());
    endpoints
}

fn protocol() -> Vec<Endpoint> {
    let endpoints = vec![
        get("/oauth/authorize", "authorize", "Authorization Request")
            .about(
                "For browsers: asks whoever is signed in, and sends them back to the application with a code that is good \
                 for 60 s (RFC 6749 section 4.1.1, RFC 7636). Without PKCE by S256 it is refused.",
            )
            .needed_query("client_id", values::id("your_client_id"), "The application.")
            .needed_query("redirect_uri", values::redirect_uri(), "One that the application has registered.")
            .needed_query("response_type", values::choice(&["code"]), "Always `code`.")
            .query("scope", values::text(200), "With commas or spaces between; without it, all that the application may ask for.")
            .query("state", values::visible(1, 500), "Comes back unchanged.")
            .needed_query("code_challenge", values::visible(43, 43), "The SHA-256 of the verifier in base64url.")
            .needed_query("code_challenge_method", values::choice(&["S256"]), "Always `S256`.")
            .answers_of(200, "The page that asks.", HTML, page())
            .answers_with(302, "Back to the application.", &[("Location", "Its redirect_uri, with the answer.")])
            .answers_with(303, "To sign in first.", &[("Location", "The page to sign in.")])
            .answers_of(400, "There is no such application, or nowhere to send the answer to.", HTML, page()),
        post("/oauth/token", "exchangeToken", "Token Exchange")
            .about("A code (RFC 6749 section 4.1.3) or a refresh token (section 6) for new tokens.")
            .takes::<TokenRequest>(json!({
                "grant_type": "authorization_code",
                "client_id": "your_client_id",
                "code": "authorization_code_from_step_1",
                "redirect_uri": "https://yourapp.com/callback",
                "code_verifier": "original_code_verifier"
            }))
            .takes_form::<TokenRequest>()
            .answers::<Tokens>(200, "The tokens.", json!({
                "access_token": "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9...",
                "refresh_token": "def50200a54b5c2d4e6f8g9h0i1j2k3l4m5n6o7p8q9r0s1t2u3v4w5x6y7z8a9b0c1d2e3f4g5h6i7j8k9l0m1",
                "token_type": "Bearer",
                "expires_in": 3600,
                "scope": "read_profile manage_conversations read_progress"
            }))
            .refuses(&[401]),
        post("/oauth/revoke", "revokeToken", "Revoke a token (RFC 7009)")
            .takes::<TokenName>(json!({ "client_id": "your_client_id", "token": "def50200a54b5c2d4e6f8g9h" }))
            .takes_form::<TokenName>()
            .answers_nothing(200, "It is void, if it ever was one.")
            .refuses(&[401]),
        post("/oauth/introspect", "introspectToken", "Ask about a token (RFC 7662)")
            .about("For clients that have a secret, about their own tokens.")
            .takes::<TokenName>(json!({
                "client_id": "your_client_id",
                "client_secret": "your_client_secret",
                "token": "def50200a54b5c2d4e6f8g9h"
            }))
            .takes_form::<TokenName>()
            .answers::<Introspection>(200, "What is known of it.", json!({ "active": false }))
            .refuses(&[401]),
        get("/oauth/jwks", "getKeys", "The keys that check access tokens").answers::<Keys>(200, "The keys.", json!({
            "keys": [{ "kty": "RSA", "kid": "2024-03", "alg": "RS256", "use": "sig", "n": "...", "e": "AQAB" }]
        })),
        get("/.well-known/oauth-authorization-server", "describeAuthorizationServer", "What clients should know (RFC 8414)")
            .answers::<Metadata>(200, "The metadata.", metadata()),
    ];
    endpoints.into_iter().map(|endpoint| endpoint.tag(OAUTH)).collect()
}

fn pages() -> Vec<Endpoint> {
    let form = |endpoint: Endpoint| {
        endpoint
            .about("Forms are taken from the pages of this server alone: they carry a token that goes with a cookie.")
            .answers_of(400, "The page again, with what is wrong.", HTML, page())
            .answers_of(
                403,
                "The form did not come from the page, or that was not the password.",
                HTML,
                page(),
            )
            .answers_of(413, "The form is too large.", HTML, page())
    };
    let endpoints = vec![
        get("/login", "showSignIn", "The page to sign in")
            .query(
                "return_to",
                values::any_text(),
                "A path of this server; whatever else there is means the page itself.",
            )
            .answers_of(200, "The page.", HTML, page()),
        form(post("/login", "signIn", "Sign in").takes_form::<SignIn>()).answers_with(
            303,
            "They are in.",
            &[("Location", "Where they wanted to go.")],
        ),
        get("/logout", "showSignOut", "The page to sign out")
            .answers_of(200, "The page.", HTML, page())
            .answers_with(303, "Nobody is signed in.", &[("Location", "The page to sign in.")]),
        form(post("/logout", "signOut", "Sign out").takes_form::<SignOut>()).answers_with(
            303,
            "They are out.",
            &[("Location", "The page to sign in.")],
        ),
        get("/password", "showPassword", "The page to choose another password")
            .answers_of(200, "The page.", HTML, page())
            .answers_with(303, "Nobody is signed in.", &[("Location", "The page to sign in.")]),
        form(post("/password", "replacePassword", "Choose another password").takes_form::<ReplacePassword>())
            .answers_with(303, "It is changed.", &[("Location", "The settings.")]),
        get("/signup", "showSignUp", "The page to make an account")
            .query(
                "return_to",
                values::any_text(),
                "A path of this server; whatever else there is means the page itself.",
            )
            .answers_of(200, "The page.", HTML, page()),
        form(post("/signup", "signUp", "Make an account").takes_form::<SignUp>())
            .answers_with(303, "They are in.", &[("Location", "Where they wanted to go.")])
            .answers_of(409, "There is an account of that address.", HTML, page()),
        form(post("/consent", "consent", "Let an application in, or not").takes_form::<Decision>())
            .answers_with(
                302,
                "Back to the application.",
                &[("Location", "Its redirect_uri, with the answer.")],
            )
            .answers_with(303, "To sign in first.", &[("Location", "The page to sign in.")]),
        get(
            "/session",
            "getSession",
            "Who is signed in, for the scripts of this server's pages",
        )
        .answers::<SignedIn>(200, "Who it is.", json!({ "signed_in": false }))
        .refuses(&[403]),
        post(
            "/session/token",
            "createPageToken",
            "A token for the scripts of this server's pages",
        )
        .header(
            "X-CSRF-Token",
            values::visible(1, 200),
            "The csrf_token of `GET /session`.",
        )
        .may_take::<PageTokenRequest>(one("scopes", "read_profile"))
        .answers::<PageToken>(
            200,
            "The token.",
            json!({
                "access_token": "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9...",
                "token_type": "Bearer",
                "expires_in": 600,
                "scope": "read_profile"
            }),
        )
        .refuses(&[401, 403]),
    ];
    endpoints.into_iter().map(|endpoint| endpoint.tag(PAGES)).collect()
}

fn metadata() -> Value {
    crate::oauth::metadata::document("https://api.linguaai.com")
}
