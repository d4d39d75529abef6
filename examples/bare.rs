//! The least that actix-web can do: what `tests/rest-speed.sh` measures the control plane against.

use std::io;

use actix_web::{App, HttpServer, web};

#[actix_web::main]
async fn main() -> io::Result<()> {
    let port = std::env::args()
        .nth(1)
        .and_then(|port| port.parse().ok())
        .unwrap_or(8001);
    HttpServer::new(|| App::new().route("/", web::get().to(|| async { "hello" })))
        .workers(1)
        .bind(("127.0.0.1", port))?
        .run()
        .await
}
