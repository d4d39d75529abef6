//! Turns that come by request into a call that somebody is in.

use super::*;
use crate::caller::{be_quiet, hear, history, listening};
use std::time::Instant;

fn messages(conversation: &str) -> String {
    format!("/v1/conversations/{conversation}/messages")
}

fn text(content: &str) -> Value {
    json!({"type": "text", "content": content})
}

#[actix_rt::test]
async fn a_message_into_a_call_is_answered_aloud_there_and_once_to_whoever_sent_it() {
    let server = TestServer::scripted().start().await;
    let Joined {
        api,
        conversation,
        mut call,
        opener,
    } = joined(&server).await;
    listening(&mut call).await;
    let path = messages(&conversation);
    let said = text("A table for two");
    let request = server.post(api.token(), &path, &said);
    let watching = async {
        let transcript = message(&mut call, "transcript").await;
        assert_eq!(
            (&transcript["text"], &transcript["is_final"]),
            (&json!("A table for two"), &json!(true))
        );
        let spoken = reply(&mut call).await;
        hear(&mut call, 50).await;
        (transcript, spoken)
    };
    let (answer, (transcript, spoken)) = futures::join!(request, watching);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = answer.json();
    assert_eq!(answer["user_message"]["text"], "A table for two");
    assert_eq!(answer["user_message"]["id"], transcript["id"]);
    assert_eq!(answer["id"], spoken["id"]);
    assert_eq!(answer["ai_response"]["text"], spoken["text"]);
    assert_ne!(answer["id"], opener["id"]);
    let said: Vec<Value> = history(&api, &conversation, 3).await;
    let ids: Vec<&Value> = said.iter().map(|message| &message["id"]).collect();
    assert_eq!(ids, [&opener["id"], &transcript["id"], &spoken["id"]]);
    assert_eq!(said[1]["content"], "A table for two");
    assert_eq!(said[2]["content"], spoken["text"]);
    // Nothing of it comes twice: what is heard next is the answer to what is said next.
    say(&mut call, &clip()).await;
    let next = message_that(&mut call, "transcript", |transcript| transcript["is_final"] == true).await;
    assert_eq!(next["text"], HEARD);
    server.stop().await;
}

#[actix_rt::test]
async fn whoever_waits_for_their_turn_in_a_call_is_told_when_it_is_ended() {
    let server = TestServer::scripted().start().await;
    let Joined {
        api,
        conversation,
        mut call,
        ..
    } = joined(&server).await;
    listening(&mut call).await;
    let path = messages(&conversation);
    let end = format!("/v1/conversations/{conversation}/end");
    let (first, second) = (text("A table for two"), text("By the window"));
    let ending = async {
        // The first is being answered aloud, the second waits.
        hear(&mut call, 10).await;
        let ended = server.post(api.token(), &end, &json!({})).await;
        (ended, message(&mut call, "summary").await)
    };
    let (answered, waited, (ended, told)) = futures::join!(
        server.post(api.token(), &path, &first),
        server.post(api.token(), &path, &second),
        ending
    );
    assert_eq!(ended.status, 200, "{}", ended.text);
    assert_eq!(told["summary"], ended.json()["summary"]);
    // The answer that was being heard is what was heard of it.
    let (answered, waited) = match (answered.status, waited.status) {
        (200, _) => (answered, waited),
        (_, _) => (waited, answered),
    };
    assert_eq!(answered.status, 200, "{}", answered.text);
    waited.error(410, "CONVERSATION_EXPIRED");
    let said = history(&api, &conversation, 3).await;
    assert_eq!(said.len(), 3, "{said:?}");
    assert_eq!(said[2]["id"], answered.json()["id"]);
    assert_eq!(said[2]["content"], answered.json()["ai_response"]["text"]);
    assert_eq!(ended.json()["summary"]["total_messages"], 3);
    no_calls(&server).await;
    server.stop().await;
}

#[actix_rt::test]
async fn how_long_the_learner_took_to_answer_is_kept_with_what_they_said() {
    let server = TestServer::scripted().start().await;
    let began = Instant::now();
    let Joined {
        api,
        conversation,
        mut call,
        ..
    } = joined(&server).await;
    listening(&mut call).await;
    // The opener is over by now, and was a little earlier.
    let over = Instant::now();
    be_quiet(&mut call, Duration::from_millis(700)).await;
    let waited = over.elapsed();
    say(&mut call, &clip()).await;
    reply(&mut call).await;
    call.send_message(&json!({"type": "text", "content": "By the window"}))
        .await
        .expect("sent");
    let said = history(&api, &conversation, 4).await;
    let took = said[1]["latency"]["response"].as_u64().expect("it was measured");
    assert!(took >= waited.as_millis() as u64, "{took} ms, {waited:?}");
    assert!(took < began.elapsed().as_millis() as u64, "{took} ms");
    // What is typed took no time that could be heard.
    let typed = said.iter().find(|message| message["content"] == "By the window");
    assert_eq!(typed.unwrap().get("latency"), None);
    api.end(&conversation).await.expect("ended");
    let kept = server.rows("SELECT response_sum, response_count FROM practices").await;
    let number = |column| sqlx::Row::get::<i64, _>(&kept[0], column);
    assert_eq!((number("response_sum"), number("response_count")), (took as i64, 1));
    server.stop().await;
}

#[actix_rt::test]
async fn what_is_said_in_a_call_is_analysed_behind_its_reply() {
    let server = TestServer::scripted().start().await;
    let Joined {
        api,
        conversation,
        mut call,
        ..
    } = joined(&server).await;
    listening(&mut call).await;
    say(&mut call, &clip()).await;
    let transcript = message_that(&mut call, "transcript", |transcript| transcript["is_final"] == true).await;
    let analysis = message(&mut call, "analysis").await;
    assert_eq!(analysis["id"], transcript["id"]);
    for key in [
        "grammar_score",
        "pronunciation_score",
        "vocabulary_level",
        "errors",
        "improvements",
    ] {
        assert!(analysis.get(key).is_some(), "{key} of {analysis}");
    }
    // A buzz is none of these words; `pronounced` has turns with scores.
    assert_eq!(analysis["pronunciation_score"], Value::Null);
    let mut said = history(&api, &conversation, 2).await;
    let mut told = analysis;
    told.as_object_mut()
        .unwrap()
        .retain(|key, _| key != "type" && key != "id");
    // It is kept a moment after it is told.
    for _ in 0..50 {
        if said[1]["analysis"] == told {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        said = history(&api, &conversation, 2).await;
    }
    assert_eq!(said[1]["analysis"], told);
    server.stop().await;
}
