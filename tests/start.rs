//! How the program starts, stops and starts again.

use colloquy::clock::Timestamp;
use colloquy::ids::ConversationId;
use colloquy::storage::event::Event;
use colloquy::storage::messages::{Message, Sender};

use crate::test_server::TestServer;

#[actix_web::test]
async fn a_busy_port_is_named_with_its_variable() {
    let first = TestServer::start().await;
    let port = first.running.http_addr.port().to_string();
    let refusal = TestServer::builder().set("PORT", &port).try_start().await;
    let error = refusal.err().unwrap().to_string();
    assert!(error.starts_with("PORT: ") && error.contains(&port), "{error}");
    assert!(!error.contains('\n'));
}

#[actix_web::test]
async fn an_unwritable_directory_is_named_with_its_variable() {
    let server = TestServer::start().await;
    let builder = server.stop().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let dir = file.path().join("below-a-file");
    let refusal = builder.set("DATA_DIR", dir.to_str().unwrap()).try_start().await;
    let error = refusal.err().unwrap().to_string();
    assert!(error.starts_with("DATA_DIR: "), "{error}");
    assert!(error.contains("below-a-file"), "{error}");
}

#[actix_web::test]
async fn a_database_that_cant_be_opened_is_named_with_its_variable() {
    let url = "sqlite:///nowhere/at/all.db";
    let refusal = TestServer::builder().set("DATABASE_URL", url).try_start().await;
    let error = refusal.err().unwrap().to_string();
    assert!(error.starts_with("DATABASE_URL: "), "{error}");
}

#[actix_web::test]
async fn tokens_and_conversations_outlive_a_restart() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let id = server.conversation(&token).await;
    let server = server.stop().await.start().await;
    let answer = server.get(&token, &format!("/v1/conversations/{id}/messages")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

#[actix_web::test]
async fn a_stop_writes_the_last_events() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let id = ConversationId::from_text(server.conversation(&token).await);
    let message = Message::new(id.clone(), Sender::User, "Bonsoir", Timestamp::now());
    server.running.writer.record(Event::Said { message });
    let server = server.stop().await.start().await;
    let messages = server.running.database.messages(&id).await.unwrap();
    assert_eq!(messages.last().unwrap().content, "Bonsoir");
}
