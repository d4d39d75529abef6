//! When turns end, on recorded speech.

use std::time::Duration;

use colloquy_media::turn::Fit;
use colloquy_media::uplink::{EndReason, UplinkEvent};

use crate::call::Call;
use crate::clip::{CLIPS, clip, room, trimmed};
use crate::network::Conditions;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// The first pause of 60 ms and more inside a recording, for silence to be put into: a sample index.
fn clause_break(sound: &[i16]) -> usize {
    let quiet = |frame: &[i16]| colloquy_media::level::dbov(frame) < -45.0;
    let frames: Vec<bool> = sound.chunks_exact(320).map(quiet).collect();
    let n = (40..frames.len() - 40)
        .find(|&n| frames[n] && frames[n + 1] && frames[n + 2])
        .unwrap();
    (n + 1) * 320
}

#[test]
fn a_complete_answer_ends_after_at_most_200_ms_of_silence() {
    for (name, _) in CLIPS {
        let mut call = Call::new(Conditions::CLEAN, 1);
        call.speak(&room(1_000)).speak(&trimmed(name));
        let spoken = call.now;
        call.view = Some(Fit::Complete);
        call.speak(&room(600));
        // The packet of the last voiced sample takes 30 ms of network and up to 10 ms of the encoder's own delay.
        let (at, event) = call.events.last().unwrap();
        let UplinkEvent::TurnEnded { reason, silence, .. } = event else {
            panic!("{name}: {:?}", call.names())
        };
        let waited = *at - spoken;
        println!("{name}: {waited:?} after the last voiced sample left, {silence:?} of silence");
        assert_eq!(*reason, EndReason::Complete);
        assert!(*silence <= ms(200), "{name}: {silence:?}");
        assert!(waited <= ms(240), "{name}: {waited:?}");
    }
}

#[test]
fn in_noise_a_complete_answer_ends_nearly_as_soon() {
    for (ratio, limit) in [(20.0, 260), (10.0, 300)] {
        for (name, _) in CLIPS {
            let speech = trimmed(name);
            let level = colloquy_media::level::dbov(&speech) - ratio;
            let mut sound = room(3_000);
            let start = sound.len();
            sound.extend(&speech);
            let end = sound.len();
            sound.extend(room(1_000));
            let noise = crate::clip::noise(sound.len() / 16, level, 11);
            sound
                .iter_mut()
                .zip(noise)
                .for_each(|(sample, noise)| *sample = sample.saturating_add(noise));
            let mut call = Call::new(Conditions::CLEAN, 1);
            call.speak(&sound[..start]).speak(&sound[start..end]);
            let spoken = call.now;
            call.view = Some(Fit::Complete);
            call.speak(&sound[end..]);
            let (at, event) = call.events.last().unwrap();
            assert!(
                matches!(event, UplinkEvent::TurnEnded { .. }),
                "{name} at {ratio} dB: {:?}",
                call.names()
            );
            println!("{name} at {ratio} dB: {:?}", at.checked_sub(spoken));
            assert!(*at <= spoken + ms(limit), "{name} at {ratio} dB: {:?}", *at - spoken);
        }
    }
}

#[test]
fn a_pause_inside_a_clause_does_not_end_the_turn() {
    for name in [
        "en-agent-incorrect",
        "en-vm-intro",
        "es-agent-incorrect",
        "es-queue-youarenext",
    ] {
        let sound = trimmed(name);
        let (before, after) = sound.split_at(clause_break(&sound));
        for pause in [500, 1_000, 2_000, 2_500] {
            let mut call = Call::new(Conditions::CLEAN, 2);
            call.view = Some(Fit::Beginning);
            call.speak(&room(1_000)).speak(before).speak(&room(pause)).speak(after);
            let names = call.names();
            assert!(!names.contains(&"ended"), "{name}, {pause} ms: {names:?}");
            assert_eq!(
                names.contains(&"needs help"),
                pause >= 2_000,
                "{name}, {pause} ms: {names:?}"
            );
            call.view = Some(Fit::Complete);
            call.speak(&room(600));
            assert_eq!(call.names().last(), Some(&"ended"), "{name}, {pause} ms");
            assert_eq!(call.audio.len(), 1);
        }
    }
}

