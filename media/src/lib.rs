//! Sound: RTP packet -> jitter buffer -> Opus -> PCM -> voice activity -> turn detection, and PCM -> pacer -> Opus -> RTP.
//!
//! Pure: no sockets, no clock, no async runtime. Instants come in with every call.

pub mod turn;
