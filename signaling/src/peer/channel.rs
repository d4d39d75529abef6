//! The data channel `events` (RFC 8831): messages queued until it opens and while it is slow.

use std::collections::VecDeque;
use std::time::Instant;

use rtc::data_channel::RTCDataChannelId;
use rtc::peer_connection::RTCPeerConnection;

/// The label that the client opens the channel with.
pub const EVENTS_LABEL: &str = "events";

/// Messages that wait at most; the oldest make room.
const MAX_QUEUED: usize = 256;

/// Bytes handed to SCTP and not yet acknowledged before messages wait here instead.
const HIGH_WATER: usize = 128 * 1024;

#[derive(Debug, Default)]
pub(super) struct Channel {
    id: Option<RTCDataChannelId>,
    queue: VecDeque<String>,
}

impl Channel {
    /// A channel has opened. Whether it is the events channel.
    pub(super) fn opened(&mut self, id: RTCDataChannelId, core: &mut RTCPeerConnection) -> bool {
        let ours = core
            .data_channel(id)
            .is_some_and(|channel| channel.label() == EVENTS_LABEL);
        if ours {
            self.id = Some(id);
        }
        ours
    }

    /// A channel has closed. Whether it was the events channel.
    pub(super) fn closed(&mut self, id: RTCDataChannelId) -> bool {
        let ours = self.is(id);
        if ours {
            self.id = None;
        }
        ours
    }

    /// Whether this is the open events channel.
    pub(super) fn is(&self, id: RTCDataChannelId) -> bool {
        self.id == Some(id)
    }

    /// Queues a message. Whether an older one had to go.
    pub(super) fn push(&mut self, message: &str) -> bool {
        let full = self.queue.len() >= MAX_QUEUED;
        if full {
            self.queue.pop_front();
        }
        self.queue.push_back(message.to_owned());
        full
    }

    /// Hands to the core what it takes.
    pub(super) fn flush(&mut self, core: &mut RTCPeerConnection, now: Instant) {
        let Some(id) = self.id else { return };
        while !self.queue.is_empty() {
            let Some(mut channel) = core.data_channel(id) else {
                return;
            };
            if channel.outstanding_bytes() > HIGH_WATER {
                return;
            }
            let Some(message) = self.queue.pop_front() else {
                return;
            };
            if let Err(error) = channel.send_text(now, message) {
                // Closing, or longer than the client takes: neither gets better by trying again.
                tracing::debug!(%error, "a message was not sent");
            }
        }
    }
}