#[test]
fn the_recogniser_gets_the_whole_utterance_with_its_pre_roll() {
    for levels in [false, true] {
        for (name, _) in CLIPS {
            let sound = trimmed(name);
            let mut call = Call::new(Conditions::CLEAN, 3);
            call.microphone.levels = levels;
            call.view = Some(Fit::Complete);
            call.speak(&room(2_000)).speak(&sound).speak(&room(2_000));
            let heard: usize = call.audio.iter().map(|audio| audio.1.len()).sum();
            let margin = heard as i64 - sound.len() as i64;
            assert!(
                (3_200..16_000).contains(&margin),
                "{name}: {margin} samples more than the speech"
            );
            assert_eq!(call.uplink.stats().skipped > 50, levels, "{name}");
        }
    }
}

#[test]
fn a_microphone_that_is_switched_off_ends_the_turn_too() {
    let mut call = Call::new(Conditions::CLEAN, 4);
    call.view = Some(Fit::Complete);
    call.speak(&room(1_000)).speak(&trimmed("en-conf-getpin"));
    let off = call.now;
    call.muted = true;
    call.speak(&room(1_000));
    assert_eq!(call.names().last(), Some(&"ended"));
    assert!(
        call.events.last().unwrap().0 - off <= ms(260),
        "{:?}",
        call.events.last().unwrap().0 - off
    );
}

#[test]
fn without_a_recogniser_turns_end_by_silence() {
    let mut call = Call::new(Conditions::CLEAN, 5);
    call.speak(&room(1_000))
        .speak(&trimmed("en-conf-getpin"))
        .speak(&room(4_000));
    let UplinkEvent::TurnEnded { reason, silence, .. } = &call.events.last().unwrap().1 else {
        panic!()
    };
    assert_eq!(*reason, EndReason::Silence);
    assert!((ms(600)..=ms(3_000)).contains(silence), "{silence:?}");
}

#[test]
fn while_thinking_is_held_nothing_ends() {
    let mut call = Call::new(Conditions::CLEAN, 6);
    call.view = Some(Fit::Complete);
    call.speak(&room(1_000)).speak(&trimmed("en-conf-getpin"));
    call.uplink.handle_hold(true);
    call.speak(&room(10_000));
    assert!(!call.names().contains(&"ended"));
    call.uplink.handle_hold(false);
    call.speak(&room(500));
    assert_eq!(call.names().last(), Some(&"ended"));
}

#[test]
fn pcm_in_large_pieces_is_heard_like_packets() {
    let mut call = Call::new(Conditions::CLEAN, 7);
    let mut sound = room(1_000);
    sound.extend(clip("en-ss-noservice"));
    // A WebSocket client sends 250 ms at a time, then nothing.
    let mut names = Vec::new();
    let mut frames = 0;
    for piece in sound.chunks(4_000) {
        call.uplink.handle_pcm(piece, call.at(call.now));
        for _ in 0..25 {
            frames += 1;
            call.now = ms(10) * frames;
            call.uplink.handle_tick(call.at(call.now));
        }
    }
    for _ in 0..300 {
        call.now += ms(20);
        call.uplink.handle_tick(call.at(call.now));
    }
    while let Some(event) = call.uplink.poll_event() {
        names.push(crate::call::name(&event));
    }
    assert_eq!(names.first(), Some(&"started"));
    assert_eq!(names.last(), Some(&"ended"));
    assert_eq!(names.iter().filter(|name| **name == "ended").count(), 1);
}

#[test]
fn media_time_keeps_up_with_the_wall_clock() {
    let mut call = Call::new(Conditions::CLEAN, 8);
    call.microphone.levels = true;
    call.speak(&room(3_000)).speak(&clip("en-vm-intro")).speak(&room(3_000));
    call.muted = true;
    call.speak(&room(3_000));
    let behind = call.now.abs_diff(call.uplink.heard());
    assert!(behind <= ms(500), "{behind:?}");
}
