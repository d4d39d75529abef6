//! Leaderboards, of everyone and of organisations, on one node and on two.

use serde_json::{Value, json};

use crate::learning::{practise, practise_about};
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
async fn who_has_left_is_on_no_board() {
    let server = builder().start().await;
    practise(&server, "bob", "french", 3).await;
    practise(&server, "ann", "french", 9).await;
    assert_eq!(names(&board(&server, "bob", WEEK).await), ["Alex M.", "Bob S."]);
    // As the command line does it: no board is told.
    let ann = colloquy::ids::UserId::from_text(id(&server, "ann").await);
    assert!(server.running.database.remove_user(&ann).await.unwrap());
    let week = board(&server, "bob", WEEK).await;
    assert_eq!(
        (names(&week), &week["user_rank"], &week["total_participants"]),
        (vec!["Bob S."], &json!(1), &json!(1))
    );
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

/// An organisation with Ann as its owner and Bob and Cid as members: its id, and a key of its own.
async fn organisation(server: &TestServer) -> (String, String) {
    let founded = server.post("ann", "/v1/organisations", &json!({"name": "Acme"})).await;
    assert_eq!(founded.status, 201, "{}", founded.text);
    let team = founded.json()["id"].as_str().unwrap().to_owned();
    for (key, email) in [("bob", "bob.stone@example.com"), ("cid", "cid@example.com")] {
        let path = format!("/v1/organisations/{team}/members");
        let invited = server.post("ann", &path, &json!({ "email": email })).await;
        assert!(invited.status < 300, "{}", invited.text);
        let accept = json!({ "token": invited.json()["token"] });
        let joined = server
            .post(key, &format!("/v1/organisations/{team}/invitation"), &accept)
            .await;
        assert!(joined.status < 300, "{}", joined.text);
    }
    let path = format!("/v1/organisations/{team}/api-keys");
    let made = server.post("ann", &path, &json!({"name": "dashboard"})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    (team, made.json()["key"].as_str().unwrap().to_owned())
}

#[actix_web::test]
async fn a_team_board_shows_all_members_to_members_and_the_teams_keys() {
    let server = TestServer::builder()
        .set("API_KEYS", &format!("{KEYS},eve:eve@example.com"))
        .start()
        .await;
    let (team, team_key) = organisation(&server).await;
    practise(&server, "bob", "french", 3).await;
    practise(&server, "eve", "french", 9).await;
    practise_about(&server, "cid", "job_interview", "german", 1).await;
    let path = format!("/v1/leaderboards?type=team&team_id={team}&period=month");
    for key in ["ann", "bob", team_key.as_str()] {
        let board = board(&server, key, &path).await;
        assert_eq!(board["leaderboard_type"], "team");
        assert_eq!(board["team_id"], team);
        assert_eq!(board["total_participants"], 3);
        let first = &board["leaders"][0];
        assert_eq!(
            (&first["user"]["name"], &first["conversations"]),
            (&json!("Bob S."), &json!(1))
        );
        assert_eq!(first["avg_performance_score"], 88);
        assert_eq!(first["business_scenarios_completed"], 0);
        assert_eq!(board["leaders"][1]["business_scenarios_completed"], 1);
        assert_eq!(board["leaders"][2]["xp"], 0);
        assert_eq!(board["leaders"][2]["avg_performance_score"], Value::Null);
    }
    server.get("eve", &path).await.error(404, "NOT_FOUND");

    // The team's key reads its members' progress, and nobody else's.
    let (bob, eve) = (id(&server, "bob").await, id(&server, "eve").await);
    for path in [
        format!("/v1/users/me/progress?user_id={bob}&period=week"),
        format!("/v1/users/{bob}/progress"),
    ] {
        let progress = board(&server, &team_key, &path).await;
        assert_eq!(
            (&progress["user_id"], &progress["conversations_completed"]),
            (&json!(bob), &json!(1))
        );
        server.get("ann", &path).await.error(404, "NOT_FOUND");
    }
    server
        .get(&team_key, &format!("/v1/users/{eve}/progress"))
        .await
        .error(404, "NOT_FOUND");
}

#[actix_web::test]
async fn homework_that_a_team_gives_is_the_members_and_is_found_by_the_team() {
    let server = builder().start().await;
    let (_, team_key) = organisation(&server).await;
    let bob = id(&server, "bob").await;
    let body = json!({"topic": "restaurant", "custom_context": {"challenge_id": "challenge_1", "team_member": bob}});
    let made = server.post(&team_key, "/v1/conversations", &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json()["id"].clone();
    for (key, query) in [
        ("bob", ""),
        (team_key.as_str(), "?challenge_id=challenge_1"),
        (team_key.as_str(), ""),
    ] {
        let list = board(&server, key, &format!("/v1/conversations{query}")).await;
        let list = list["conversations"].as_array().unwrap();
        assert_eq!(
            (list.len(), &list[0]["id"], &list[0]["user_id"]),
            (1, &made, &json!(bob)),
            "{key}"
        );
    }
    assert_eq!(
        board(&server, "cid", "/v1/conversations").await["conversations"],
        json!([])
    );
    assert_eq!(
        board(&server, "ann", "/v1/conversations").await["conversations"],
        json!([])
    );
}

#[actix_web::test]
async fn two_nodes_show_the_same_boards() {
    let Ok(redis) = std::env::var("TEST_REDIS_URL") else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let sqlite = format!("sqlite://{}?mode=rwc", dir.path().join("shared.db").display());
    let database = crate::fresh_database::url().await.unwrap_or(sqlite);
    let prefix = format!("test:{}:", dir.path().file_name().unwrap().to_str().unwrap());
    let node = || {
        let node = builder().set("DATABASE_URL", &database);
        node.set("REDIS_URL", &redis).set("REDIS_PREFIX", &prefix).start()
    };
    let (one, other) = (node().await, node().await);
    for (node, key, minutes) in [(&one, "ann", 3), (&other, "bob", 5), (&one, "bob", 1)] {
        practise(node, key, "french", minutes).await;
        let path = "/v1/leaderboards?language=french";
        let (here, there) = (board(&one, key, path).await, board(&other, key, path).await);
        assert_eq!(here, there);
    }
    assert_eq!(names(&board(&other, "ann", WEEK).await), ["Bob S.", "Alex M."]);
    one.stop().await;
    other.stop().await;
}
