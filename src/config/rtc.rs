//! How real-time sound reaches the program.

use std::net::IpAddr;
use std::num::{NonZeroU16, NonZeroUsize};
use std::thread::available_parallelism;
use std::time::Duration;

use super::{ConfigError, Environment, Secret};

const REJOIN: Duration = Duration::from_secs(30);

/// WebRTC.
#[derive(Clone, Debug)]
pub struct RtcConfig {
    /// `RTC_UDP_PORT` \[7882\]: the first of `MEDIA_THREADS` consecutive UDP ports; 0 takes any free ones.
    pub udp_port: u16,
    /// `RTC_TCP_PORT` \[7881\]: the TCP port of ICE-TCP; empty is off, 0 takes any free one.
    pub tcp_port: Option<u16>,
    /// `RTC_ADDRESSES` \[all of the machine's, loopback included\]: the addresses told to callers.
    pub addresses: Vec<IpAddr>,
    /// `ICE_SERVERS` \[none\]: `stun:host:port` or `turn:user:password@host:port`, told to callers.
    pub ice_servers: Vec<Secret>,
    /// `MAX_CALLS` \[no limit\]: calls that this node holds at once; more are told to try again later.
    pub max_calls: Option<usize>,
    /// `MAX_FRAME_LATENESS_MS` \[8\]: once one frame of speech in a hundred is later than that, and not by accident, this node takes no
    /// more calls.
    pub most_lateness: Duration,
    /// `REDUNDANT_AUDIO` \[off\]: whether each packet of sound may come twice (RED), where the client offers that.
    pub redundant_audio: bool,
    /// `COALESCING` \[auto\]: when media threads handle packets two at a time.
    pub coalescing: When,
    /// `MEDIA_THREADS` \[one a core\]: threads that carry sound, each with its own UDP port.
    pub media_threads: u16,
    /// How long a conversation waits for somebody to come back: 30 s, in tests less.
    pub rejoin: Duration,
}

/// When something is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// When it is of use.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

impl When {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "auto" => Some(Self::Auto),
            "on" => Some(Self::On),
            "off" => Some(Self::Off),
            _ => None,
        }
    }
}

impl RtcConfig {
    /// Reads its variables.
    pub fn from_env(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let cores = available_parallelism().map_or(1, usize::from).to_string();
        let media_threads: NonZeroU16 = environment.number("MEDIA_THREADS", &cores, "a number of threads from 1")?;
        let udp_port = environment.required(
            "RTC_UDP_PORT",
            "7882",
            "a port number with room for MEDIA_THREADS ports from there, or 0",
            |text| {
                let port: u16 = text.parse().ok()?;
                port.checked_add(media_threads.get() - 1)?;
                Some(port)
            },
        )?;
        Ok(Self {
            udp_port,
            tcp_port: environment.optional("RTC_TCP_PORT", Some("7881"), "a port number, or empty", |text| {
                text.parse().ok()
            })?,
            addresses: environment.list("RTC_ADDRESSES", "", "IP addresses such as 192.0.2.1", |text| {
                text.parse().ok()
            })?,
            ice_servers: environment.list(
                "ICE_SERVERS",
                "",
                "servers such as stun:host:3478 or turn:user:password@host",
                |text| {
                    ["stun:", "stuns:", "turn:", "turns:"]
                        .iter()
                        .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
                        .then(|| Secret::new(text))
                },
            )?,
            max_calls: environment.optional("MAX_CALLS", None, "a number of calls from 1, or empty", |text| {
                text.parse().ok().map(NonZeroUsize::get)
            })?,
            most_lateness: Duration::from_millis(
                environment
                    .number::<NonZeroU16>("MAX_FRAME_LATENESS_MS", "8", "a number of milliseconds from 1")?
                    .get()
                    .into(),
            ),
            redundant_audio: environment.switch("REDUNDANT_AUDIO", false)?,
            coalescing: environment.required("COALESCING", "auto", "auto, on or off", When::parse)?,
            media_threads: media_threads.get(),
            rejoin: REJOIN,
        })
    }
}
