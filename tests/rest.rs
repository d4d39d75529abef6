//! The control plane over HTTP.

use std::time::Duration;

use colloquy::clock::Timestamp;
use colloquy::ids::{ConversationId, UserId};
use colloquy::storage::event::Event;
use colloquy::storage::messages::{Message, Sender};
use reqwest::Method;
use serde_json::{Value, json};

use crate::test_server::{Answer, TestServer};

const NEW: &str = "/v1/conversations";

#[actix_web::test]
async fn a_guest_gets_a_token_for_thirty_days() {
    let server = TestServer::start().await;
    for request in [
        server.request(Method::POST, "/v1/guests"),
        server.request(Method::POST, "/v1/guests").json(&json!({})),
    ] {
        let answer = Answer::to(request).await;
        assert_eq!(answer.status, 201);
        assert_eq!(answer.header("cache-control"), "no-store");
        let guest = answer.json();
        assert!(guest["guest_id"].as_str().unwrap().starts_with("user_"));
        assert_eq!(guest["token_type"], "Bearer");
        assert_eq!(guest["expires_in"], 2_592_000);
        assert_eq!(guest["access_token"].as_str().unwrap().split('.').count(), 3);
    }
}

#[actix_web::test]
async fn a_conversation_is_made_as_asked() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let context = json!({"restaurant_type": "bistro", "dietary_restrictions": ["vegetarian"], "nested": {"a": null}});
    let body = json!({
        "topic": "ordering_food_restaurant",
        "difficulty": "business_intermediate",
        "scenario": "You're at a French restaurant in Paris",
        "language": "fr-FR",
        "custom_context": context,
    });
    let answer = server.post(&token, NEW, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let made = answer.json();
    assert!(made["id"].as_str().unwrap().starts_with("conv_"));
    assert_eq!(made["status"], "active");
    assert!(made["created_at"].as_str().unwrap().ends_with('Z'));
    for echoed in ["topic", "difficulty", "language"] {
        assert_eq!(made[echoed], body[echoed], "{echoed}");
    }
    for part in ["name", "role", "personality"] {
        assert!(!made["ai_persona"][part].as_str().unwrap().is_empty(), "{part}");
    }
    assert!(!made["initial_message"]["text"].as_str().unwrap().is_empty());
    assert!(made["initial_message"]["translation"].is_string());
    for (key, value) in context.as_object().unwrap() {
        assert_eq!(made["context"][key], *value, "{key}");
    }
}

#[actix_web::test]
async fn a_topic_alone_is_enough_and_may_be_any_words() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    for topic in ["restaurant", "coffee_shop", "business_meeting", "the weather on Mars ☄"] {
        let answer = server.post(&token, NEW, &json!({"topic": topic})).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(answer.json()["topic"], topic);
        assert_eq!(answer.json()["language"], "spanish");
        assert_eq!(answer.json()["difficulty"], "beginner");
    }
}

#[actix_web::test]
async fn an_unknown_language_is_refused_with_those_that_are_known() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let body = json!({"topic": "restaurant", "language": "klingon"});
    let error = server.post(&token, NEW, &body).await.error(400, "INVALID_LANGUAGE");
    assert_eq!(error["message"], "The specified language 'klingon' is not supported");
    assert_eq!(error["details"]["provided_language"], "klingon");
    let supported = error["details"]["supported_languages"].as_array().unwrap();
    for language in ["english", "spanish", "french", "german", "italian"] {
        assert!(supported.contains(&json!(language)), "{language}");
    }
    let path = "/v1/content/topics?language=klingon";
    server.get(&token, path).await.error(400, "INVALID_LANGUAGE");
}

#[actix_web::test]
async fn requests_that_make_no_sense_say_why() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    for body in [
        json!({}),
        json!({"topic": ""}),
        json!({"topic": 7}),
        json!({"topic": "x".repeat(300)}),
        json!({"topic": "x", "custom_context": "not an object"}),
        json!([]),
    ] {
        server.post(&token, NEW, &body).await.error(400, "INVALID_REQUEST");
    }
    let malformed = server
        .request(Method::POST, NEW)
        .bearer_auth(&token)
        .body("{\"topic\":");
    Answer::to(malformed).await.error(400, "INVALID_REQUEST");
    let large = json!({"topic": "x", "scenario": "x".repeat(2_000_000)});
    let error = server.post(&token, NEW, &large).await.error(413, "PAYLOAD_TOO_LARGE");
    assert_eq!(error["details"]["limit_bytes"], 262_144);
}

