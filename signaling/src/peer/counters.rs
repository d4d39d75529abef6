//! What a peer dropped, by cause.

/// Counters since the peer was made. Each names something that was dropped, but for those that say so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeerCounters {
    /// Datagrams of no protocol that WebRTC uses, or too short for theirs.
    pub garbage: u64,
    /// STUN that isn't well-formed, or of a kind that ICE doesn't use here.
    pub stun_ignored: u64,
    /// Checks that the core didn't answer: wrong credentials, mostly.
    pub stun_refused: u64,
    /// Checks from more paths than a client has reason to use.
    pub too_many_paths: u64,
    /// SRTP that came before there were keys.
    pub rtp_early: u64,
    /// SRTP that failed authentication, was replayed, or had an unknown source.
    pub rtp_refused: u64,
    /// SRTP while an ICE restart was under way, when there is no path that the core would take it from.
    pub rtp_restarting: u64,
    /// RTP that isn't Opus, such as comfort noise.
    pub rtp_foreign: u64,
    /// Datagrams after the peer had ended.
    pub after_end: u64,
    /// Audio of ours that there was no one to send to yet, or any more.
    pub audio_unsent: u64,
    /// Messages on data channels other than `events`.
    pub channel_foreign: u64,
    /// Binary messages, or text that isn't UTF-8.
    pub channel_binary: u64,
    /// Messages longer than [`MAX_MESSAGE`](crate::events::MAX_MESSAGE).
    pub channel_oversized: u64,
    /// Messages of ours that the queue had no room for, or that came after the end.
    pub channel_overflow: u64,
    /// Trickled candidates that can't be used: names, TCP, too many.
    pub candidates_ignored: u64,
    /// Packets that the client asked for and that were not sent again: too old, never sent, or asked for too often.
    pub resends_refused: u64,
    /// Not a drop: packets of ours sent for the first time.
    pub audio_sent: u64,
    /// Not a drop: packets of ours sent again.
    pub audio_resent: u64,
    /// Not a drop: changes of the path that the client is reached on.
    pub path_changes: u64,
    /// Not a drop: audio packets delivered.
    pub rtp_received: u64,
    /// Not a drop: those of them that were redundant audio.
    pub rtp_redundant: u64,
}
