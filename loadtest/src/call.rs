//! One WebRTC call: join, send frames, hear packets and events, leave.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rtc::rtp;
use rtc::rtp::extension::HeaderExtension;
use rtc::rtp::extension::audio_level_extension::AudioLevelExtension;
use serde_json::Value;
use tokio::sync::mpsc;
use webrtc::data_channel::{DataChannel, DataChannelEvent};
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::media_stream::track_remote::{TrackRemote, TrackRemoteEvent};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceCandidateInit, RTCIceGatheringState,
    RTCPeerConnectionState, RTCSessionDescription, SettingEngineBuilder,
};

use crate::api::{Api, ApiError};
use crate::offer::{self, OPUS_PAYLOAD_TYPE, SAMPLES_PER_FRAME};
use crate::repair::Repair;

pub use crate::frame::Frame;

mod restart;

/// Packets and events that wait to be read; a reader that falls further behind loses the newest.
const EVENTS_CAPACITY: usize = 4096;
/// Where a caller's own socket is: on the server's machine.
const ANY_PORT: &str = "127.0.0.1:0";
/// Tests see the packets as the network leaves them.
const REPAIR: Repair = Repair::NONE;
/// How long gathering and connecting may each take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// Why a call could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The REST side refused.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The WebRTC side failed.
    #[error("WebRTC: {0}")]
    Webrtc(#[from] webrtc::error::Error),
    /// The peers never met.
    #[error("not connected after {} s", CONNECT_TIMEOUT.as_secs())]
    Timeout,
}

/// What a call brings in.
#[derive(Debug)]
pub enum CallEvent {
    /// A packet of the agent's audio.
    Audio {
        /// When it was read.
        at: Instant,
        /// RTP sequence number.
        sequence: u16,
        /// RTP timestamp.
        timestamp: u32,
        /// Whether speech begins with it (RFC 3551 section 4.1).
        marker: bool,
        /// The Opus packet.
        payload: Bytes,
    },
    /// A message on the `events` channel.
    Message {
        /// When it was read.
        at: Instant,
        /// The message.
        json: Value,
    },
    /// The `events` channel is open.
    EventsOpen,
    /// The connection failed or was closed by the server.
    Closed,
}

/// A call that is up.
pub struct Call {
    peer: Arc<dyn PeerConnection>,
    track: Arc<TrackLocalStaticRTP>,
    channel: Arc<dyn DataChannel>,
    events: mpsc::Receiver<CallEvent>,
    api: Api,
    location: String,
    answer: String,
    gathered: mpsc::Receiver<()>,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    marker: bool,
}

/// What carries the packets of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Network {
    /// Datagrams.
    #[default]
    Udp,
    /// Datagrams to this address in place of the server's: something between the two passes them on.
    Relay(SocketAddr),
    /// Nothing but connections that this side opens (RFC 6544), as behind a firewall that lets no datagram through.
    Tcp,
}

struct Watcher {
    gathered: mpsc::Sender<()>,
    connected: mpsc::Sender<()>,
    events: mpsc::Sender<CallEvent>,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Watcher {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        if state == RTCIceGatheringState::Complete {
            let _ = self.gathered.try_send(());
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        match state {
            RTCPeerConnectionState::Connected => {
                let _ = self.connected.try_send(());
            }
            RTCPeerConnectionState::Failed | RTCPeerConnectionState::Closed => {
                let _ = self.events.try_send(CallEvent::Closed);
            }
            _ => {}
        }
    }

    async fn on_track(&self, track: Arc<dyn TrackRemote>) {
        let events = self.events.clone();
        tokio::spawn(async move {
            while let Some(event) = track.poll().await {
                if let TrackRemoteEvent::OnRtpPacket(packet) = event {
                    let _ = events.try_send(CallEvent::Audio {
                        at: Instant::now(),
                        sequence: packet.header.sequence_number,
                        timestamp: packet.header.timestamp,
                        marker: packet.header.marker,
                        payload: packet.payload,
                    });
                }
            }
        });
    }
}

impl Call {
    /// Joins a conversation by WHIP and waits until media can flow.
    pub async fn join(api: &Api, conversation: &str) -> Result<Self, CallError> {
        Self::join_over(Network::default(), api, conversation).await
    }

    /// Joins a conversation by WHIP over a network and waits until media can flow.
    pub async fn join_over(network: Network, api: &Api, conversation: &str) -> Result<Self, CallError> {
        let (gathered, mut is_gathered) = mpsc::channel(1);
        let (connected, mut is_connected) = mpsc::channel(1);
        let (events, inbox) = mpsc::channel(EVENTS_CAPACITY);
        let watcher = Watcher {
            gathered,
            connected,
            events: events.clone(),
        };
        let builder = match network {
            Network::Udp | Network::Relay(_) => PeerConnectionBuilder::new().with_udp_addrs(vec![ANY_PORT.to_owned()]),
            Network::Tcp => PeerConnectionBuilder::new().with_tcp_addrs(vec![ANY_PORT.to_owned()]),
        };
        let peer: Arc<dyn PeerConnection> = Arc::new(
            builder
                .with_interceptor_registry(offer::interceptors(REPAIR))
                .with_media_engine(offer::media_engine(REPAIR)?)
                .with_setting_engine(
                    SettingEngineBuilder::new()
                        .with_include_loopback_candidate(true)
                        .build(),
                )
                .with_handler(Arc::new(watcher))
                .build()
                .await?,
        );
        let ssrc = rand::random();
        let track = Arc::new(TrackLocalStaticRTP::new(offer::microphone(ssrc, REPAIR)));
        peer.add_track(Arc::clone(&track) as Arc<dyn TrackLocal>).await?;
        let channel = peer.create_data_channel("events", None).await?;
        tokio::spawn(read_channel(Arc::clone(&channel), events));

        let offer = peer.create_offer(None).await?;
        peer.set_local_description(offer).await?;
        within(is_gathered.recv()).await?;
        let offer = peer.local_description().await.ok_or(CallError::Timeout)?.sdp;
        let answer = api.join(conversation, offer).await?;
        let seen = match network {
            Network::Relay(address) => through(address, &answer.sdp),
            Network::Udp | Network::Tcp => answer.sdp.clone(),
        };
        peer.set_remote_description(RTCSessionDescription::answer(seen)?)
            .await?;
        if network == Network::Tcp {
            connect(&*peer, &answer.sdp).await?;
        }
        within(is_connected.recv()).await?;
        Ok(Self {
            peer,
            track,
            channel,
            events: inbox,
            api: api.clone(),
            location: answer.location,
            answer: answer.sdp,
            gathered: is_gathered,
            ssrc,
            sequence: rand::random(),
            timestamp: rand::random(),
            marker: true,
        })
    }

