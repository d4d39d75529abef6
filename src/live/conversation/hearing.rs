//! What comes from the people: packets, messages, and what their uplinks make of them.

use std::time::Instant;

use actix::prelude::*;
use colloquy_agents::mind::Input;
use colloquy_media::level::AudioLevel;
use colloquy_media::uplink::{self, UplinkEvent};
use colloquy_signaling::PeerEvent;
use colloquy_signaling::events::{ClientEvent, Pace, ServerEvent};
use colloquy_signaling::peer::Receipt;

use super::Conversation;
use super::inbox::Datagram;
use super::throttle::Admission;
use crate::live::agent::Heard;
use crate::live::cadence::LEAST_TICK;
use crate::live::exchange::LONGEST_TEXT;
use crate::live::wire::PeerKey;

impl Conversation {
    /// Takes in what somebody's peer has made of what came at `at`. Whether there was anything.
    pub(super) fn take_in(&mut self, index: usize, at: Instant, ctx: &mut Context<Self>) -> bool {
        let mut moved = false;
        while let Some(event) = self.people[index].peer.poll_event() {
            moved = true;
            self.handle_peer_event(index, event, at, ctx);
        }
        moved
    }

    fn handle_peer_event(&mut self, index: usize, event: PeerEvent, now: Instant, ctx: &mut Context<Self>) {
        let person = &mut self.people[index];
        if matches!(event, PeerEvent::Rtp(_) | PeerEvent::EventsMessage(_)) && !person.is_here {
            // Whoever is heard again is there, before ICE says so.
            person.is_here = person.peer.is_connected();
            self.tell_presence();
        }
        let person = &mut self.people[index];
        match event {
            PeerEvent::Rtp(packet) => {
                let packet = uplink::RtpPacket {
                    sequence: packet.sequence,
                    timestamp: packet.timestamp,
                    payload: packet.payload,
                    is_redundant: packet.is_redundant,
                    level: packet.level.and_then(|octet| AudioLevel::parse(&[octet])),
                };
                person.uplink.handle_rtp(packet, now);
            }
            PeerEvent::Connected => {
                person.is_here = true;
            }
            PeerEvent::Disconnected => person.is_here = false,
            PeerEvent::EventsMessage(text) => match person.throttle.admit(now) {
                Admission::Taken => match ClientEvent::parse(&text) {
                    Ok(event) => self.handle_client_event(index, event, ctx),
                    Err(error) => person.peer.send_events_message(&error.answer().to_json(), now),
                },
                Admission::Refused => {
                    self.parts.metrics.messages_throttled.inc();
                    person.peer.send_events_message(&rate_limited().to_json(), now);
                }
                Admission::Dropped => {
                    self.parts.metrics.messages_throttled.inc();
                }
            },
            PeerEvent::Source(ssrc) => {
                let key = PeerKey {
                    call: self.parts.call,
                    peer: person.id,
                };
                self.parts.wire.register_source(key, ssrc);
            }
            PeerEvent::LossReport(report) => self.handle_loss_report(index, report, now),
            PeerEvent::Bandwidth(bits) => self.handle_bandwidth(index, bits, now),
            PeerEvent::RoundTrip(round_trip) => person.handle_round_trip(round_trip),
            PeerEvent::Failed(failure) => {
                tracing::info!(?failure, "a peer is lost");
            }
            PeerEvent::EventsOpen => person.peer.send_events_message(&self.state.to_json(), now),
            // Whoever says goodbye has been there until then.
            PeerEvent::Closed => self.last_life = now,
            PeerEvent::EventsClosed => {}
        }
    }

    fn handle_client_event(&mut self, index: usize, event: ClientEvent, ctx: &mut Context<Self>) {
        match event {
            ClientEvent::Text { content } if content.chars().count() > LONGEST_TEXT => {
                self.people[index]
                    .peer
                    .send_events_message(&too_long().to_json(), Instant::now());
            }
            ClientEvent::Text { content } => self.inform(Heard::Fact(Input::Typed { text: content })),
            ClientEvent::Interrupt => self.inform(Heard::Fact(Input::Interrupt)),
            ClientEvent::Hold { on } => {
                self.people[index].is_holding = on;
                self.people[index].uplink.handle_hold(on);
                self.inform(Heard::Fact(Input::Hold { on }));
            }
            ClientEvent::Hint => self.inform(Heard::Fact(Input::WantsHint)),
            ClientEvent::Repeat { id, pace } => self.inform(Heard::Repeat {
                id,
                slowly: pace == Pace::Slow,
            }),
            ClientEvent::End => self.wind_up(ctx),
        }
    }

