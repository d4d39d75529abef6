//! Leaderboards, of everyone and of organisations, on one node and on two.

use serde_json::{Value, json};

use crate::learning::practise;
use crate::test_server::{Builder, TestServer};

const KEYS: &str = "ann:alex.morgan@example.com,bob:bob.stone@example.com,cid:cid@example.com";
const WEEK: &str = "/v1/leaderboards?type=weekly&language=french&limit=50";

fn builder() -> Builder {
    TestServer::builder().set("API_KEYS", KEYS)
}

async fn id(server: &TestServer, key: &str) -> String {
    server.get(key, "/v1/users/me").await.json()["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn board(server: &TestServer, key: &str, path: &str) -> Value {
    let answer = server.get(key, path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn names(board: &Value) -> Vec<&str> {
    let leaders = board["leaders"].as_array().unwrap().iter();
    leaders.map(|leader| leader["user"]["name"].as_str().unwrap()).collect()
}

#[actix_web::test]
async fn a_leaderboard_is_as_the_document_shows_it() {
    let server = builder().start().await;
    practise(&server, "bob", "french", 3).await;
    practise(&server, "ann", "french", 20).await;
    practise(&server, "ann", "german", 2).await;
    practise(&server, &server.guest().await, "french", 60).await;
    let week = board(&server, "bob", WEEK).await;
    assert_eq!(week["leaderboard_type"], "weekly");
    assert_eq!(week["language"], "french");
    let (from, to) = week["period"].as_str().unwrap().split_once(" to ").unwrap();
    let (from, to) = (
        from.parse::<jiff::civil::Date>().unwrap(),
        to.parse::<jiff::civil::Date>().unwrap(),
    );
    assert_eq!((to - from).get_days(), 7);
    assert_eq!(week["total_participants"], 2);
    let xp = 20 * 4 + 50 + 100 + 200 + 20;
    assert_eq!(
        week["leaders"][0],
        json!({
            "rank": 1,
            "user": {"id": id(&server, "ann").await, "name": "Alex M.", "avatar_url": null, "level": 3},
            "xp": xp,
            "conversations": 1,
            "streak": 1,
        })
    );
    assert_eq!(week["leaders"][1]["user"]["name"], "Bob S.");
    let own = 3 * 4 + 50 + 20;
    assert_eq!(week["user_rank"], 2);
    assert_eq!(
        week["user_stats"],
        json!({
            "rank": 2, "xp": own, "conversations": 1, "streak": 1, "xp_to_next_rank": xp - own + 1,
        })
    );
    let first = board(&server, "ann", "/v1/leaderboards?limit=1").await;
    assert_eq!(first["language"], "all");
    assert_eq!(
        (names(&first), &first["user_stats"]["xp_to_next_rank"]),
        (vec!["Alex M."], &json!(0))
    );
    let outside = board(&server, "cid", WEEK).await;
    assert_eq!(
        (&outside["user_rank"], &outside["user_stats"]["rank"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(outside["user_stats"]["xp"], 0);
    for kind in ["monthly", "all_time"] {
        let other = board(&server, "ann", &format!("/v1/leaderboards?type={kind}&language=fr")).await;
        assert_eq!(
            (&other["leaderboard_type"], &other["language"]),
            (&json!(kind), &json!("fr"))
        );
        assert_eq!(names(&other), ["Alex M.", "Bob S."]);
    }
    for query in ["type=hourly", "limit=0", "limit=101", "limit=x"] {
        server
            .get("ann", &format!("/v1/leaderboards?{query}"))
            .await
            .error(400, "INVALID_REQUEST");
    }
    server
        .get("ann", "/v1/leaderboards?language=klingon")
        .await
        .error(400, "INVALID_LANGUAGE");
}

#[actix_web::test]
async fn boards_survive_a_restart() {
    let server = builder().start().await;
    practise(&server, "bob", "french", 3).await;
    let before = board(&server, "bob", WEEK).await;
    let again = server.stop().await.start().await;
    assert_eq!(board(&again, "bob", WEEK).await, before);
}

#[actix_web::test]
async fn without_a_team_there_is_no_team_board() {
    let server = builder().start().await;
    server
        .get("ann", "/v1/leaderboards?type=team")
        .await
        .error(400, "INVALID_REQUEST");
    for team in ["org_unknown", "%00"] {
        let path = format!("/v1/leaderboards?type=team&team_id={team}&period=month");
        server.get("ann", &path).await.error(404, "NOT_FOUND");
    }
}
