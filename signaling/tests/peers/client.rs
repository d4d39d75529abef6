//! The far end in these tests: the same WebRTC core as an offerer, in simulated time.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use colloquy_signaling::Transport;
use colloquy_signaling::flight::Flight;
use rtc::data_channel::RTCDataChannelId;
use rtc::ice::mdns::MulticastDnsMode;
use rtc::ice::tcp_type::TcpType;
use rtc::interceptor::{Registry, Slot};
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::interceptor_registry::{configure_rtcp_reports, configure_twcc_sender_only};
use rtc::peer_connection::configuration::media_engine::MediaEngine;
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::event::{RTCDataChannelEvent, RTCPeerConnectionEvent};
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::state::RTCPeerConnectionState;
use rtc::peer_connection::transport::{CandidateConfig, CandidateHostConfig, RTCIceCandidate};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtp_transceiver::RTCRtpSenderId;
use rtc::rtp_transceiver::rtp_sender::{
    RTCPFeedback, RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RTCRtpHeaderExtensionCapability, RtpCodecKind,
};
use rtc::sansio::Protocol;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};

use crate::deliver::Deliver;

pub const SSRC: u32 = 2222;
/// The payload type of redundant audio, as Chromium offers it.
pub const RED: u8 = 63;
/// The level octet in every packet of the client's: voice, -30 dBov.
pub const LEVEL: u8 = 0x80 | 30;

