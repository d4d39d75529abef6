//! What comes from the people: packets, messages, and what their uplinks make of them.

use std::time::Instant;

use actix::prelude::*;
use colloquy_agents::mind::Input;
use colloquy_media::level::AudioLevel;
use colloquy_media::uplink::{self, UplinkEvent};
use colloquy_signaling::PeerEvent;
use colloquy_signaling::events::ClientEvent;
use colloquy_signaling::peer::Receipt;

use super::Conversation;
use super::inbox::Datagram;
use crate::live::PeerId;
use crate::live::agent::Heard;
use crate::live::wire::PeerKey;

impl Conversation {
    pub(super) fn handle_peer_event(&mut self, index: usize, event: PeerEvent, now: Instant, ctx: &mut Context<Self>) {
        let person = &mut self.people[index];
        match event {
            PeerEvent::Rtp(packet) => {
                let packet = uplink::RtpPacket {
                    sequence: packet.sequence,
                    timestamp: packet.timestamp,
                    payload: packet.payload,
                    level: packet.level.and_then(|octet| AudioLevel::parse(&[octet])),
                };
                person.uplink.handle_rtp(packet, now);
            }
            PeerEvent::Connected => {
                if !person.is_here {
                    person.is_here = true;
                    self.inform(Heard::Fact(Input::Joined));
                }
            }
            PeerEvent::EventsMessage(text) => match ClientEvent::parse(&text) {
                Ok(event) => self.handle_client_event(index, event, ctx),
                Err(error) => person.peer.send_events_message(&error.answer().to_json(), now),
            },
            PeerEvent::Source(ssrc) => {
                let key = PeerKey {
                    call: self.parts.call,
                    peer: person.id,
                };
                self.parts.wire.register_source(key, ssrc);
            }
            PeerEvent::LossReport(report) => self.downlink.handle_loss(report.fraction),
            PeerEvent::Failed(failure) => {
                tracing::info!(conversation_id = %self.parts.id, ?failure, "a peer is lost");
            }
            PeerEvent::EventsOpen => person.peer.send_events_message(&self.state.to_json(), now),
            PeerEvent::Closed | PeerEvent::Disconnected | PeerEvent::EventsClosed | PeerEvent::RoundTrip(_) => {}
        }
    }

    fn handle_client_event(&mut self, index: usize, event: ClientEvent, ctx: &mut Context<Self>) {
        match event {
            ClientEvent::Text { content } => self.inform(Heard::Fact(Input::Typed { text: content })),
            ClientEvent::Interrupt => self.inform(Heard::Fact(Input::Interrupt)),
            ClientEvent::Hold { on } => {
                self.people[index].uplink.handle_hold(on);
                self.inform(Heard::Fact(Input::Hold { on }));
            }
            ClientEvent::End => self.wind_up(ctx),
        }
    }

    pub(super) fn handle_uplink_event(&mut self, index: usize, event: UplinkEvent, now: Instant) {
        let peer = self.people[index].id;
        let named = |utterance| name_utterance(peer, utterance);
        match event {
            UplinkEvent::SpeechStarted { utterance, .. } => {
                self.inform(Heard::SpeechStarted {
                    utterance: named(utterance),
                });
            }
            UplinkEvent::Audio { utterance, pcm } => {
                self.inform(Heard::Audio {
                    utterance: named(utterance),
                    pcm,
                });
            }
            UplinkEvent::Paused { utterance, pause, .. } => {
                self.inform(Heard::Paused {
                    utterance: named(utterance),
                    pause,
                });
            }
            UplinkEvent::Resumed { utterance, .. } => {
                self.inform(Heard::Fact(Input::SpeechResumed {
                    utterance: named(utterance),
                }));
            }
            UplinkEvent::NeedsHelp { .. } => self.inform(Heard::Fact(Input::NeedsHelp)),
            UplinkEvent::TurnEnded {
                utterance, last_voice, ..
            } => {
                self.inform(Heard::TurnEnded {
                    utterance: named(utterance),
                    last_voiced: last_voice,
                });
            }
            UplinkEvent::BargeIn { onset, .. } => {
                // Silence first, at once: whether it was meant is decided while the agent is quiet.
                self.downlink.pause(now);
                self.inform(Heard::Fact(Input::BargeIn));
                self.parts.metrics.barge_in.observe((now - onset).as_secs_f64());
            }
            UplinkEvent::FalseAlarm { utterance, .. } => {
                self.downlink.resume(now);
                self.inform(Heard::FalseAlarm {
                    utterance: named(utterance),
                });
            }
            UplinkEvent::BargeInConfirmed { utterance, .. } => {
                self.inform(Heard::Fact(Input::BargeInConfirmed {
                    utterance: named(utterance),
                }));
            }
        }
    }
}

/// Utterances are numbered by each person's uplink; the agent hears them all under one numbering.
pub(super) fn name_utterance(peer: PeerId, utterance: u64) -> u64 {
    u64::from(peer) << 40 | utterance
}

pub(super) fn of_named(name: u64) -> (PeerId, u64) {
    ((name >> 40) as PeerId, name & ((1 << 40) - 1))
}

impl Handler<Datagram> for Conversation {
    type Result = ();

    fn handle(&mut self, datagram: Datagram, ctx: &mut Self::Context) {
        let Datagram {
            peer,
            path,
            is_claimed,
            bytes,
            at,
        } = datagram;
        let key = PeerKey {
            call: self.parts.call,
            peer,
        };
        let Some(person) = self.person(peer) else {
            return;
        };
        let receipt = person
            .peer
            .handle_datagram(path.local, path.remote, path.transport, bytes, at);
        if is_claimed && receipt == Receipt::Authenticated {
            self.parts.wire.confirm(key, path);
        }
        self.drive(at, ctx);
    }
}
