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
async fn busy_media_ports_are_named_with_their_variables_and_what_to_do() {
    let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let tcp = std::net::TcpListener::bind("[::]:0").unwrap();
    let ports = [
        ("RTC_UDP_PORT", udp.local_addr().unwrap().port()),
        ("RTC_TCP_PORT", tcp.local_addr().unwrap().port()),
    ];
    for (variable, port) in ports {
        let refusal = TestServer::builder()
            .set("RTC_ADDRESSES", "127.0.0.1")
            .set(variable, &port.to_string())
            .try_start()
            .await;
        let error = refusal.err().unwrap().to_string();
        assert!(
            error.starts_with(&format!("{variable}: {port} is in use on ")),
            "{error}"
        );
        let advice = format!("; stop the other program, or set {variable} to another port");
        assert!(error.ends_with(&advice), "{error}");
    }
}

#[actix_web::test]
async fn a_database_server_that_cant_be_reached_is_told_with_the_cause() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://colloquy@{}/colloquy", free.local_addr().unwrap());
    drop(free);
    let refusal = TestServer::builder().set("DATABASE_URL", &url).try_start().await;
    let error = refusal.err().unwrap().to_string();
    assert!(error.starts_with("DATABASE_URL: "), "{error}");
    assert!(error.contains("Connection refused"), "{error}");
}

#[actix_web::test]
async fn an_engine_without_a_server_is_named() {
    for (variables, named) in [(&["LLM"][..], "LLM: "), (&["STT", "TTS"], "STT, TTS: ")] {
        let builder = variables.iter().fold(TestServer::builder(), |builder, variable| {
            builder.set(variable, "openai")
        });
        let error = builder.try_start().await.err().unwrap().to_string();
        assert!(error.starts_with(named), "{error}");
        assert!(error.contains("OPENAI_BASE_URL"), "{error}");
    }
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