#[actix_web::test]
async fn only_valid_credentials_are_let_in() {
    let server = TestServer::start().await;
    let paths = [
        (Method::POST, NEW),
        (Method::GET, "/v1/conversations/conv_1/messages"),
        (Method::POST, "/v1/conversations/conv_1/end"),
        (Method::GET, "/v1/content/topics"),
        (Method::GET, "/v1/content/languages"),
    ];
    for (method, path) in paths {
        let none = Answer::to(server.request(method.clone(), path)).await;
        none.error(401, "UNAUTHORIZED");
        // RFC 6750 section 3: a reason is only given to whoever has shown something.
        assert_eq!(none.header("www-authenticate"), "Bearer realm=\"colloquy\"");
        let wrong = server.request(method.clone(), path).bearer_auth("a.b.c");
        let wrong = Answer::to(wrong).await;
        wrong.error(401, "UNAUTHORIZED");
        let challenge = wrong.header("www-authenticate");
        assert!(
            challenge.starts_with("Bearer realm=\"colloquy\", error=\"invalid_token\""),
            "{challenge}"
        );
        let basic = server.request(method, path).basic_auth("ann", Some("secret"));
        Answer::to(basic).await.error(401, "UNAUTHORIZED");
    }
}

#[actix_web::test]
async fn a_configured_key_is_as_good_as_a_token() {
    let keys = "sk:one:ann@example.com,two:ann@example.com,three:bob@example.com";
    let server = TestServer::builder().set("API_KEYS", keys).start().await;
    let id = server.conversation("sk:one").await;
    let path = format!("/v1/conversations/{id}/messages");
    assert_eq!(server.get("two", &path).await.status, 200);
    server.get("three", &path).await.error(404, "NOT_FOUND");
    server.get("sk", &path).await.error(401, "UNAUTHORIZED");
}

#[actix_web::test]
async fn a_foreign_conversation_looks_like_none() {
    let server = TestServer::start().await;
    let owner = server.guest().await;
    let stranger = server.guest().await;
    let id = server.conversation(&owner).await;
    for id in [id.as_str(), "conv_unknown", "%00", "..%2f.."] {
        let messages = format!("/v1/conversations/{id}/messages");
        let error = server.get(&stranger, &messages).await.error(404, "NOT_FOUND");
        assert_eq!(error["message"], "Not found: there is no such conversation");
        let end = format!("/v1/conversations/{id}/end");
        server.post(&stranger, &end, &json!({})).await.error(404, "NOT_FOUND");
    }
    let history = server.get(&owner, &format!("/v1/conversations/{id}/messages")).await;
    assert_eq!(history.json()["status"], "active");
}

#[actix_web::test]
async fn unknown_paths_and_methods_get_errors_of_the_same_shape() {
    let server = TestServer::start().await;
    Answer::to(server.request(Method::GET, "/v1/nothing"))
        .await
        .error(404, "NOT_FOUND");
    Answer::to(server.request(Method::GET, "/nothing"))
        .await
        .error(404, "NOT_FOUND");
    let answer = Answer::to(server.request(Method::DELETE, NEW)).await;
    answer.error(405, "METHOD_NOT_ALLOWED");
    assert_eq!(answer.header("allow"), "GET, POST");
}

/// Records messages at these seconds, as a live call does.
fn say(server: &TestServer, id: &str, seconds: &[u64]) {
    let now = Timestamp::now();
    for (number, second) in seconds.iter().enumerate() {
        let sender = if number % 2 == 0 { Sender::User } else { Sender::Ai };
        let at = now.plus(Duration::from_secs(*second));
        let id = ConversationId::from_text(id);
        let mut message = Message::new(id, sender, format!("words {number}"), at);
        if sender == Sender::User {
            message.analysis = Some(json!({
                "grammar_score": 80 + number,
                "pronunciation_score": null,
                "vocabulary_level": "beginner",
                "errors": [],
                "improvements": [],
            }));
        }
        server.running.writer.record(Event::Said { message });
    }
}

