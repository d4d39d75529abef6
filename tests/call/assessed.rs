//! What is told about turns of a call, when a service that checks texts never answers.

use std::cell::RefCell;
use std::net::TcpListener;

use super::*;
use crate::caller::{be_quiet, history, listening, until};
use colloquy_loadtest::call::CallEvent;

/// A server with the scripted engines, and a LanguageTool that takes requests and never answers any.
async fn server_with_slow_service() -> (TestServer, TcpListener) {
    let service = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", service.local_addr().expect("an address"));
    let server = TestServer::scripted().set("LANGUAGETOOL_URL", &url).start().await;
    (server, service)
}

#[actix_rt::test]
async fn a_spoken_turn_is_analysed_before_the_learner_says_more_and_kept_as_it_was_told() {
    let (server, _service) = server_with_slow_service().await;
    let api = server.caller().await;
    let conversation = api.create_conversation("restaurant", "english").await;
    let conversation = conversation.expect("a conversation");
    let mut call = Call::join(&api, &conversation).await.expect("a call");
    listening(&mut call).await;
    say(&mut call, &clip()).await;
    let spoken = message_that(&mut call, "transcript", |transcript| transcript["is_final"] == true).await;
    // A second later the learner types, and by then has been told how the words before were.
    be_quiet(&mut call, Duration::from_secs(1)).await;
    let more = json!({"type": "text", "content": "By the window"});
    call.send_message(&more).await.expect("sent");
    let told = RefCell::new(Vec::new());
    let tells = |event: &CallEvent, kind: &str, text: Option<&str>| {
        let CallEvent::Message { json, .. } = event else {
            return false;
        };
        told.borrow_mut().push(json.clone());
        json["type"] == kind && text.is_none_or(|text| json["text"] == text)
    };
    until(&mut call, "what was typed", |event| {
        tells(event, "transcript", Some("By the window"))
    })
    .await;
    let analyses = || -> Vec<Value> {
        let told = told.borrow();
        let analyses = told.iter().filter(|event| event["type"] == "analysis");
        analyses.filter(|event| event["id"] == spoken["id"]).cloned().collect()
    };
    let is_reply = |event: &Value| event["type"] == "ai_response";
    assert!(told.borrow().iter().any(is_reply), "it is told behind the reply");
    assert!(!analyses().is_empty(), "{told:?}");
    // Whoever ends the conversation has waited for all of it.
    api.end(&conversation).await.expect("ended");
    until(&mut call, "the summary", |event| tells(event, "summary", None)).await;
    let mut last = analyses().pop().expect("it was told");
    assert!(last.get("answered_in").is_none(), "{last}");
    let fields = last.as_object_mut().unwrap();
    fields.retain(|key, _| key != "type" && key != "id");
    let said = history(&api, &conversation, 4).await;
    let kept = said.iter().find(|message| message["id"] == spoken["id"]);
    assert_eq!(kept.expect("it is kept")["analysis"], last);
    server.stop().await;
}

#[actix_rt::test]
async fn a_conversation_that_is_ended_within_a_turns_assessment_is_summed_up_with_it() {
    let (server, _service) = server_with_slow_service().await;
    let Joined {
        api,
        conversation,
        mut call,
        ..
    } = joined(&server).await;
    listening(&mut call).await;
    let wrong = json!({"type": "text", "content": "Je voudrais un table pour deux."});
    call.send_message(&wrong).await.expect("sent");
    message_that(&mut call, "transcript", |transcript| transcript["is_final"] == true).await;
    // The service is still waited for.
    let ended = api.end(&conversation).await.expect("ended");
    assert_eq!(ended["summary"]["performance"]["grammar_score"], 67, "{ended}");
    let said = history(&api, &conversation, 2).await;
    let typed = said
        .iter()
        .find(|message| message["sender"] == "user")
        .expect("it is kept");
    assert_eq!(typed["analysis"]["grammar_score"], 67, "{typed}");
    assert_eq!(typed["analysis"]["errors"][0]["word"], "un");
    server.stop().await;
}
