//! Sound: RTP packet -> jitter buffer -> Opus -> PCM -> voice activity -> turn detection, and PCM -> pacer -> Opus -> RTP.
//!
//! Pure: no sockets, no clock, no async runtime. Instants come in with every call.
//!
//! [`uplink::Uplink`] composes the stages that listen, [`downlink::Downlink`] those that speak. Both are driven alike:
//! `handle_*` takes an input, `poll_*` gives the outputs until there are none.

pub mod codec;
pub mod downlink;
pub mod floor;
pub mod jitter;
pub mod level;
pub mod link;
pub mod prosody;
pub mod quality;
pub mod red;
pub mod resample;
pub mod rtp;
pub mod turn;
pub mod uplink;
pub mod vad;

use std::time::Duration;

/// The rate at which speech is listened to, in Hz.
pub const HEARD_RATE: u32 = 16_000;
/// The rate at which speech is sent, in Hz: Opus super-wideband. Synthetic voices have 22 to 24 kHz, so nothing of them is lost,
/// and neither we nor the encoder bring them up to 48 kHz only for it to bring them down again.
pub const SENT_RATE: u32 = 24_000;
/// The RTP clock of Opus, whatever the rate of the sound (RFC 7587), in Hz.
pub const RTP_RATE: u32 = 48_000;
/// What every stage works in: one frame of sound.
pub const FRAME: Duration = Duration::from_millis(20);
/// Samples of a [`FRAME`] at [`HEARD_RATE`].
pub const HEARD_FRAME: usize = 320;
/// Samples of a [`FRAME`] at [`SENT_RATE`].
pub const SENT_FRAME: usize = 480;
/// Ticks of a [`FRAME`] at [`RTP_RATE`].
pub const RTP_FRAME: u32 = 960;