#[actix_web::test]
async fn the_history_is_what_was_heard_from_the_opener_on() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let id = server.conversation(&token).await;
    say(&server, &id, &[10, 20, 30]);
    let path = format!("/v1/conversations/{id}/messages");
    let history = server.get(&token, &path).await.json();
    assert_eq!(history["conversation_id"], id);
    let messages = history["messages"].as_array().unwrap();
    let senders: Vec<&str> = messages
        .iter()
        .map(|message| message["sender"].as_str().unwrap())
        .collect();
    assert_eq!(senders, ["ai", "user", "ai", "user"]);
    assert!(messages[0]["translation"].is_string());
    assert_eq!(messages[1]["analysis"]["grammar_score"], 80);
    assert_eq!(history["summary"]["total_messages"], 4);
    assert_eq!(history["summary"]["avg_grammar_score"], 81);
    assert_eq!(history["summary"]["avg_pronunciation_score"], Value::Null);

    let reply = colloquy::ids::MessageId::from_text(messages[2]["id"].as_str().unwrap());
    server.running.writer.record(Event::Heard {
        conversation_id: ConversationId::from_text(id.as_str()),
        message_id: reply,
        content: "wor".to_owned(),
        translation: None,
        interrupted: true,
    });
    let history = server.get(&token, &path).await.json();
    assert_eq!(history["messages"][2]["content"], "wor");
    assert_eq!(history["messages"][2]["interrupted"], true);
}

#[actix_web::test]
async fn an_ended_conversation_is_summed_up_once() {
    let server = TestServer::start().await;
    let pass = Answer::to(server.request(Method::POST, "/v1/guests")).await.json();
    let token = pass["access_token"].as_str().unwrap();
    let id = server.conversation(token).await;
    // From the opener on: 60 s of practice, a pause, and 60 s more.
    say(&server, &id, &[30, 60, 600, 630, 660]);
    server.running.writer.record(Event::Advanced {
        conversation_id: ConversationId::from_text(id.as_str()),
        progress: json!({"step": 1}),
        topics_covered: vec!["welcoming_guests".to_owned()],
    });
    let messages = format!("/v1/conversations/{id}/messages");
    let before = server.get(token, &messages).await.json();
    let path = format!("/v1/conversations/{id}/end");
    let feedback = json!({"feedback": {"difficulty_rating": 4, "enjoyment_rating": 5, "comments": "Great"}});
    let first = server.post(token, &path, &feedback).await;
    assert_eq!(first.status, 200, "{}", first.text);
    let ending = first.json();
    assert_eq!(ending["id"], id);
    assert_eq!(ending["status"], "completed");
    assert!(ending["ended_at"].as_str().unwrap().ends_with('Z'));
    let summary = &ending["summary"];
    assert_eq!(summary["duration_minutes"], 2);
    assert_eq!(summary["total_messages"], 6);
    // Two minutes of practice, and two achievements.
    assert_eq!(
        summary["achievements"],
        json!(["first_conversation", "first_restaurant_conversation"])
    );
    assert_eq!(summary["xp_earned"], 8 + 50 + 20);
    assert_eq!(summary["performance"]["grammar_score"], 82);
    assert_eq!(summary["performance"]["pronunciation_score"], Value::Null);
    assert!(ending["next_recommendations"].is_array());

    let second = server.request(Method::POST, &path).bearer_auth(token);
    assert_eq!(Answer::to(second).await.json(), ending);
    let user = UserId::from_text(pass["guest_id"].as_str().unwrap());
    assert_eq!(server.running.database.xp(&user).await.unwrap(), 78);
    let kept = server
        .running
        .database
        .conversation(&ConversationId::from_text(&id))
        .await
        .unwrap();
    assert_eq!(kept.unwrap().feedback.unwrap().comments.as_deref(), Some("Great"));
    // History stays readable as it was.
    let after = server.get(token, &messages).await.json();
    assert_eq!(after["messages"].as_array().unwrap().len(), 6);
    assert_eq!(after["messages"], before["messages"]);
    assert_eq!(
        (&before["status"], &after["status"]),
        (&json!("active"), &json!("completed"))
    );
}