/// How a client differs from the usual.
#[derive(Clone, Copy)]
pub struct Options {
    pub payload_type: u8,
    pub transport: Transport,
    pub events: bool,
    /// Between two checks while there is no path; browsers check every 50 ms.
    pub check: Duration,
    /// Offers redundant audio, as 63.
    pub red: bool,
    /// Offers to ask again and be asked.
    pub nack: bool,
    /// Offers transport-wide congestion control.
    pub feedback: bool,
    /// Says its side of the handshake again as soon as browsers do.
    pub insists: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            payload_type: 111,
            transport: Transport::Udp,
            events: true,
            check: Duration::from_millis(200),
            red: false,
            nack: false,
            feedback: false,
            insists: false,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Outgoing {
    pub transport: Transport,
    pub bytes: BytesMut,
}

pub struct Client {
    pub core: RTCPeerConnection,
    pub local: SocketAddr,
    pub speaking: bool,
    pub heard: Vec<(Instant, rtc::rtp::Packet)>,
    /// RTCP other than sender and receiver reports.
    pub feedback: Vec<Box<dyn rtc::rtcp::Packet>>,
    /// What was sent, to be sent again.
    pub sent: Vec<rtc::rtp::Packet>,
    pub messages: Vec<String>,
    /// The core has given up on something: a DTLS handshake, say.
    pub is_broken: bool,
    pub states: Vec<RTCPeerConnectionState>,
    pub channels: Vec<(RTCDataChannelId, String)>,
    options: Options,
    flight: Flight<Transport>,
    sender: RTCRtpSenderId,
    sequence: u16,
}

impl Client {
    pub fn new(local: SocketAddr, options: Options, now: Instant) -> Self {
        let mut media = MediaEngine::default();
        media
            .register_codec(
                RTCRtpCodecParameters {
                    rtp_codec: RTCRtpCodec {
                        rtcp_feedback: feedback(options),
                        ..opus()
                    },
                    payload_type: options.payload_type,
                },
                RtpCodecKind::Audio,
            )
            .unwrap();
        if options.red {
            let rtp_codec = RTCRtpCodec {
                mime_type: "audio/red".into(),
                sdp_fmtp_line: format!("{0}/{0}", options.payload_type),
                ..opus()
            };
            media
                .register_codec(
                    RTCRtpCodecParameters {
                        rtp_codec,
                        payload_type: RED,
                    },
                    RtpCodecKind::Audio,
                )
                .unwrap();
        }
        media
            .register_header_extension(
                RTCRtpHeaderExtensionCapability {
                    uri: "urn:ietf:params:rtp-hdrext:ssrc-audio-level".into(),
                },
                RtpCodecKind::Audio,
                None,
            )
            .unwrap();
        let settings = SettingEngineBuilder::new()
            .with_include_loopback_candidate(true)
            .with_multicast_dns_mode(MulticastDnsMode::Disabled)
            .with_ice_connection_attempts(Some(options.check), Some(28))
            .build();
        let mut interceptors = configure_rtcp_reports(Registry::new()).with(Slot::Custom(14_000), Deliver::default());
        if options.feedback {
            interceptors = configure_twcc_sender_only(interceptors, &mut media).unwrap();
        }
        let mut core = RTCPeerConnectionBuilder::new()
            .with_media_engine(media)
            .with_setting_engine(settings)
            .with_interceptor_registry(interceptors)
            .build(now)
            .unwrap();
        let encoding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                ssrc: Some(SSRC),
                ..Default::default()
            },
            codec: opus(),
            ..Default::default()
        };
        let sender = core
            .add_track(MediaStreamTrack::new(
                "stream".into(),
                "track".into(),
                "microphone".into(),
                RtpCodecKind::Audio,
                vec![encoding],
            ))
            .unwrap();
        if options.events {
            core.create_data_channel("events", None).unwrap();
        }
        Self {
            core,
            local,
            speaking: true,
            heard: Vec::new(),
            feedback: Vec::new(),
            sent: Vec::new(),
            messages: Vec::new(),
            is_broken: false,
            states: Vec::new(),
            channels: Vec::new(),
            options,
            flight: Flight::default(),
            sender,
            sequence: 65_500,
        }
    }

    pub fn offer(&mut self, now: Instant) -> String {
        let offer = self.core.create_offer(None).unwrap();
        self.core.set_local_description(now, offer).unwrap();
        self.add_candidate();
        self.core.local_description().unwrap().sdp
    }

    /// Offers with an ICE restart.
    pub fn restart(&mut self, now: Instant) -> String {
        self.core.restart_ice();
        self.offer(now)
    }

    pub fn accept(&mut self, answer: String, now: Instant) {
        self.core
            .set_remote_description(now, RTCSessionDescription::answer(answer).unwrap())
            .unwrap();
    }

    pub fn handle_datagram(&mut self, transport: Transport, from: SocketAddr, bytes: BytesMut, now: Instant) {
        self.flight.handle_received(&bytes);
        let transport = TransportContext {
            local_addr: self.local,
            peer_addr: from,
            transport_protocol: match transport {
                Transport::Udp => TransportProtocol::UDP,
                Transport::Tcp => TransportProtocol::TCP,
            },
            ecn: None,
        };
        self.core
            .handle_read(TaggedBytesMut {
                now,
                transport,
                message: bytes,
            })
            .unwrap();
    }

    /// Sends one 20 ms packet, its payload the sequence number.
    pub fn speak(&mut self, now: Instant) {
        let extension = self.level_extension();
        let mut packet = rtc::rtp::Packet::default();
        packet.header.version = 2;
        packet.header.ssrc = SSRC;
        packet.header.payload_type = self.options.payload_type;
        packet.header.sequence_number = self.sequence;
        packet.header.timestamp = u32::from(self.sequence) * 960;
        packet.payload = Bytes::from(self.sequence.to_be_bytes().to_vec());
        if let Some(id) = extension {
            packet.header.set_extension(id, Bytes::from_static(&[LEVEL])).unwrap();
        }
        self.sequence = self.sequence.wrapping_add(1);
        self.write(packet, now);
    }

    /// Sends a packet as it is.
    pub fn write(&mut self, packet: rtc::rtp::Packet, now: Instant) {
        self.sent.push(packet.clone());
        if let Some(mut sender) = self.core.rtp_sender(self.sender) {
            // Refused until the connection stands, like the microphone of a call that is being set up.
            let _ = sender.write_rtp(now, packet);
        }
    }

    pub fn send(&mut self, label: &str, text: &str, now: Instant) {
        self.channel(label).send_text(now, text).unwrap();
    }

    pub fn send_binary(&mut self, label: &str, bytes: &[u8], now: Instant) {
        self.channel(label).send(now, BytesMut::from(bytes)).unwrap();
    }

    pub fn channel(&mut self, label: &str) -> rtc::data_channel::RTCDataChannel<'_> {
        let id = self
            .channels
            .iter()
            .find(|(_, each)| each == label)
            .map(|(id, _)| *id)
            .expect("the channel is open");
        self.core.data_channel(id).unwrap()
    }

    pub fn poll_timeout(&mut self) -> Option<Instant> {
        let again = self.flight.poll_timeout();
        self.core.poll_timeout().into_iter().chain(again).min()
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        self.is_broken |= self.core.handle_timeout(now).is_err();
    }

    /// Takes everything out of the core.
    pub fn drain(&mut self, now: Instant) -> Vec<Outgoing> {
        let again = self.flight.again(now).into_iter();
        let mut out: Vec<_> = again.map(|(transport, bytes)| Outgoing { transport, bytes }).collect();
        if !self.states.contains(&RTCPeerConnectionState::Connected) {
            // As DTLS client the core says hello only on a tick, which can be 200 ms away.
            self.is_broken |= self.core.handle_timeout(now).is_err();
        }
        loop {
            let mut moved = false;
            while let Some(TaggedBytesMut { transport, message, .. }) = self.core.poll_write() {
                moved = true;
                let transport = match transport.transport_protocol {
                    TransportProtocol::TCP => Transport::Tcp,
                    _ => Transport::Udp,
                };
                if self.options.insists {
                    self.flight.handle_sent(transport, &message, now);
                }
                out.push(Outgoing {
                    transport,
                    bytes: message,
                });
            }
            while let Some(event) = self.core.poll_event() {
                moved = true;
                match event {
                    RTCPeerConnectionEvent::OnConnectionStateChangeEvent(state) => {
                        if state == RTCPeerConnectionState::Connected {
                            self.flight.end();
                        }
                        self.states.push(state);
                    }
                    RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(id)) => {
                        let label = self.core.data_channel(id).unwrap().label().to_owned();
                        self.channels.push((id, label));
                    }
                    _ => {}
                }
            }
            while let Some(TaggedRTCMessage { message, .. }) = self.core.poll_read() {
                moved = true;
                match message {
                    RTCMessage::RtpPacket(_, packet) => self.heard.push((now, packet)),
                    RTCMessage::RtcpPacket(_, packets) => self.feedback.extend(packets.into_iter().filter(|packet| {
                        let packet = packet.as_any();
                        !packet.is::<SenderReport>() && !packet.is::<ReceiverReport>()
                    })),
                    RTCMessage::DataChannelMessage(_, message) => {
                        self.messages.push(String::from_utf8(message.data.into()).unwrap());
                    }
                    _ => {}
                }
            }
            if !moved {
                return out;
            }
        }
    }

    /// Asks for packets again, or tells anything else by RTCP.
    pub fn report(&mut self, packet: Box<dyn rtc::rtcp::Packet>, now: Instant) {
        let message = RTCMessage::RtcpPacket(Default::default(), vec![packet]);
        self.core.handle_write(TaggedRTCMessage { now, message }).unwrap();
    }

    /// The longest time without audio between two instants.
    pub fn longest_gap(&self, from: Instant, to: Instant) -> Duration {
        let mut last = from;
        let mut longest = Duration::ZERO;
        for (at, _) in &self.heard {
            if (from..=to).contains(at) {
                longest = longest.max(*at - last);
                last = *at;
            }
        }
        longest.max(to - last)
    }

    fn level_extension(&mut self) -> Option<u8> {
        let mut sender = self.core.rtp_sender(self.sender)?;
        let parameters = sender.get_parameters();
        parameters
            .rtp_parameters
            .header_extensions
            .iter()
            .find(|extension| extension.uri.ends_with("ssrc-audio-level"))
            .map(|extension| extension.id as u8)
    }

    fn add_candidate(&mut self) {
        let tcp = self.options.transport == Transport::Tcp;
        let candidate = CandidateHostConfig {
            base_config: CandidateConfig {
                network: if tcp { "tcp" } else { "udp" }.into(),
                address: self.local.ip().to_string(),
                port: if tcp { 9 } else { self.local.port() },
                component: 1,
                ..Default::default()
            },
            tcp_type: if tcp { TcpType::Active } else { TcpType::Unspecified },
        }
        .new_candidate_host()
        .unwrap();
        self.core
            .add_local_candidate(RTCIceCandidate::from(&candidate).to_json().unwrap())
            .unwrap();
    }
}

fn feedback(options: Options) -> Vec<RTCPFeedback> {
    let kinds = [(options.nack, "nack"), (options.feedback, "transport-cc")];
    let kinds = kinds.into_iter().filter(|(wanted, _)| *wanted);
    kinds
        .map(|(_, typ)| RTCPFeedback {
            typ: typ.into(),
            parameter: String::new(),
        })
        .collect()
}

fn opus() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: "audio/opus".into(),
        clock_rate: 48_000,
        channels: 2,
        sdp_fmtp_line: "minptime=10;useinbandfec=1".into(),
        rtcp_feedback: vec![],
    }
}