    pub(super) fn handle_uplink_event(&mut self, index: usize, event: UplinkEvent, now: Instant) {
        let peer = self.people[index].id;
        let heard = match event {
            UplinkEvent::SpeechStarted {
                utterance, first_voice, ..
            } => Some(Heard::SpeechStarted {
                utterance: self.utterances.begin(peer, utterance),
                first_voiced: first_voice,
            }),
            UplinkEvent::Audio { utterance, pcm } => self
                .utterances
                .number(peer, utterance)
                .map(|utterance| Heard::Audio { utterance, pcm }),
            UplinkEvent::Paused { utterance, pause, .. } => self
                .utterances
                .number(peer, utterance)
                .map(|utterance| Heard::Paused { utterance, pause }),
            UplinkEvent::Resumed { utterance, .. } => self
                .utterances
                .number(peer, utterance)
                .map(|utterance| Heard::Resumed { utterance }),
            UplinkEvent::NeedsHelp { .. } => Some(Heard::Fact(Input::NeedsHelp)),
            UplinkEvent::TurnEnded {
                utterance, last_voice, ..
            } => self.utterances.end(peer, utterance).map(|utterance| Heard::TurnEnded {
                utterance,
                last_voiced: last_voice,
            }),
            UplinkEvent::BargeIn { onset, .. } => {
                // Silence first, at once: whether it was meant is decided while the agent is quiet.
                self.downlink.pause(now);
                self.parts.metrics.barge_in.observe((now - onset).as_secs_f64());
                Some(Heard::Fact(Input::BargeIn))
            }
            UplinkEvent::FalseAlarm { utterance, .. } => {
                self.downlink.resume(now);
                self.utterances
                    .end(peer, utterance)
                    .map(|utterance| Heard::FalseAlarm { utterance })
            }
            UplinkEvent::BargeInConfirmed { utterance, .. } => self
                .utterances
                .number(peer, utterance)
                .map(|utterance| Heard::Fact(Input::BargeInConfirmed { utterance })),
        };
        if let Some(heard) = heard {
            self.inform(heard);
        }
    }
}

fn too_long() -> ServerEvent {
    ServerEvent::Error {
        code: "TEXT_TOO_LONG".to_owned(),
        message: format!("A turn can hold {LONGEST_TEXT} characters"),
    }
}

fn rate_limited() -> ServerEvent {
    ServerEvent::Error {
        code: "RATE_LIMITED".to_owned(),
        message: "Messages come too fast; this one and those that follow at once are dropped".to_owned(),
    }
}

impl Handler<Datagram> for Conversation {
    type Result = ();

    fn handle(&mut self, datagram: Datagram, ctx: &mut Self::Context) {
        let _entered = self.enter_span();
        let Datagram {
            peer,
            path,
            is_claimed,
            bytes,
            at,
            handed,
            is_followed,
        } = datagram;
        let key = PeerKey {
            call: self.parts.call,
            peer,
        };
        let Some(index) = self.people.iter().position(|person| person.id == peer) else {
            // It may have followed somebody else's.
            return self.drive(Instant::now(), ctx);
        };
        let receipt = self.people[index]
            .peer
            .handle_datagram(path.local, path.remote, path.transport, bytes, at);
        if is_claimed && receipt == Receipt::Authenticated {
            self.parts.wire.confirm(key, path);
        }
        // What is heard came when it came. What is sent leaves now, which is later where many came at once.
        self.take_in(index, at, ctx);
        if is_followed {
            return;
        }
        let now = Instant::now();
        self.parts.wire.note_visit(now.saturating_duration_since(handed));
        if now.saturating_duration_since(self.ticked) >= LEAST_TICK {
            self.tick(now);
        }
        self.drive(now, ctx);
    }
}
