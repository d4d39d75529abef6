//! Nodes that know of each other's calls.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::Redis;
use super::leases::RELEASE;
use crate::ids::ConversationId;
use crate::presence::PresenceError;
use crate::presence::nodes::{LocalNodes, Node, Nodes};

/// Nodes in Redis. `node:{id}` is how a node is reached, `call:{conversation}` the id of who holds it; both end by themselves
/// when a node is gone. While Redis is away, this node knows its own calls.
#[derive(Debug)]
pub struct RedisNodes {
    redis: Redis,
    local: Arc<LocalNodes>,
    changes: mpsc::Sender<Change>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
enum Change {
    Held(ConversationId),
    LetGo(ConversationId),
}

/// How often a node says that it is there, and which calls it holds.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// When a node that says nothing is taken for gone.
const LIFETIME: Duration = Duration::from_secs(35);
/// Changes that wait to be told; what does not fit is told with the next heartbeat.
const CAPACITY: usize = 1024;

impl RedisNodes {
    /// Tells the others of this node from now on.
    pub fn start(redis: Redis, here: Node) -> Self {
        let local = Arc::new(LocalNodes::new(here));
        let (changes, told) = mpsc::channel(CAPACITY);
        let task = tokio::spawn(tell(redis.clone(), Arc::clone(&local), told));
        Self {
            redis,
            local,
            changes,
            task,
        }
    }

    async fn holder_of_all(&self, conversation: &ConversationId) -> Result<Option<Node>, PresenceError> {
        let mut call = redis::cmd("GET");
        call.arg(call_key(&self.redis, conversation));
        let Some(id) = self.redis.command::<Option<String>>(call).await? else {
            return Ok(None);
        };
        let mut node = redis::cmd("GET");
        node.arg(node_key(&self.redis, &id));
        // Who has died holds nothing.
        let text = self.redis.command::<Option<String>>(node).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }
}

impl Drop for RedisNodes {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[async_trait]
impl Nodes for RedisNodes {
    fn here(&self) -> &Node {
        self.local.here()
    }

    fn hold(&self, conversation: &ConversationId) {
        self.local.hold(conversation);
        let _ = self.changes.try_send(Change::Held(conversation.clone()));
    }

    fn let_go(&self, conversation: &ConversationId) {
        self.local.let_go(conversation);
        let _ = self.changes.try_send(Change::LetGo(conversation.clone()));
    }

    async fn holder(&self, conversation: &ConversationId) -> Result<Option<Node>, PresenceError> {
        if self.local.holds(conversation) {
            return Ok(Some(self.here().clone()));
        }
        self.holder_of_all(conversation).await
    }
}

fn node_key(redis: &Redis, id: &str) -> String {
    redis.key(format_args!("node:{id}"))
}

fn call_key(redis: &Redis, conversation: &ConversationId) -> String {
    redis.key(format_args!("call:{conversation}"))
}

async fn tell(redis: Redis, local: Arc<LocalNodes>, mut changes: mpsc::Receiver<Change>) {
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let told = tokio::select! {
            _ = heartbeat.tick() => say_everything(&redis, &local).await,
            change = changes.recv() => match change {
                Some(Change::Held(conversation)) => {
                    redis.command::<()>(hold(&redis, local.here(), &conversation)).await
                }
                Some(Change::LetGo(conversation)) => let_go(&redis, local.here(), &conversation).await,
                None => return,
            },
        };
        if let Err(error) = told {
            redis.went_without("nodes", &error);
        }
    }
}

async fn say_everything(redis: &Redis, local: &LocalNodes) -> Result<(), PresenceError> {
    let here = local.here();
    let mut pipeline = redis::pipe();
    let text = serde_json::to_string(here).expect("a node is two texts");
    let lifetime = LIFETIME.as_millis() as u64;
    pipeline.cmd("SET").arg(node_key(redis, &here.id)).arg(text);
    pipeline.arg("PX").arg(lifetime).ignore();
    for conversation in local.all() {
        pipeline.add_command(hold(redis, here, &conversation)).ignore();
    }
    redis.pipeline(pipeline).await
}

fn hold(redis: &Redis, here: &Node, conversation: &ConversationId) -> redis::Cmd {
    let mut command = redis::cmd("SET");
    command.arg(call_key(redis, conversation)).arg(&here.id);
    command.arg("PX").arg(LIFETIME.as_millis() as u64);
    command
}

async fn let_go(redis: &Redis, here: &Node, conversation: &ConversationId) -> Result<(), PresenceError> {
    let mut call = RELEASE.key(call_key(redis, conversation));
    redis.script::<i64>(call.arg(&here.id)).await.map(|_| ())
}
