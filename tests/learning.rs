//! What practice comes to: endings, progress, achievements, vocabulary, lists.

use std::time::Duration;

use colloquy::clock::Timestamp;
use colloquy::ids::{ConversationId, UserId};
use colloquy::storage::event::Event;
use colloquy::storage::messages::{Message, Sender};
use reqwest::Method;
use serde_json::{Value, json};

use crate::test_server::{Answer, TestServer};

/// Practises in the restaurant for so many minutes, and ends it; the answer to the end.
pub async fn practise(server: &TestServer, token: &str, language: &str, minutes: u64) -> Value {
    practise_about(server, token, "ordering_food_restaurant", language, minutes).await
}

/// The same about a topic.
pub async fn practise_about(server: &TestServer, token: &str, topic: &str, language: &str, minutes: u64) -> Value {
    let body = json!({"topic": topic, "language": language});
    let made = server.post(token, "/v1/conversations", &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    say(server, &id, minutes);
    end(server, token, &id).await
}

/// Records a message a minute, the learner's first, as a live call does; the learner's have scores of 80 and 90 or so. A topic is gone
/// through.
pub fn say(server: &TestServer, id: &str, minutes: u64) {
    // The opener came a moment ago: the first gap shall count whole.
    let now = Timestamp::now();
    for minute in 0..=minutes {
        let sender = if minute % 2 == 0 { Sender::User } else { Sender::Ai };
        let at = now.plus(Duration::from_secs(minute * 60));
        let mut message = Message::new(ConversationId::from_text(id), sender, format!("words {minute}"), at);
        match sender {
            Sender::User => {
                message.analysis = Some(json!({
                    "grammar_score": 80,
                    "pronunciation_score": 96,
                    "vocabulary_level": "intermediate",
                    "errors": [{"type": "grammar", "word": "words", "area": "gender_agreement"}],
                }));
            }
            _ => message.insights = Some(json!({"new_vocabulary": ["words"]})),
        }
        server.running.writer.record(Event::Said { message });
    }
    server.running.writer.record(Event::Advanced {
        conversation_id: ConversationId::from_text(id),
        progress: json!({"step": 1}),
        topics_covered: vec!["welcoming_guests".to_owned()],
    });
}

async fn end(server: &TestServer, token: &str, id: &str) -> Value {
    let answer = server
        .post(token, &format!("/v1/conversations/{id}/end"), &json!({}))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

async fn server() -> TestServer {
    TestServer::builder()
        .set("API_KEYS", "ann:ann@example.com,bob:bob@example.com")
        .start()
        .await
}

#[actix_web::test]
async fn an_end_says_what_it_came_to() {
    let server = server().await;
    let ending = practise(&server, "ann", "french", 10).await;
    let summary = &ending["summary"];
    assert_eq!(summary["duration_minutes"], 10);
    assert_eq!(summary["total_messages"], 12);
    assert_eq!(
        summary["achievements"],
        json!([
            "first_conversation",
            "perfect_pronunciation_streak_5",
            "first_restaurant_conversation",
        ])
    );
    assert_eq!(summary["xp_earned"], 40 + 50 + 100 + 20);
    assert_eq!(
        summary["performance"],
        json!({
            "grammar_score": 80,
            "pronunciation_score": 96,
            "vocabulary_growth": 1,
            "confidence_improvement": null,
        })
    );
}

#[actix_web::test]
async fn ends_from_two_programs_on_one_database_pay_once() {
    let keys = "ann:ann@example.com";
    let dir = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite://{}?mode=rwc", dir.path().join("shared.db").display());
    let url = crate::fresh_database::url().await.unwrap_or(sqlite);
    let one = TestServer::builder()
        .set("API_KEYS", keys)
        .set("DATABASE_URL", &url)
        .start()
        .await;
    let other = TestServer::builder()
        .set("API_KEYS", keys)
        .set("DATABASE_URL", &url)
        .start()
        .await;
    let id = one.conversation("ann").await;
    say(&one, &id, 10);
    assert!(one.running.writer.flush().await);
    let path = format!("/v1/conversations/{id}/end");
    let body = json!({});
    let servers = [&one, &other];
    let ends = (0..10).map(|number| servers[number % 2].post("ann", &path, &body));
    let answers = futures::future::join_all(ends).await;
    let endings: Vec<Value> = answers.iter().map(Answer::json).collect();
    assert!(endings.iter().all(|ending| *ending == endings[0]), "{endings:?}");
    let xp = &endings[0]["summary"]["xp_earned"];
    for server in servers {
        let stats = &server.get("ann", "/v1/users/me").await.json()["stats"];
        assert_eq!(stats["xp_total"], *xp);
        assert_eq!(stats["total_conversations"], 1);
        let achieved = server.get("ann", "/v1/users/me/achievements").await.json();
        assert_eq!(
            achieved["total_achievements"],
            endings[0]["summary"]["achievements"].as_array().unwrap().len()
        );
    }
    one.stop().await;
    other.stop().await;
}

#[actix_web::test]
async fn progress_is_as_the_document_shows_it_and_adds_up() {
    let server = server().await;
    let mut xp = 0;
    for (language, minutes) in [("french", 10), ("french", 4), ("german", 6)] {
        let ending = practise(&server, "ann", language, minutes).await;
        if language == "french" {
            xp += ending["summary"]["xp_earned"].as_u64().unwrap();
        }
    }
    let answer = server
        .get("ann", "/v1/users/me/progress?period=week&language=fr-CA")
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let progress = answer.json();
    let me = server.get("ann", "/v1/users/me").await.json();
    assert_eq!(progress["user_id"], me["id"]);
    assert_eq!(progress["language"], "fr-CA");
    assert_eq!(progress["period"], "week");
    let day = |key: &str| {
        progress[key].as_str().unwrap()[..10]
            .parse::<jiff::civil::Date>()
            .unwrap()
    };
    assert!(progress["start_date"].as_str().unwrap().ends_with("T00:00:00Z"));
    assert!(progress["end_date"].as_str().unwrap().ends_with("T23:59:59Z"));
    assert_eq!((day("end_date") - day("start_date")).get_days(), 7);
    let overall = &progress["overall_stats"];
    assert_eq!(overall["conversations_completed"], 2);
    assert_eq!(overall["total_time_minutes"], 14);
    assert_eq!(overall["xp_earned"], xp);
    assert_eq!(overall["streak_days"], 1);
    assert_eq!(overall["proficiency_improvement"], 0.0);
    let skills = &progress["skill_breakdown"];
    assert_eq!(skills["grammar"]["current_score"], 80);
    assert_eq!(skills["grammar"]["weak_areas"], json!(["gender_agreement"]));
    assert_eq!(skills["grammar"]["strong_areas"], json!([]));
    assert_eq!(skills["pronunciation"]["current_score"], 96);
    let vocabulary = &skills["vocabulary"];
    assert_eq!(vocabulary["words_learned"], 1);
    assert_eq!(vocabulary["words_reviewed"], 1);
    assert_eq!(vocabulary["retention_rate"], 100);
    assert_eq!(vocabulary["categories"], json!({"food": 1}));
    let fluency = &skills["fluency"];
    assert_eq!(fluency["complexity_level"], "intermediate_low");
    assert_eq!(fluency["conversation_confidence"], Value::Null);
    assert_eq!(fluency["response_time_improvement"], Value::Null);
    let days = progress["daily_breakdown"].as_array().unwrap();
    assert_eq!(days.iter().map(|day| day["xp"].as_u64().unwrap()).sum::<u64>(), xp);
    assert_eq!(days.iter().map(|day| day["minutes"].as_u64().unwrap()).sum::<u64>(), 14);

    // What client libraries read.
    assert_eq!(progress["conversations_completed"], 2);
    assert_eq!(progress["xp_total"], me["stats"]["xp_total"]);
    assert_eq!(skills["weak_areas"], json!(["gender_agreement"]));
    let all = server.get("ann", "/v1/users/me/progress?period=all").await.json();
    assert_eq!(all["language"], "all");
    assert_eq!(all["overall_stats"]["total_time_minutes"], 20);
    assert_eq!(all["overall_stats"]["xp_earned"], me["stats"]["xp_total"]);
}

#[actix_web::test]
async fn progress_of_others_is_nobodys_business() {
    let server = server().await;
    let bob = server.get("bob", "/v1/users/me").await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let ann = server.get("ann", "/v1/users/me").await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    for id in [bob.as_str(), "user_unknown", "%00", "..%2f"] {
        server
            .get("ann", &format!("/v1/users/{id}/progress"))
            .await
            .error(404, "NOT_FOUND");
        server
            .get("ann", &format!("/v1/users/me/progress?user_id={id}"))
            .await
            .error(404, "NOT_FOUND");
    }
    assert_eq!(
        server.get("ann", &format!("/v1/users/{ann}/progress")).await.status,
        200
    );
    for (query, code) in [
        ("period=fortnight", "INVALID_REQUEST"),
        ("language=klingon", "INVALID_LANGUAGE"),
    ] {
        server
            .get("ann", &format!("/v1/users/me/progress?{query}"))
            .await
            .error(400, code);
    }
}

#[actix_web::test]
async fn achievements_are_as_the_document_shows_them_and_add_up() {
    let server = server().await;
    practise(&server, "ann", "french", 2).await;
    practise(&server, "ann", "french", 2).await;
    let answer = server.get("ann", "/v1/users/me/achievements").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let found = answer.json();
    let earned = found["achievements"].as_array().unwrap();
    assert_eq!(found["total_achievements"], earned.len());
    let xp: u64 = earned.iter().map(|earned| earned["xp_reward"].as_u64().unwrap()).sum();
    assert_eq!(found["total_xp_from_achievements"], xp);
    let mut first = earned
        .iter()
        .find(|earned| earned["id"] == "first_conversation")
        .unwrap()
        .clone();
    let at = first.as_object_mut().unwrap().remove("earned_at").unwrap();
    assert!(at.as_str().unwrap().ends_with('Z'));
    assert_eq!(
        first,
        json!({
            "id": "first_conversation",
            "name": "Breaking the Ice",
            "description": "Complete your first AI conversation",
            "icon": "🎉",
            "xp_reward": 50,
            "category": "milestone",
        })
    );
    let available = found["available_achievements"].as_array().unwrap();
    let master = available
        .iter()
        .find(|available| available["id"] == "restaurant_master")
        .unwrap();
    assert_eq!(
        *master,
        json!({
            "id": "restaurant_master",
            "name": "Restaurant Master",
            "description": "Complete 5 restaurant conversations",
            "icon": "🍽️",
            "xp_reward": 150,
            "category": "topic",
            "progress": {"current": 2, "required": 5},
        })
    );
    assert!(
        available
            .iter()
            .all(|one| earned.iter().all(|other| one["id"] != other["id"]))
    );
}

#[actix_web::test]
async fn whoever_only_takes_leave_has_gone_through_nothing_and_masters_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite://{}?mode=rwc", dir.path().join("leave.db").display());
    let url = crate::fresh_database::url().await.unwrap_or(sqlite);
    let server = TestServer::builder()
        .set("API_KEYS", "ann:ann@example.com")
        .set("DATABASE_URL", &url)
        .start()
        .await;
    let talk = async |texts: &[&str]| {
        let id = server.conversation("ann").await;
        for text in texts {
            let body = json!({"type": "text", "content": text});
            let answer = server
                .post("ann", &format!("/v1/conversations/{id}/messages"), &body)
                .await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        let ending = end(&server, "ann", &id).await;
        let path = format!("/v1/conversations/{id}/messages");
        let history = server.get("ann", &path).await.json();
        (
            ending["summary"]["achievements"].clone(),
            history["summary"]["topics_covered"].clone(),
        )
    };
    for number in 0..5 {
        let (achieved, covered) = talk(&["Au revoir"]).await;
        let first = if number == 0 {
            json!(["first_conversation"])
        } else {
            json!([])
        };
        assert_eq!((achieved, covered), (first, json!([])));
    }
    let (achieved, covered) = talk(&["Une table pour deux, s'il vous plaît", "Au revoir"]).await;
    assert_eq!(achieved, json!(["first_restaurant_conversation"]));
    assert_eq!(covered, json!(["welcoming_guests"]));
    server.stop().await;
}

#[actix_web::test]
async fn the_deck_is_listed_the_most_urgent_word_first() {
    let server = server().await;
    practise(&server, "ann", "french", 3).await;
    let deck = server.get("ann", "/v1/users/me/vocabulary?language=fr").await.json();
    assert_eq!(deck["language"], "fr");
    assert_eq!((&deck["total_words"], &deck["due_words"]), (&json!(1), &json!(0)));
    let word = &deck["words"][0];
    assert_eq!(word["word"], "words");
    assert_eq!(word["category"], "food");
    assert_eq!(word["is_due"], false);
    assert_eq!(deck["next_cursor"], Value::Null);
    let due = server
        .get("ann", "/v1/users/me/vocabulary?language=fr&due=true")
        .await
        .json();
    assert_eq!(due["words"], json!([]));
    let spanish = server.get("ann", "/v1/users/me/vocabulary").await.json();
    assert_eq!(
        (&spanish["language"], &spanish["words"]),
        (&json!("spanish"), &json!([]))
    );
    for query in ["limit=0", "limit=201", "cursor=nonsense", "due=perhaps"] {
        let path = format!("/v1/users/me/vocabulary?{query}");
        server.get("ann", &path).await.error(400, "INVALID_REQUEST");
    }
}

#[actix_web::test]
async fn conversations_are_listed_newest_first_and_found_by_what_integrations_gave() {
    let server = server().await;
    let mut made = Vec::new();
    for number in 0..5 {
        let body = json!({
            "topic": "restaurant",
            "language": if number == 0 { "german" } else { "fr" },
            "custom_context": {"assignment_id": format!("hw_{}", number % 2), "due_date": format!("2024-04-0{}", 1 + number / 3), "student_id": number},
        });
        let answer = server.post("ann", "/v1/conversations", &body).await;
        made.insert(0, answer.json()["id"].as_str().unwrap().to_owned());
    }
    server.conversation("bob").await;
    let ids = |list: &Value| -> Vec<String> {
        let list = list["conversations"].as_array().unwrap().iter();
        list.map(|conversation| conversation["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut found = Vec::new();
    let mut path = "/v1/conversations?limit=2".to_owned();
    loop {
        let page = server.get("ann", &path).await.json();
        found.extend(ids(&page));
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/v1/conversations?limit=2&cursor={cursor}");
    }
    assert_eq!(found, made);
    let list = server.get("ann", "/v1/conversations").await.json();
    assert_eq!(list["conversations"][0]["context"]["due_date"], "2024-04-02");
    end(&server, "ann", &made[0]).await;
    for (query, expected) in [
        ("assignment_id=hw_1", vec![1, 3]),
        ("student_id=3&assignment_id=hw_1", vec![1]),
        ("challenge_id=x", vec![]),
        ("due_date=2024-04-02", vec![0, 1]),
        ("due_date=2024-04-01&assignment_id=hw_0", vec![2, 4]),
        ("status=completed", vec![0]),
        ("language=german", vec![4]),
    ] {
        let found = ids(&server.get("ann", &format!("/v1/conversations?{query}")).await.json());
        let expected: Vec<String> = expected.into_iter().map(|index: usize| made[index].clone()).collect();
        assert_eq!(found, expected, "{query}");
    }
    for query in ["limit=101", "status=lost", "cursor=%00"] {
        let path = format!("/v1/conversations?{query}");
        server.get("ann", &path).await.error(400, "INVALID_REQUEST");
    }
}

#[actix_web::test]
async fn a_guests_practice_counts_for_whoever_claims_it() {
    let server = server().await;
    practise(&server, "ann", "french", 2).await;
    let pass = Answer::to(server.request(Method::POST, "/v1/guests")).await.json();
    let token = pass["access_token"].as_str().unwrap();
    practise(&server, token, "french", 3).await;
    let board = "/v1/leaderboards?language=french";
    assert_eq!(server.get("bob", board).await.json()["total_participants"], 1);
    let guest = UserId::from_text(pass["guest_id"].as_str().unwrap());
    let path = format!("/v1/guests/{guest}/claim");
    let claimed = server.post("ann", &path, &json!({"guest_token": token})).await;
    assert_eq!(claimed.status, 200, "{}", claimed.text);
    let stats = &server.get("ann", "/v1/users/me").await.json()["stats"];
    assert_eq!(
        (&stats["total_conversations"], &stats["total_time_minutes"]),
        (&json!(2), &json!(5))
    );
    assert_eq!(stats["xp_total"], 5 * 4 + 50 + 20);
    assert_eq!(
        server.get("bob", board).await.json()["leaders"][0]["xp"],
        stats["xp_total"]
    );
}