    /// Sends one 20 ms frame; the caller keeps the pace.
    pub async fn send(&mut self, frame: Frame<'_>) -> Result<(), CallError> {
        let mut packet = rtp::Packet::default();
        packet.header.version = 2;
        packet.header.ssrc = self.ssrc;
        packet.header.payload_type = OPUS_PAYLOAD_TYPE;
        packet.header.sequence_number = self.sequence;
        packet.header.timestamp = self.timestamp;
        packet.header.marker = std::mem::take(&mut self.marker);
        packet.payload = Bytes::copy_from_slice(frame.payload);
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(SAMPLES_PER_FRAME);
        let level = HeaderExtension::AudioLevel(AudioLevelExtension {
            level: frame.level.below_overload,
            voice: frame.level.voice,
        });
        Ok(self.track.write_rtp_with_extensions(packet, &[level]).await?)
    }

    /// Lets 20 ms pass without sending, as a microphone with DTX does.
    pub fn skip(&mut self) {
        self.timestamp = self.timestamp.wrapping_add(SAMPLES_PER_FRAME);
        self.marker = true;
    }

    /// Sends a message on the `events` channel.
    pub async fn send_message(&self, message: &Value) -> Result<(), CallError> {
        Ok(self.channel.send_text(&message.to_string()).await?)
    }

    /// Sends any text on the `events` channel.
    pub async fn send_text(&self, text: &str) -> Result<(), CallError> {
        Ok(self.channel.send_text(text).await?)
    }

    /// Sends a binary message on the `events` channel.
    pub async fn send_binary(&self, bytes: &[u8]) -> Result<(), CallError> {
        Ok(self.channel.send(bytes.into()).await?)
    }

    /// The URL of the peer, for WHIP's PATCH and DELETE.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// The SDP answer in force.
    pub fn answer(&self) -> &str {
        &self.answer
    }

    /// The synchronisation source of what it sends.
    pub fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// The next event; `None` once nothing can come any more.
    pub async fn event(&mut self) -> Option<CallEvent> {
        self.events.recv().await
    }

    /// The next event if there is one already.
    pub fn try_event(&mut self) -> Option<CallEvent> {
        self.events.try_recv().ok()
    }

    /// Leaves by WHIP's DELETE and closes the connection.
    pub async fn leave(self) -> Result<(), CallError> {
        let left = self.api.leave(&self.location).await;
        self.peer.close().await?;
        Ok(left?)
    }

    /// Vanishes without a word, as a phone in a tunnel does.
    pub async fn vanish(self) -> Result<(), CallError> {
        Ok(self.peer.close().await?)
    }
}

/// An answer whose only candidate is a relay.
fn through(relay: SocketAddr, answer: &str) -> String {
    let mut is_told = false;
    let mut seen = String::with_capacity(answer.len());
    for line in answer.lines() {
        if !line.starts_with("a=candidate:") {
            seen.push_str(line);
        } else if !std::mem::replace(&mut is_told, true) {
            let (ip, port) = (relay.ip(), relay.port());
            seen.push_str(&format!("a=candidate:1 1 udp 2130706431 {ip} {port} typ host"));
        } else {
            continue;
        }
        seen.push_str("\r\n");
    }
    seen
}

/// Opens a connection to each of the answer's TCP candidates: the library does so for candidates that are trickled.
async fn connect(peer: &dyn PeerConnection, answer: &str) -> Result<(), CallError> {
    for line in answer.lines() {
        if let Some(candidate) = line.strip_prefix("a=")
            && candidate.starts_with("candidate:")
            && candidate.contains(" tcptype passive")
        {
            peer.add_ice_candidate(RTCIceCandidateInit {
                candidate: candidate.to_owned(),
                ..RTCIceCandidateInit::default()
            })
            .await?;
        }
    }
    Ok(())
}

async fn within<T>(wait: impl Future<Output = Option<T>>) -> Result<T, CallError> {
    tokio::time::timeout(CONNECT_TIMEOUT, wait)
        .await
        .ok()
        .flatten()
        .ok_or(CallError::Timeout)
}

async fn read_channel(channel: Arc<dyn DataChannel>, events: mpsc::Sender<CallEvent>) {
    while let Some(event) = channel.poll().await {
        let event = match event {
            DataChannelEvent::OnOpen => CallEvent::EventsOpen,
            DataChannelEvent::OnMessage(message) => match serde_json::from_slice(&message.data) {
                Ok(json) => CallEvent::Message {
                    at: Instant::now(),
                    json,
                },
                Err(_) => continue,
            },
            _ => continue,
        };
        let _ = events.try_send(event);
    }
}
