//! One endpoint, described: who may call it, what goes in, and everything that may come back.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, ContentBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Schema};

use super::errors::{self, LIMIT_HEADERS};
use super::values;
use crate::accounts::scope::Scope;
use crate::rest::face::Face;

/// An endpoint, while it is described.
pub(super) struct Endpoint {
    pub(super) method: HttpMethod,
    pub(super) path: &'static str,
    operation: Operation,
    body: Option<RequestBodyBuilder>,
    responses: BTreeMap<u16, RefOr<Response>>,
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
}

pub(super) const JSON: &str = "application/json";
pub(super) const HTML: &str = "text/html";
pub(super) const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const MULTIPART: &str = "multipart/form-data";
pub(super) const TEXT: &str = "text/plain";

/// The name of the scheme of credentials.
pub(super) const BEARER: &str = "bearer";
/// The name of the scheme that tells of scopes.
pub(super) const OAUTH: &str = "oauth2";

pub(super) fn get(path: &'static str, id: &str, summary: &str) -> Endpoint {
    Endpoint::new(HttpMethod::Get, path, id, summary)
}

pub(super) fn post(path: &'static str, id: &str, summary: &str) -> Endpoint {
    Endpoint::new(HttpMethod::Post, path, id, summary)
}

pub(super) fn put(path: &'static str, id: &str, summary: &str) -> Endpoint {
    Endpoint::new(HttpMethod::Put, path, id, summary)
}

pub(super) fn patch(path: &'static str, id: &str, summary: &str) -> Endpoint {
    Endpoint::new(HttpMethod::Patch, path, id, summary)
}

pub(super) fn delete(path: &'static str, id: &str, summary: &str) -> Endpoint {
    Endpoint::new(HttpMethod::Delete, path, id, summary)
}

pub(super) fn head(path: &'static str, id: &str, summary: &str) -> Endpoint {
    Endpoint::new(HttpMethod::Head, path, id, summary)
}

pub(super) fn options(path: &'static str, id: &str, summary: &str) -> Endpoint {
    Endpoint::new(HttpMethod::Options, path, id, summary)
}

impl Endpoint {
    fn new(method: HttpMethod, path: &'static str, id: &str, summary: &str) -> Self {
        let this = Self {
            method,
            path,
            operation: OperationBuilder::new()
                .operation_id(Some(id))
                .summary(Some(summary))
                .build(),
            body: None,
            responses: BTreeMap::new(),
            schemas: Vec::new(),
        };
        // Whatever it is, there may be too many requests, and something may be broken.
        this.refuses(&[429, 500, 503])
    }

    pub(super) fn tag(mut self, tag: &str) -> Self {
        self.operation = changed(self.operation).tag(tag).build();
        self
    }

    /// What is not said in a line.
    pub(super) fn about(mut self, text: &str) -> Self {
        self.operation = changed(self.operation).description(Some(text)).build();
        self
    }

    /// It needs a credential, whatever it is good for.
    pub(super) fn bearer(self) -> Self {
        self.scoped(&[])
    }

    /// It needs a credential that is good for all of these.
    pub(super) fn scoped(mut self, scopes: &[Scope]) -> Self {
        let names = || scopes.iter().map(|scope| scope.as_str());
        self.operation = changed(self.operation)
            .security(SecurityRequirement::new(BEARER, names()))
            .security(SecurityRequirement::new(OAUTH, names()))
            .build();
        self.refuses(if scopes.is_empty() { &[401] } else { &[401, 403] })
    }

    /// It takes a credential, and does without.
    pub(super) fn optional_bearer(mut self) -> Self {
        self.operation = changed(self.operation)
            .security(SecurityRequirement::default())
            .security(SecurityRequirement::new::<_, _, &str>(BEARER, []))
            .build();
        self.refuses(&[401])
    }

    /// A part of the path.
    pub(super) fn part(self, name: &str, schema: impl Into<RefOr<Schema>>, about: &str) -> Self {
        self.parameter(ParameterIn::Path, name, true, schema, about)
    }

    /// A parameter of the query that may be left out.
    pub(super) fn query(self, name: &str, schema: impl Into<RefOr<Schema>>, about: &str) -> Self {
        self.parameter(ParameterIn::Query, name, false, schema, about)
    }

    /// A parameter of the query that must be there.
    pub(super) fn needed_query(self, name: &str, schema: impl Into<RefOr<Schema>>, about: &str) -> Self {
        self.parameter(ParameterIn::Query, name, true, schema, about)
    }

    /// A header that may be left out.
    pub(super) fn header(self, name: &str, schema: impl Into<RefOr<Schema>>, about: &str) -> Self {
        self.parameter(ParameterIn::Header, name, false, schema, about)
    }

    /// It can be asked again with the same key, and is done once.
    pub(super) fn idempotent(self) -> Self {
        let about =
            "The request may be sent again with the same key for 24 hours; it is done once, and answered the same.";
        self.header("Idempotency-Key", values::visible(1, 255), about)
            .refuses(&[400, 409, 422])
    }

    fn parameter(
        mut self,
        place: ParameterIn,
        name: &str,
        is_required: bool,
        schema: impl Into<RefOr<Schema>>,
        about: &str,
    ) -> Self {
        let required = if is_required { Required::True } else { Required::False };
        let parameter: Parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(required)
            .description(Some(about))
            .schema(Some(schema))
            .build();
        self.operation = changed(self.operation).parameter(parameter).build();
        self
    }

    /// A JSON body that must be there.
    pub(super) fn takes<T: ToSchema>(self, example: Value) -> Self {
        self.takes_json::<T>(example, Required::True)
    }

    /// A JSON body that may be left out.
    pub(super) fn may_take<T: ToSchema>(self, example: Value) -> Self {
        self.takes_json::<T>(example, Required::False)
    }

