//! What callers of these tests have in common.

use std::sync::Arc;
use std::time::{Duration, Instant};

use colloquy_loadtest::api::Api;
use colloquy_loadtest::call::{Call, CallEvent, Frame};
use colloquy_loadtest::clip::Clip;
use colloquy_media::level::AudioLevel;
use serde_json::Value;
use tokio::time::timeout;

/// How long anything that must come may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Packets up to this size carry no speech.
const KEEP_ALIVE_BYTES: usize = 3;

/// Digital silence as one 20 ms Opus frame (CELT, full band).
const SILENCE: Frame<'static> = Frame {
    payload: &[0xf8, 0xff, 0xfe],
    level: AudioLevel::SILENCE,
};

/// Half a second of a voiced sound.
pub fn voiced_clip(text: &str) -> Arc<Clip> {
    let pcm: Vec<i16> = (0..8_000)
        .map(|at| {
            let time = f64::from(at) / 16_000.0;
            let glottis: f64 = (1..20)
                .map(|harmonic| {
                    (std::f64::consts::TAU * 120.0 * f64::from(harmonic) * time).sin() / f64::from(harmonic)
                })
                .sum();
            (glottis * 6_000.0 * (1.0 - (std::f64::consts::TAU * 4.0 * time).cos()) / 2.0) as i16
        })
        .collect();
    Arc::new(Clip::of_pcm(text, &pcm, 16_000).expect("a clip"))
}

/// Waits for an event that is wanted; those before it are dropped.
pub async fn until(call: &mut Call, what: &str, wanted: impl Fn(&CallEvent) -> bool) -> CallEvent {
    let wait = async {
        loop {
            match call.event().await {
                Some(event) if wanted(&event) => return event,
                Some(_) => {}
                None => panic!("the call ended before {what}"),
            }
        }
    };
    timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("no {what}"))
}

/// Waits for a message of a type.
pub async fn message(call: &mut Call, kind: &str) -> Value {
    message_that(call, kind, |_| true).await
}

/// Waits for a message of a type that fits.
pub async fn message_that(call: &mut Call, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let wanted =
        |event: &CallEvent| matches!(event, CallEvent::Message { json, .. } if json["type"] == kind && fits(json));
    match until(call, kind, wanted).await {
        CallEvent::Message { json, .. } => json,
        event => unreachable!("{event:?}"),
    }
}

/// Waits for the agent's next message; the one that was cut to what was heard of it is none.
pub async fn reply(call: &mut Call) -> Value {
    loop {
        let reply = message(call, "ai_response").await;
        if reply["interrupted"] != true {
            return reply;
        }
    }
}

/// Waits for a packet of speech.
pub async fn speech(call: &mut Call) -> Instant {
    match until(call, "speech", is_speech).await {
        CallEvent::Audio { at, .. } => at,
        event => unreachable!("{event:?}"),
    }
}

/// Whether it is a packet of speech.
pub fn is_speech(event: &CallEvent) -> bool {
    matches!(event, CallEvent::Audio { payload, .. } if payload.len() > KEEP_ALIVE_BYTES)
}

/// Waits until the agent listens, and has been heard to its end.
pub async fn listening(call: &mut Call) {
    until(call, "the agent listening", |event| {
        matches!(event, CallEvent::Message { json, .. } if json["type"] == "state" && json["state"] == "listening")
    })
    .await;
}

/// The messages of a conversation, once there are so many: they are written behind the call's back.
pub async fn history(api: &Api, conversation: &str, count: usize) -> Vec<Value> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let history = api.messages(conversation).await.expect("a history");
        let messages = history["messages"].as_array().expect("messages").clone();
        if messages.len() >= count {
            return messages;
        }
        assert!(Instant::now() < deadline, "{messages:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until so much speech has been heard.
pub async fn hear(call: &mut Call, packets: usize) {
    for _ in 0..packets {
        speech(call).await;
    }
}

/// Sends silence for a while, as an open microphone does.
pub async fn be_quiet(call: &mut Call, duration: Duration) {
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    for _ in 0..duration.as_millis() / 20 {
        ticks.tick().await;
        call.send(SILENCE).await.expect("sent");
    }
}

/// Says a clip in real time, and then silence until the final transcript of it comes: the transcript's text, and when the
/// last voiced frame was sent.
pub async fn say(call: &mut Call, clip: &Clip) -> (String, Instant) {
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    for frame in 0..clip.voiced_frames() {
        ticks.tick().await;
        call.send(clip.frame(frame)).await.expect("sent");
    }
    let end = Instant::now();
    while end.elapsed() < PATIENCE {
        ticks.tick().await;
        call.send(SILENCE).await.expect("sent");
        while let Some(event) = call.try_event() {
            if let CallEvent::Message { json, .. } = event
                && json["type"] == "transcript"
                && json["is_final"] == true
            {
                return (json["text"].as_str().unwrap_or_default().to_owned(), end);
            }
        }
    }
    panic!("no final transcript");
}
