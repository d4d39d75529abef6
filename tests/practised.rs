//! Progress is what was measured: of a conversation that was held, in writing and aloud.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use colloquy::audio::encode;
use serde_json::{Value, json};

use crate::test_server::TestServer;
use crate::websocket::recording;

const PROGRESS: &str = "/v1/users/me/progress?period=week&language=french";

async fn say(server: &TestServer, token: &str, id: &str, body: &Value) -> Value {
    let path = format!("/v1/conversations/{id}/messages");
    let answer = server.post(token, &path, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["user_message"]["analysis"].clone()
}

/// The mean of what was measured, rounded; null of nothing.
fn mean(analyses: &[Value], score: &str) -> Value {
    let scores: Vec<u64> = analyses
        .iter()
        .filter_map(|analysis| analysis[score].as_u64())
        .collect();
    match scores.len() as u64 {
        0 => Value::Null,
        count => json!((2 * scores.iter().sum::<u64>() + count) / (2 * count)),
    }
}

#[actix_web::test]
async fn progress_is_computed_from_what_was_said_and_null_where_nothing_was_measured() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let before = server.get(&token, PROGRESS).await.json();
    assert_eq!(before["overall_stats"]["conversations_completed"], 0);
    assert_eq!(before["overall_stats"]["xp_earned"], 0);
    for skill in ["grammar", "pronunciation"] {
        let skill = &before["skill_breakdown"][skill];
        assert_eq!(
            (&skill["current_score"], &skill["weak_areas"]),
            (&Value::Null, &json!([])),
            "{skill}"
        );
    }
    assert_eq!(before["daily_breakdown"], json!([]));

    let id = server.conversation(&token).await;
    let typed = |content: &str| json!({"type": "text", "content": content});
    let aloud = |speech: &str| {
        let file = encode::wav(&recording(speech, "french"));
        json!({"type": "audio", "content": "", "audio_data": BASE64_STANDARD.encode(file)})
    };
    let said = [
        aloud("Une table pour deux, s'il vous plaît"),
        typed("Je voudrais un table près de la fenêtre."),
        typed("Je voudrais une bouteille d'eau."),
    ];
    for body in &said {
        say(&server, &token, &id, body).await;
    }
    let ended = server
        .post(&token, &format!("/v1/conversations/{id}/end"), &json!({}))
        .await;
    assert_eq!(ended.status, 200, "{}", ended.text);
    let summary = ended.json()["summary"].clone();
    let history = server
        .get(&token, &format!("/v1/conversations/{id}/messages"))
        .await
        .json();
    let messages = history["messages"].as_array().unwrap();
    let analyses: Vec<Value> = messages
        .iter()
        .filter(|message| message["sender"] == "user")
        .map(|message| message["analysis"].clone())
        .collect();
    assert_eq!(analyses.len(), said.len());
    let (grammar, pronunciation) = (mean(&analyses, "grammar_score"), mean(&analyses, "pronunciation_score"));
    assert!(grammar.is_u64() && pronunciation.is_u64(), "{analyses:?}");
    assert!(analyses[1]["grammar_score"].as_u64() < Some(100), "{:?}", analyses[1]);
    assert_eq!(summary["performance"]["grammar_score"], grammar);
    assert_eq!(summary["performance"]["pronunciation_score"], pronunciation);
    assert_eq!(history["summary"]["avg_grammar_score"], grammar);
    assert_eq!(history["summary"]["avg_pronunciation_score"], pronunciation);

    let progress = server.get(&token, PROGRESS).await.json();
    let stats = &progress["overall_stats"];
    assert_eq!(stats["conversations_completed"], 1);
    assert_eq!(stats["xp_earned"], summary["xp_earned"]);
    assert_eq!(stats["total_time_minutes"], summary["duration_minutes"]);
    // There was nothing before that it could be held against.
    assert_eq!(stats["proficiency_improvement"], Value::Null, "{stats}");
    let skills = &progress["skill_breakdown"];
    assert_eq!(
        (
            &skills["grammar"]["current_score"],
            &skills["pronunciation"]["current_score"]
        ),
        (&grammar, &pronunciation)
    );
    for skill in ["grammar", "pronunciation"] {
        assert_eq!(skills[skill]["improvement"], Value::Null);
    }
    assert_eq!(skills["grammar"]["weak_areas"], json!(["gender_agreement"]), "{skills}");
    // Areas of sounds are those that its errors name, and no others.
    let named: Vec<&Value> = analyses
        .iter()
        .flat_map(|analysis| analysis["errors"].as_array().unwrap())
        .filter(|error| error["type"] == "pronunciation")
        .map(|error| &error["area"])
        .collect();
    for area in skills["pronunciation"]["weak_areas"].as_array().unwrap() {
        assert!(named.contains(&area), "{area} of {named:?}");
    }
    assert_eq!(
        skills["fluency"]["conversation_confidence"],
        mean(&analyses, "fluency_score")
    );
    assert_eq!(skills["fluency"]["response_time_improvement"], Value::Null);
    let days = progress["daily_breakdown"].as_array().unwrap();
    let sum = |key: &str| days.iter().map(|day| day[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!(sum("xp"), stats["xp_earned"].as_u64().unwrap());
    assert_eq!(sum("minutes"), stats["total_time_minutes"].as_u64().unwrap());
    assert_eq!(sum("conversations"), 1);
    let day = days.last().unwrap();
    assert_eq!(
        (&day["grammar_score"], &day["pronunciation_score"]),
        (&grammar, &pronunciation)
    );
    // Of another language nothing is known.
    let other = server
        .get(&token, "/v1/users/me/progress?period=week&language=german")
        .await
        .json();
    assert_eq!(other["skill_breakdown"]["pronunciation"]["current_score"], Value::Null);
    assert_eq!(other["overall_stats"]["conversations_completed"], 0);
    server.stop().await;
}