#[actix_web::test]
async fn two_ends_at_once_give_one_summary_and_xp_once() {
    let server = TestServer::start().await;
    let pass = Answer::to(server.request(Method::POST, "/v1/guests")).await.json();
    let token = pass["access_token"].as_str().unwrap();
    let id = server.conversation(token).await;
    say(&server, &id, &[60]);
    let path = format!("/v1/conversations/{id}/end");
    let body = json!({});
    let ends = (0..8).map(|_| server.post(token, &path, &body));
    let answers: Vec<Value> = futures::future::join_all(ends).await.iter().map(Answer::json).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let user = UserId::from_text(pass["guest_id"].as_str().unwrap());
    let xp = server.running.database.xp(&user).await.unwrap();
    assert_eq!(answers[0]["summary"]["xp_earned"], xp);
}

#[actix_web::test]
async fn ratings_outside_one_to_five_are_refused_and_end_nothing() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let id = server.conversation(&token).await;
    let path = format!("/v1/conversations/{id}/end");
    for feedback in [
        json!({"difficulty_rating": 0}),
        json!({"enjoyment_rating": 6}),
        json!({"enjoyment_rating": 4.5}),
    ] {
        let body = json!({ "feedback": feedback });
        server.post(&token, &path, &body).await.error(400, "INVALID_REQUEST");
    }
    let history = server.get(&token, &format!("/v1/conversations/{id}/messages")).await;
    assert_eq!(history.json()["status"], "active");
}

#[actix_web::test]
async fn topics_are_listed_for_a_language_and_a_level() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let answer = server
        .get(&token, "/v1/content/topics?language=french&level=intermediate")
        .await;
    assert_eq!(answer.status, 200);
    let topics = answer.json();
    assert_eq!(topics["language"], "french");
    assert_eq!(topics["level"], "intermediate");
    assert!(topics["categories"].is_array());
    // None is listed below the level that it is written for.
    for (level, listed) in [
        ("beginner", ["beginner", "intermediate", "advanced"]),
        ("intermediate", ["intermediate", "intermediate", "advanced"]),
        ("advanced", ["advanced"; 3]),
    ] {
        let path = format!("/v1/content/topics?language=german&level={level}");
        let topics = server.get(&token, &path).await.json();
        let topics = topics["categories"].as_array().unwrap().iter();
        let topics: Vec<&Value> = topics.flat_map(|one| one["topics"].as_array().unwrap()).collect();
        for (id, difficulty) in ["restaurant", "hotel_reservation", "job_interview"]
            .into_iter()
            .zip(listed)
        {
            let topic = topics.iter().find(|topic| topic["id"] == id);
            assert_eq!(
                topic.map(|topic| &topic["difficulty"]),
                Some(&json!(difficulty)),
                "{id} at {level}"
            );
        }
    }
}

#[actix_web::test]
async fn languages_are_listed_with_what_can_be_done_in_them() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let answer = server.get(&token, "/v1/content/languages").await;
    assert_eq!(answer.status, 200);
    let languages = answer.json()["languages"].clone();
    let languages = languages.as_array().unwrap();
    let named = |id: &str| languages.iter().find(|language| language["id"] == id).unwrap();
    assert_eq!(languages.len(), 8, "{languages:#?}");
    let mut french = named("french").clone();
    // What else is asked depends on the dictionaries of the machine.
    let spelling = french["assessment"]["spelling"].take();
    assert!(spelling == json!([]) || spelling == json!(["dictionary"]), "{spelling}");
    assert_eq!(
        french,
        json!({
            "id": "french", "tag": "fr", "name": "French", "native_name": "Français",
            "scenarios": 12, "recognition": "acoustic", "recognisers": ["acoustic"],
            "voice": true, "voices": ["embedded"], "text_only": false, "translated_into": "en",
            "assessment": {"pronunciation": "acoustic", "fluency": "acoustic", "intonation": "acoustic", "grammar": ["rules"], "spelling": null},
        })
    );
    for (id, recognition) in [
        ("portuguese", json!("acoustic")),
        ("chinese", Value::Null),
        ("japanese", Value::Null),
    ] {
        let offer = named(id);
        // A dictionary on the machine knows nothing of grammar.
        assert_eq!(offer["assessment"]["grammar"], json!([]), "{offer}");
        assert_eq!(
            (&offer["scenarios"], &offer["recognition"], &offer["voice"]),
            (&json!(3), &recognition, &json!(true)),
            "{id}"
        );
        let assessment = &offer["assessment"];
        assert_eq!(
            (&assessment["pronunciation"], &assessment["intonation"]),
            (&recognition, &recognition),
            "{id}"
        );
        assert_eq!(offer["text_only"], false, "{id}");
    }
}