    fn takes_json<T: ToSchema>(mut self, example: Value, required: Required) -> Self {
        let content = ContentBuilder::new()
            .schema(Some(self.named::<T>()))
            .example(Some(example));
        self.takes_content(JSON, content.build(), required)
    }

    /// A body of another kind.
    pub(super) fn takes_of(self, content_type: &str, content: impl Into<Content>) -> Self {
        self.takes_content(content_type, content.into(), Required::True)
    }

    /// The same body as a form.
    pub(super) fn takes_form<T: ToSchema>(mut self) -> Self {
        let content = Content::new(Some(self.named::<T>()));
        self.takes_content(FORM, content, Required::True)
    }

    /// A form with files.
    pub(super) fn takes_files<T: ToSchema>(mut self) -> Self {
        let content = Content::new(Some(self.named::<T>()));
        self.takes_content(MULTIPART, content, Required::True)
    }

    fn takes_content(mut self, content_type: &str, content: Content, required: Required) -> Self {
        let body = self.body.take().unwrap_or_default();
        self.body = Some(body.content(content_type, content).required(Some(required)));
        self.refuses(&[400, 408, 413])
    }

    /// It answers with JSON.
    pub(super) fn answers<T: ToSchema>(mut self, status: u16, about: &str, example: Value) -> Self {
        let content = ContentBuilder::new()
            .schema(Some(self.named::<T>()))
            .example(Some(example));
        self.answers_of(status, about, JSON, content.build())
    }

    /// It answers with something else.
    pub(super) fn answers_of(
        mut self,
        status: u16,
        about: &str,
        content_type: &str,
        content: impl Into<Content>,
    ) -> Self {
        let content = content.into();
        let response = match self.responses.remove(&status) {
            // The same status may come in several kinds.
            Some(RefOr::T(mut response)) => {
                response.content.insert(content_type.to_owned(), RefOr::T(content));
                response
            }
            _ => with_limits(ResponseBuilder::new().description(about))
                .content(content_type, content)
                .build(),
        };
        self.responses.insert(status, RefOr::T(response));
        self
    }

    /// It answers without a body.
    pub(super) fn answers_nothing(self, status: u16, about: &str) -> Self {
        self.answers_with(status, about, &[])
    }

    /// It answers without a body, but with these headers.
    pub(super) fn answers_with(mut self, status: u16, about: &str, headers: &[(&str, &str)]) -> Self {
        let response = with_limits(ResponseBuilder::new().description(about)).build();
        self.responses.insert(status, RefOr::T(response));
        headers
            .iter()
            .fold(self, |this, (name, about)| this.tells(status, name, about))
    }

    /// A header of an answer.
    pub(super) fn tells(mut self, status: u16, name: &str, about: &str) -> Self {
        if let Some(RefOr::T(response)) = self.responses.get_mut(&status) {
            let header = utoipa::openapi::HeaderBuilder::new()
                .schema(Some(values::any_text()))
                .description(Some(about));
            response.headers.insert(name.to_owned(), RefOr::T(header.build()));
        }
        self
    }

    /// It may be refused with these statuses, in the shape of its document.
    pub(super) fn refuses(mut self, statuses: &[u16]) -> Self {
        let face = Face::of(self.path);
        for status in statuses {
            let reference = Ref::from_response_name(errors::name(face, *status));
            self.responses.entry(*status).or_insert_with(|| RefOr::Ref(reference));
        }
        self
    }

    /// The same answer as the GET of its path, without the body.
    pub(super) fn without_body(&self, id: &str) -> Self {
        let mut twin = head(self.path, id, "The same without a body.");
        twin.operation = changed(self.operation.clone()).operation_id(Some(id)).build();
        twin.responses = self
            .responses
            .iter()
            .map(|(status, response)| {
                let bare = match response {
                    RefOr::T(response) => {
                        let mut bare = response.clone();
                        bare.content.clear();
                        bare
                    }
                    RefOr::Ref(_) => with_limits(ResponseBuilder::new().description("Refused.")).build(),
                };
                (*status, RefOr::T(bare))
            })
            .collect();
        twin
    }

    /// A reference to a schema, which is described with it.
    pub(super) fn named<T: ToSchema>(&mut self) -> RefOr<Schema> {
        T::schemas(&mut self.schemas);
        self.schemas.push((T::name().into_owned(), T::schema()));
        RefOr::Ref(Ref::from_schema_name(T::name()))
    }

    /// What is described now.
    pub(super) fn build(self) -> Operation {
        let mut operation = changed(self.operation);
        if let Some(body) = self.body {
            operation = operation.request_body(Some(RequestBody::from(body)));
        }
        for (status, response) in self.responses {
            operation = operation.response(status.to_string(), response);
        }
        let mut operation = operation.build();
        // Without a word the document's own requirement would hold.
        operation.security.get_or_insert_with(Vec::new);
        operation
    }
}

fn changed(operation: Operation) -> OperationBuilder {
    OperationBuilder::from(operation)
}

/// Every answer tells where its receiver stands.
pub(super) fn with_limits(response: ResponseBuilder) -> ResponseBuilder {
    LIMIT_HEADERS.iter().fold(response, |response, (name, _)| {
        response.header_ref(*name, Ref::new(format!("#/components/headers/{name}")))
    })
}

/// Some kind of file.
pub(super) fn binary() -> Content {
    Content::new(Some(values::any_text()))
}

/// A page.
pub(super) fn page() -> Content {
    ContentBuilder::new().schema(Some(values::any_text())).build()
}

/// An example of an object with one entry.
pub(super) fn one(name: &str, value: &str) -> Value {
    json!({ name: value })
}
