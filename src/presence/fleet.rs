//! How nodes talk to each other: by HTTP, each request with a ticket that shows that it comes from a node.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::nodes::{Node, Nodes};
use super::redis::Redis;
use super::redis::tickets::{Sender, Ticket};
use crate::ids::ConversationId;

/// The other nodes; clones share it.
#[derive(Clone)]
pub struct Fleet {
    redis: Redis,
    nodes: Arc<dyn Nodes>,
}

/// Why another node could not be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FleetError {
    /// It has no `NODE_URL`.
    #[error("the call is held by a node that others can't reach")]
    NoUrl,
    /// It does not answer, or something between us and it doesn't.
    #[error("the node that holds the call does not answer")]
    Away,
}

/// The header in which the ticket is shown.
pub const TICKET: &str = "x-colloquy-handed-over";

/// How long another node may take: as long as a reply takes to be heard, and a little more.
const TIMEOUT: Duration = Duration::from_secs(100);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

static CLIENT: LazyLock<Result<reqwest::Client, reqwest::Error>> = LazyLock::new(|| {
    // A second time it has no effect, and needs none.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        // Each worker has a runtime of its own, which an idle connection may not outlive.
        .pool_max_idle_per_host(0)
        .build()
});

impl Fleet {
    /// The nodes that share that Redis.
    pub fn new(redis: Redis, nodes: Arc<dyn Nodes>) -> Self {
        Self { redis, nodes }
    }

    /// The other node that holds the call of a conversation. None if nobody does, this one does, or nobody can tell.
    pub async fn holder(&self, conversation: &ConversationId) -> Option<Node> {
        let holder = self.nodes.holder(conversation).await.ok().flatten();
        holder.filter(|node| node.id != self.nodes.here().id)
    }

    /// A request to another node, with its ticket. `path` has its query; `sender` is whose request is handed over, if it is
    /// anybody's.
    ///
    /// # Errors
    /// When the node can't be reached.
    pub async fn request(
        &self,
        node: &Node,
        method: Method,
        path: &str,
        sender: Option<Sender>,
    ) -> Result<RequestBuilder, FleetError> {
        let url = node.url.as_deref().ok_or(FleetError::NoUrl)?;
        let client = CLIENT.as_ref().map_err(|_| FleetError::Away)?;
        let ticket = Ticket {
            node: node.id.clone(),
            request: named(method.as_str(), path),
            sender,
        };
        let ticket = self.redis.issue_ticket(&ticket).await.map_err(|error| {
            self.redis.went_without("tickets", &error);
            FleetError::Away
        })?;
        Ok(client.request(method, format!("{url}{path}")).header(TICKET, ticket))
    }

    /// Asks another node something of this one's own.
    ///
    /// # Errors
    /// When it can't be reached, or makes no sense.
    pub async fn ask<R: DeserializeOwned>(
        &self,
        node: &Node,
        path: &str,
        question: &impl Serialize,
    ) -> Result<R, FleetError> {
        let request = self.request(node, Method::POST, path, None).await?;
        let answer = async { request.json(question).send().await?.error_for_status()?.json().await };
        answer.await.map_err(|error: reqwest::Error| {
            tracing::warn!(node = node.id, %error, "a node does not answer");
            FleetError::Away
        })
    }

    /// The ticket that a request shows, if it is good for that request to this node. It is good no more afterwards.
    pub async fn redeem(&self, name: &str, method: &str, path: &str) -> Option<Ticket> {
        let ticket = match self.redis.redeem_ticket(name).await {
            Ok(ticket) => ticket?,
            Err(error) => {
                self.redis.went_without("tickets", &error);
                return None;
            }
        };
        let is_good = ticket.node == self.nodes.here().id && ticket.request == named(method, path);
        is_good.then_some(ticket)
    }
}

fn named(method: &str, path: &str) -> String {
    format!("{method} {path}")
}
