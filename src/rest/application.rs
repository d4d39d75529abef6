//! The application that answers requests: what each passes through on its way in and out.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, Error, web};

use super::batch::Parts;
use super::only_for::only_for;
use super::{
    BODY_LIMIT, Services, cross_origin, handover, idempotency, intake, limits, paths, request, routes, security,
};

/// The whole application, as a listener serves it. From the outside in: every request gets an id, is refused if it must not
/// come so, handed to the node that holds its call, counted, and answered again what it was answered before.
pub fn application(
    services: web::Data<Services>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let origins = cross_origin::cors(&services.http.cors_origins);
    App::new()
        .app_data(services)
        .app_data(web::Data::new(Parts::default()))
        .app_data(web::PayloadConfig::new(BODY_LIMIT))
        .app_data(paths())
        .wrap(only_for(idempotency::has_key, from_fn(idempotency::replay)))
        .wrap(only_for(takes_compressed, Compress::default()))
        .wrap(from_fn(limits::enforce))
        .wrap(only_for(handover::is_about_call, from_fn(handover::to_holder)))
        .wrap(only_for(intake::has_body, from_fn(intake::hurry)))
        .wrap(only_for(cross_origin::tells_origin, origins))
        .wrap(only_for(
            cross_origin::tells_origin,
            from_fn(cross_origin::explain_refusal),
        ))
        .wrap(from_fn(security::protect))
        .wrap(only_for(handover::has_ticket, from_fn(handover::recognise)))
        .wrap(from_fn(request::identify))
        .configure(routes)
}

/// Whether whoever asks can read an answer that is compressed.
fn takes_compressed(request: &mut ServiceRequest) -> bool {
    request.headers().contains_key(header::ACCEPT_ENCODING)
}

/// The application as the parts of a batch meet it: what was done for the whole is not done again.
pub(super) fn inner(
    services: web::Data<Services>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(services)
        .app_data(web::PayloadConfig::new(BODY_LIMIT))
        .app_data(paths())
        .wrap(from_fn(limits::enforce))
        .wrap(only_for(handover::is_about_call, from_fn(handover::to_holder)))
        .wrap(from_fn(request::identify))
        .configure(routes)
}
