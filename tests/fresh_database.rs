//! Databases for tests that run on PostgreSQL: an empty one for each, on the server that `TEST_DATABASE_URL` names.

use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};
use uuid::Uuid;

/// The URL of a database that was just made, if there is a server to make it on.
pub async fn url() -> Option<String> {
    let server = std::env::var("TEST_DATABASE_URL").ok()?;
    let (base, _) = server.rsplit_once('/').expect("TEST_DATABASE_URL names a database");
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(&server).await.expect("the test server answers");
    let name = format!("test_{}", Uuid::new_v4().simple());
    let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
    connection.execute(create).await.expect("an empty database");
    connection.close().await.expect("a goodbye");
    Some(format!("{base}/{name}"))
}
