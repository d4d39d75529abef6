//! Tickets: by which a node knows that a request comes from another one. Each is a name that nobody guesses, kept in Redis with
//! what it is good for, and taken away by whoever shows it: only who shares the Redis can make one, and nobody uses one twice.

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Redis;
use crate::presence::PresenceError;

/// What a node vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// The id of the node that it is for.
    pub node: String,
    /// The one request that it is good for: its method, its path and its query.
    pub request: String,
    /// From whom it comes; none when the node itself asks.
    pub sender: Option<Sender>,
}

/// Who sent a request that is handed over, as the first node saw them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// Their address.
    pub address: IpAddr,
    /// Whether they came over HTTPS.
    pub is_https: bool,
    /// Whom they asked.
    pub host: Option<String>,
}

/// How long a request may be on its way from one node to another.
const LIFETIME: Duration = Duration::from_secs(10);
/// Letters of a ticket's name: two random UUIDs in hexadecimal.
const LENGTH: usize = 64;

impl Redis {
    /// Makes a ticket; the name by which it is shown.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn issue_ticket(&self, ticket: &Ticket) -> Result<String, PresenceError> {
        let name = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        let mut command = redis::cmd("SET");
        command.arg(self.ticket_key(&name));
        command.arg(serde_json::to_string(ticket).expect("a ticket is a few texts"));
        command.arg("PX").arg(LIFETIME.as_millis() as u64);
        self.command::<()>(command).await?;
        Ok(name)
    }

    /// Takes a ticket that is shown; none if there is no such ticket any more, or never was.
    ///
    /// # Errors
    /// When Redis is away.
    pub async fn redeem_ticket(&self, name: &str) -> Result<Option<Ticket>, PresenceError> {
        if name.len() != LENGTH || !name.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let mut command = redis::cmd("GETDEL");
        command.arg(self.ticket_key(name));
        let text = self.command::<Option<String>>(command).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    fn ticket_key(&self, name: &str) -> String {
        self.key(format_args!("ticket:{name}"))
    }
}
