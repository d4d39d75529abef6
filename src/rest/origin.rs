//! Where this program is, as its callers know it.

use actix_web::HttpRequest;

use super::Services;

/// The program's own URL without a slash at its end: `PUBLIC_URL`, or whatever host the request names.
pub fn base(request: &HttpRequest, services: &Services) -> String {
    match &services.public_url {
        Some(url) => url.clone(),
        None => {
            let connection = request.connection_info();
            format!("{}://{}", connection.scheme(), connection.host())
        }
    }
}