#[actix_web::test]
async fn a_translation_says_which_language_it_is_in() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    for (language, native, translated_into) in [
        ("french", "german", json!("en")),
        ("french", "french", Value::Null),
        ("english", "french", Value::Null),
    ] {
        let body = json!({
            "topic": "restaurant", "language": language, "custom_context": {"native_language": native},
        });
        let made = server.post(&token, NEW, &body).await.json();
        let opener = &made["initial_message"];
        assert_eq!(
            opener["translation_language"], translated_into,
            "{language} for {native}"
        );
        assert_eq!(
            opener["translation"].is_string(),
            translated_into.is_string(),
            "{opener}"
        );
        let path = format!("{NEW}/{}/messages", made["id"].as_str().unwrap());
        let history = server.get(&token, &path).await.json();
        assert_eq!(
            history["messages"][0]["translation_language"], translated_into,
            "{history}"
        );
    }
}

#[actix_web::test]
async fn health_and_root_are_as_document_004_shows_them() {
    let server = TestServer::builder().set("TTS", "scripted").start().await;
    let health = Answer::to(server.request(Method::GET, "/health")).await;
    assert_eq!(health.status, 200);
    assert_eq!(
        health.json(),
        json!({
            "status": "healthy",
            "services": {"ai_service": true, "audio_processor": true, "audio_pipeline": true},
            "active_connections": 0,
        })
    );
    let root = Answer::to(server.request(Method::GET, "/")).await;
    assert_eq!(
        root.json(),
        json!({"message": "Conversational AI Backend is running", "status": "healthy"})
    );
    let mut varies = root
        .headers
        .get_all("vary")
        .iter()
        .flat_map(|vary| vary.to_str().unwrap().split(','));
    assert!(varies.any(|header| header.trim().eq_ignore_ascii_case("accept")));
    let head = Answer::to(server.request(Method::HEAD, "/health")).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert!(root.header("x-request-id").starts_with("req_"));
}

#[actix_web::test]
async fn without_its_database_the_program_says_that_it_is_not_healthy() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    server.running.database.close().await;
    let health = Answer::to(server.request(Method::GET, "/health")).await;
    assert_eq!(health.status, 503);
    assert_eq!(health.json()["status"], "unhealthy");
    let answer = server.post(&token, NEW, &json!({"topic": "x"})).await;
    answer.error(503, "SERVICE_UNAVAILABLE");
    assert_eq!(answer.header("retry-after"), "5");
}

#[actix_web::test]
async fn metrics_count_requests_by_route_and_events() {
    let server = TestServer::start().await;
    let token = server.guest().await;
    let id = server.conversation(&token).await;
    server.get(&token, &format!("/v1/conversations/{id}/messages")).await;
    let metrics = Answer::to(server.request(Method::GET, "/metrics")).await.text;
    let series =
        "colloquy_http_requests_total{method=\"GET\",path=\"/v1/conversations/{id}/messages\",status=\"200\"} 1";
    assert!(metrics.contains(series), "{metrics}");
    assert!(metrics.contains("colloquy_storage_events_stored_total 0"), "{metrics}");
    assert!(metrics.ends_with("# EOF\n"));
}

#[actix_web::test]
async fn pages_of_allowed_origins_may_call_and_others_may_not() {
    let server = TestServer::builder()
        .set("CORS_ORIGINS", "https://a.example")
        .start()
        .await;
    let preflight = |origin: &'static str| {
        server
            .request(Method::OPTIONS, NEW)
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "authorization,content-type")
    };
    let allowed = Answer::to(preflight("https://a.example")).await;
    assert_eq!(allowed.status, 200);
    assert_eq!(allowed.header("access-control-allow-origin"), "https://a.example");
    let refused = Answer::to(preflight("https://b.example")).await;
    assert!(refused.headers.get("access-control-allow-origin").is_none());
    let error = refused.error(400, "INVALID_REQUEST");
    assert_eq!(error["message"], "Origin is not allowed to make this request");
}
