//! The application that answers requests: what each passes through on its way in and out.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, Error, web};

use super::batch::Parts;
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
        .wrap(from_fn(idempotency::replay))
        .wrap(Compress::default())
        .wrap(from_fn(limits::enforce))
        .wrap(from_fn(handover::to_holder))
        .wrap(from_fn(intake::hurry))
        .wrap(origins)
        .wrap(from_fn(cross_origin::explain_refusal))
        .wrap(from_fn(security::protect))
        .wrap(from_fn(handover::recognise))
        .wrap(from_fn(request::identify))
        .configure(routes)
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
        .wrap(from_fn(handover::to_holder))
        .wrap(from_fn(request::identify))
        .configure(routes)
}
