//! Middlewares that some requests have to pass through. The others go past them, and pay nothing for it.

use std::rc::Rc;
use std::task::{Context, Poll};

use actix_service::{Service, Transform};
use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use futures::future::{Either, LocalBoxFuture, MapOk, TryFutureExt};

/// Tells which requests pass through a middleware.
pub type Condition = fn(&mut ServiceRequest) -> bool;

/// A middleware for some requests: see [`only_for`].
#[derive(Debug)]
pub struct OnlyFor<T> {
    condition: Condition,
    middleware: T,
}

/// That middleware, for the requests of which the condition holds.
pub fn only_for<T>(condition: Condition, middleware: T) -> OnlyFor<T> {
    OnlyFor { condition, middleware }
}

/// The service that a request comes to, with the middleware before it and without.
#[derive(Debug)]
pub struct Fork<S, M> {
    condition: Condition,
    through: M,
    past: Rc<S>,
}

impl<S, T, B> Transform<S, ServiceRequest> for OnlyFor<T>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error> + 'static,
    T: Transform<Rc<S>, ServiceRequest, Response = ServiceResponse<B>, Error = Error, InitError = ()>,
    T::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Transform = Fork<S, T::Transform>;
    type InitError = ();
    type Future = LocalBoxFuture<'static, Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let condition = self.condition;
        let past = Rc::new(service);
        let through = self.middleware.new_transform(Rc::clone(&past));
        Box::pin(async move {
            Ok(Fork {
                condition,
                through: through.await?,
                past,
            })
        })
    }
}

/// The answer of a middleware, in a box as all others.
type Boxed<F, B> = MapOk<F, fn(ServiceResponse<B>) -> ServiceResponse<BoxBody>>;

impl<S, M, B> Service<ServiceRequest> for Fork<S, M>
where
    S: Service<ServiceRequest, Response = ServiceResponse<BoxBody>, Error = Error>,
    M: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = Error;
    type Future = Either<Boxed<M::Future, B>, S::Future>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        // It asks the one behind it.
        self.through.poll_ready(context)
    }

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        if (self.condition)(&mut request) {
            let answer = self.through.call(request);
            Either::Left(answer.map_ok(ServiceResponse::map_into_boxed_body))
        } else {
            Either::Right(self.past.call(request))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};
    use actix_web::middleware::{Next, from_fn};
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, HttpResponse, web};

    async fn mark(
        request: ServiceRequest,
        next: Next<impl MessageBody>,
    ) -> Result<ServiceResponse<impl MessageBody>, Error> {
        let mut response = next.call(request).await?;
        let name = HeaderName::from_static("x-mark");
        response.headers_mut().insert(name, HeaderValue::from_static("1"));
        Ok(response)
    }

    #[actix_web::test]
    async fn a_middleware_is_for_some_and_the_answer_for_all() {
        let app = App::new()
            .wrap(only_for(
                |request| request.headers().contains_key("x-asked"),
                from_fn(mark),
            ))
            .default_service(web::to(|| async { HttpResponse::Ok().body("hello") }));
        let app = init_service(app).await;
        for is_asked in [true, false] {
            let request = TestRequest::default();
            let request = if is_asked {
                request.insert_header(("x-asked", "1"))
            } else {
                request
            };
            let response = call_service(&app, request.to_request()).await;
            assert_eq!(response.headers().contains_key("x-mark"), is_asked);
            assert_eq!(actix_web::test::read_body(response).await, "hello");
        }
    }
}
