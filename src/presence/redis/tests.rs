//! Against a real Redis: `TEST_REDIS_URL`, or one that is started here when it is installed.

use std::net::{IpAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use uuid::Uuid;

use super::Redis;
use super::boards::RedisBoards;
use super::leases::RedisLeases;
use super::limits::RedisLimits;
use super::nodes::RedisNodes;
use super::sockets::RedisSockets;
use crate::ids::ConversationId;
use crate::presence::PresenceMetrics;
use crate::presence::boards::{Boards, tests as boards};
use crate::presence::gcra::Window;
use crate::presence::leases::Leases;
use crate::presence::limits::Limits;
use crate::presence::nodes::{Node, Nodes};
use crate::presence::sockets::Sockets;

/// A Redis of a test's own, which ends with it.
struct Server {
    process: Child,
    dir: TempDir,
    port: u16,
}

impl Server {
    /// `None` where Redis is not installed.
    fn start() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
        let dir = tempfile::tempdir().unwrap();
        let process = Self::spawn(&dir, port)?;
        Some(Self { process, dir, port })
    }

    fn spawn(dir: &TempDir, port: u16) -> Option<Child> {
        Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .current_dir(dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()
    }

    fn stop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    fn start_again(&mut self) {
        self.process = Self::spawn(&self.dir, self.port).expect("it started before");
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn open(url: &str) -> Redis {
    let prefix = format!("test-{}:", Uuid::new_v4().simple());
    Redis::open(url, &prefix, PresenceMetrics::default()).unwrap()
}

/// Asks until Redis answers: it takes a moment to start, and is not asked for one after it was away.
async fn answers(redis: &Redis) {
    for _ in 0..100 {
        if redis.ping().await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("Redis does not answer");
}

/// A Redis to test with, and what keeps it alive.
async fn redis() -> Option<(Redis, Option<Server>)> {
    let (redis, server) = match std::env::var("TEST_REDIS_URL") {
        Ok(url) => (open(&url), None),
        Err(_) => {
            let server = Server::start()?;
            (open(&server.url()), Some(server))
        }
    };
    answers(&redis).await;
    Some((redis, server))
}

const HOUR: Window = Window::new("hour", 60, Duration::from_secs(3600), 60);
const MINUTE: Window = Window::new("minute", 10, Duration::from_secs(60), 10);

#[tokio::test]
async fn boards_keep_the_rules_and_two_nodes_see_the_same() {
    let Some((redis, _server)) = redis().await else { return };
    let (one, other) = (RedisBoards::new(redis.clone()), RedisBoards::new(redis));
    boards::check(&one).await;
    let board = boards::days(19_790, 19_797, Some("french"));
    let seen = boards::leaders(&other, &board).await;
    assert_eq!(seen, boards::leaders(&one, &board).await);
    assert_eq!(seen.len(), 3);
    other
        .set(&boards::user("dan"), &[boards::gain(19_797, "french", 99, 5)])
        .await
        .unwrap();
    assert_eq!(boards::leaders(&one, &board).await[0], ("dan".to_owned(), 99));
}

#[tokio::test]
async fn boards_that_change_all_the_time_take_no_more_room() {
    let Some((redis, _server)) = redis().await else { return };
    let all = RedisBoards::new(redis.clone());
    let board = boards::days(19_790, 19_797, Some("french"));
    all.complete().await.unwrap();
    let mut counts = Vec::new();
    for xp in 1..=20 {
        let gain = boards::gain(19_797, "french", xp, 5);
        all.set(&boards::user("ann"), &[gain]).await.unwrap();
        assert_eq!(boards::leaders(&all, &board).await, [("ann".to_owned(), xp)]);
        let mut keys = redis::cmd("KEYS");
        keys.arg(redis.key("*"));
        counts.push(redis.command::<Vec<String>>(keys).await.unwrap().len());
    }
    assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
}

#[tokio::test]
async fn what_is_slow_for_one_use_is_asked_for_another() {
    let Some((redis, _server)) = redis().await else { return };
    // A board that takes longer than anybody waits.
    let slow = redis::Script::new("local stop = os.clock() + 0.6 while os.clock() < stop do end return 1");
    let error = redis
        .script::<i64>(&slow.prepare_invoke())
        .await
        .unwrap_err()
        .to_string();
    assert!(!error.contains("a moment ago"), "{error}");
    // Whether it answers by now depends on the machine; that it is asked does not.
    if let Err(error) = redis.for_another_use().ping().await {
        assert!(!error.to_string().contains("a moment ago"), "{error}");
    }
}

#[tokio::test]
async fn two_nodes_count_together_and_forget_nothing_but_what_is_over() {
    let Some((redis, _server)) = redis().await else { return };
    let (one, other) = (RedisLimits::new(redis.clone()), RedisLimits::new(redis.clone()));
    for spent in 1..=10 {
        let node = if spent % 2 == 0 { &one } else { &other };
        let decision = node.spend("ann", &[HOUR, MINUTE]).await;
        assert!(decision.is_allowed);
        assert_eq!(decision.standings[0].remaining, 60 - spent);
    }
    let refused = one.spend("ann", &[HOUR, MINUTE]).await;
    assert!(!refused.is_allowed);
    assert_eq!(refused.standings[0].remaining, 50);
    assert_eq!(refused.standings[1].remaining, 0);
    assert!(refused.retry_after() <= Duration::from_secs(6) && refused.retry_after() > Duration::from_secs(1));
    assert!(one.spend("bob", &[HOUR, MINUTE]).await.is_allowed);
    let mut lasts = redis::cmd("PTTL");
    lasts.arg(redis.key("limit:{ann}:minute"));
    let lasts: i64 = redis.command(lasts).await.unwrap();
    assert!((1..=60_000).contains(&lasts), "{lasts}");
}

#[tokio::test]
async fn a_lease_holds_on_both_nodes_until_it_is_given_back_or_has_ended() {
    let Some((redis, _server)) = redis().await else { return };
    let (one, other) = (RedisLeases::new(redis.clone()), RedisLeases::new(redis));
    let long = Duration::from_secs(60);
    assert!(one.acquire("turn", "ann", long).await.unwrap());
    assert!(one.acquire("turn", "ann", long).await.unwrap());
    assert!(!other.acquire("turn", "bob", long).await.unwrap());
    other.release("turn", "bob").await.unwrap();
    assert!(!other.acquire("turn", "bob", long).await.unwrap());
    one.release("turn", "ann").await.unwrap();
    assert!(other.acquire("turn", "bob", Duration::from_millis(1)).await.unwrap());
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(one.acquire("turn", "ann", long).await.unwrap());
}

#[tokio::test]
async fn an_address_holds_so_many_connections_at_both_nodes_together() {
    let Some((redis, _server)) = redis().await else { return };
    let one = Sockets::shared(RedisSockets::start(redis.clone()));
    let other = Sockets::shared(RedisSockets::start(redis.clone()));
    let (ann, bob) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
    let first = one.open(ann, 2).await.expect("room");
    let _second = other.open(ann, 2).await.expect("room");
    for node in [&one, &other] {
        assert!(node.open(ann, 2).await.is_none());
        assert!(node.open(bob, 2).await.is_some());
    }
    drop(first);
    until(async || other.open(ann, 2).await.is_some()).await;
    // What a node held that died is free after a while.
    let key = redis.key(format_args!("sockets:{ann}"));
    let mut lasts = redis::cmd("PTTL");
    lasts.arg(&key);
    let lasts: i64 = redis.command(lasts).await.unwrap();
    assert!((1..=35_000).contains(&lasts), "{lasts}");
    let mut long_ago = redis::cmd("ZADD");
    long_ago.arg(&key).arg(1).arg("of a dead node");
    redis.command::<i64>(long_ago).await.unwrap();
    assert!(one.open(ann, 2).await.is_some());
}

#[tokio::test]
async fn a_node_finds_the_calls_of_another_until_they_are_over() {
    let Some((redis, _server)) = redis().await else { return };
    let here = |url: &str| Node::new(Some(url.to_owned()));
    let one = RedisNodes::start(redis.clone(), here("http://one"));
    let other = RedisNodes::start(redis, here("http://other"));
    let id = ConversationId::new();
    one.hold(&id);
    assert_eq!(one.holder(&id).await.unwrap().as_ref(), Some(one.here()));
    until(async || other.holder(&id).await.unwrap().as_ref() == Some(one.here())).await;
    other.let_go(&id);
    one.let_go(&id);
    until(async || other.holder(&id).await.unwrap().is_none()).await;
}

#[tokio::test]
async fn without_redis_each_node_goes_on_by_itself_until_it_is_back() {
    let Some(mut server) = Server::start() else { return };
    let redis = open(&server.url());
    answers(&redis).await;
    let limits = RedisLimits::new(redis.clone());
    let leases = RedisLeases::new(redis.clone());
    let nodes = RedisNodes::start(redis.clone(), Node::new(None));
    let long = Duration::from_secs(60);
    let id = ConversationId::new();
    nodes.hold(&id);
    assert!(leases.acquire("turn", "ann", long).await.unwrap());
    server.stop();
    for _ in 0..10 {
        assert!(limits.spend("ann", &[MINUTE]).await.is_allowed);
    }
    assert!(!limits.spend("ann", &[MINUTE]).await.is_allowed);
    assert!(!leases.acquire("turn", "bob", long).await.unwrap());
    assert!(leases.acquire("other", "bob", long).await.unwrap());
    assert!(leases.release("turn", "ann").await.is_err());
    assert_eq!(nodes.holder(&id).await.unwrap().as_ref(), Some(nodes.here()));
    assert!(nodes.holder(&ConversationId::new()).await.is_err());
    server.start_again();
    answers(&redis).await;
    assert_eq!(limits.spend("ann", &[MINUTE]).await.standings[0].remaining, 9);
    assert!(leases.acquire("third", "bob", long).await.unwrap());
}

async fn until(condition: impl AsyncFn() -> bool) {
    for _ in 0..200 {
        if condition().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never came true");
}
