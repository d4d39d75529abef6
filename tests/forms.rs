//! A browser without scripts: it keeps its cookie, and fills in the forms of pages.

use std::cell::RefCell;

use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, header};
use serde_json::{Value, json};

use crate::test_server::{Answer, TestServer};

/// One browser, at one server.
pub struct Forms {
    client: Client,
    base: String,
    cookie: RefCell<Option<String>>,
}

pub const PASSWORD: &str = "correct horse battery";

impl Forms {
    /// A new browser.
    pub fn at(server: &TestServer) -> Self {
        Self {
            client: Client::builder().redirect(Policy::none()).build().unwrap(),
            base: format!("http://{}", server.running.http_addr),
            cookie: RefCell::new(None),
        }
    }

    /// A new browser in which someone has just signed up.
    pub async fn of(server: &TestServer, email: &str) -> Self {
        let forms = Self::at(server);
        let answer = forms
            .submit("/signup", &[("email", email), ("password", PASSWORD)])
            .await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        forms
    }

    /// Signs out, and in again.
    pub async fn sign_in_again(&self, email: &str) {
        let answer = self.submit("/login", &[("email", email), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
    }

    /// A request with the cookie.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &*self.cookie.borrow() {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    /// Sends a request, and keeps the cookie that comes back. It never leaves the server.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = Answer::to(request).await;
        for set in answer.headers.get_all(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            let (pair, attributes) = set.split_once(';').unwrap();
            assert!(
                attributes.contains("HttpOnly") && attributes.contains("SameSite=Lax"),
                "{set}"
            );
            assert!(attributes.contains("Path=/"), "{set}");
            let is_gone = attributes.contains("Max-Age=0");
            *self.cookie.borrow_mut() = (!is_gone).then(|| pair.to_owned());
        }
        answer
    }

    /// `GET` of a page.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Opens a page, fills in its form, and sends it where the form says.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        self.fill_in(&page, fields).await
    }

    /// Fills in the form of a page, and sends it where the form says.
    pub async fn fill_in(&self, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let action = attribute(&page.text, "action=\"");
        let mut form: Vec<(String, String)> = page
            .text
            .split("<input type=\"hidden\"")
            .skip(1)
            .map(|input| (attribute(input, "name=\""), attribute(input, "value=\"")))
            .collect();
        form.extend(
            fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        self.send(self.request(Method::POST, &action).form(&form)).await
    }

    /// A token as the scripts of our own pages get it.
    pub async fn token(&self, body: &Value) -> Answer {
        let session = self.get("/session").await.json();
        let csrf = session["csrf_token"].as_str().unwrap_or_default().to_owned();
        let request = self
            .request(Method::POST, "/session/token")
            .header("x-csrf-token", csrf);
        self.send(request.json(body)).await
    }

    /// The same with the personal scopes; only the token.
    pub async fn bearer(&self) -> String {
        let answer = self.token(&json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }
}

/// What stands between `before` and the next quote, with its entities read.
fn attribute(html: &str, before: &str) -> String {
    let rest = html
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {html}"))
        .1;
    let text = rest.split_once('"').unwrap().0;
    text.replace("&#38;", "&")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}
