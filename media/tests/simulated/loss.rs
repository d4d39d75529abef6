//! What is left of speech on a bad network.

use std::time::Duration;

use colloquy_media::level::dbov;
use colloquy_media::turn::Fit;

use crate::call::Call;
use crate::clip::{CLIPS, clip, room};
use crate::network::Conditions;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// How alike two sounds are, by their envelopes in 20 ms frames, at the best shift of up to 1.2 s: 1 is the same.
fn likeness(sent: &[i16], heard: &[i16]) -> f64 {
    let envelope = |sound: &[i16]| -> Vec<f64> {
        sound
            .chunks_exact(320)
            .map(|frame| f64::from(dbov(frame).max(-60.0)) + 60.0)
            .collect()
    };
    let (sent, heard) = (envelope(sent), envelope(heard));
    let later = (0..60).map(|shift| correlation(&sent, &heard[shift..]));
    let sooner = (0..60).map(|shift| correlation(&sent[shift..], &heard));
    later.chain(sooner).fold(0.0, f64::max)
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len());
    let mean = |x: &[f64]| x[..n].iter().sum::<f64>() / n as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += (x - mean_a) * (y - mean_b);
        aa += (x - mean_a) * (x - mean_a);
        bb += (y - mean_b) * (y - mean_b);
    }
    ab / (aa * bb).sqrt()
}

/// Mean likeness of all clips as heard over a network.
fn heard_over(conditions: Conditions) -> f64 {
    let mut sum = 0.0;
    for (seed, (name, _)) in CLIPS.iter().enumerate() {
        let sound = clip(name);
        let mut call = Call::new(conditions.clone(), seed as u64);
        call.view = Some(Fit::Beginning);
        call.speak(&room(2_000)).speak(&sound).speak(&room(400));
        let heard: Vec<i16> = call.audio.iter().flat_map(|audio| audio.1.clone()).collect();
        let one = likeness(&sound, &heard);
        println!("{name}: {one:.3} in {} utterances", call.audio.len());
        sum += one;
        let stats = call.uplink.stats();
        assert_eq!(stats.invalid, 0);
        assert!(
            stats.lost.abs_diff(call.network.lost) <= stats.late + 2,
            "{stats:?}, {} lost",
            call.network.lost
        );
    }
    sum / CLIPS.len() as f64
}

#[test]
fn at_5_percent_loss_and_60_ms_jitter_speech_is_nearly_as_sent() {
    let likeness = heard_over(Conditions {
        loss: 0.05,
        jitter: ms(60),
        duplicates: 0.02,
        ..Conditions::CLEAN
    });
    assert!(likeness > 0.945, "{likeness}");
}

#[test]
fn at_20_percent_loss_and_60_ms_jitter_speech_still_comes_through() {
    let likeness = heard_over(Conditions {
        loss: 0.2,
        jitter: ms(60),
        duplicates: 0.02,
        ..Conditions::CLEAN
    });
    assert!(likeness > 0.85, "{likeness}");
}

#[test]
fn on_a_clean_network_speech_is_as_sent() {
    let likeness = heard_over(Conditions::CLEAN);
    // The rest is the codec, and frames that don't begin where they began.
    assert!(likeness > 0.965, "{likeness}");
}

#[test]
fn lost_packets_are_recovered_from_their_copies() {
    let mut call = Call::new(
        Conditions {
            loss: 0.05,
            ..Conditions::CLEAN
        },
        3,
    );
    call.view = Some(Fit::Beginning);
    call.speak(&room(1_000))
        .speak(&clip("en-vm-intro"))
        .speak(&clip("en-queue-youarenext"));
    let stats = call.uplink.stats();
    assert!(stats.recovered * 2 > stats.lost, "{stats:?}");
}

/// How far what was heard is behind what was sent, at the end of each frame of the speech.
fn delays(conditions: Conditions, sound: &[i16]) -> Vec<Duration> {
    delays_of(Call::new(conditions, 5), sound)
}

fn delays_of(mut call: Call, sound: &[i16]) -> Vec<Duration> {
    call.view = Some(Fit::Beginning);
    call.speak(&room(1_000));
    let mut delays = Vec::new();
    let mut last = call.uplink.heard();
    let mut behind = call.now - last;
    for frame in sound.chunks_exact(320) {
        call.frame(frame);
        behind = behind + ms(20) - (call.uplink.heard() - last).min(behind + ms(20));
        last = call.uplink.heard();
        delays.push(behind);
    }
    delays
}

#[test]
fn a_clean_network_adds_no_delay() {
    let mut sound = clip("en-vm-intro");
    sound.extend(clip("en-ss-noservice"));
    // 30 ms of network, and frames of 20 ms.
    let worst = delays(Conditions::CLEAN, &sound).into_iter().max().unwrap();
    assert!(worst <= ms(60), "{worst:?}");
}

#[test]
fn after_an_outage_of_2_s_the_delay_is_normal_at_once() {
    let mut sound = clip("en-vm-intro");
    sound.extend(clip("en-ss-noservice"));
    for conditions in [
        Conditions {
            outage: Some((ms(3_000), ms(5_000))),
            ..Conditions::CLEAN
        },
        Conditions {
            blackout: Some((ms(3_000), ms(5_000))),
            ..Conditions::CLEAN
        },
    ] {
        let mut asking = Call::asking(conditions.clone(), 5);
        asking.microphone.levels = true;
        for call in [Call::new(conditions.clone(), 5), asking] {
            // Speech starts at 1 s: frame 200 is the end of the outage, and frame 250 is a second later.
            let delays = delays_of(call, &sound);
            let worst = delays[250..].iter().max().unwrap();
            assert!(*worst <= ms(60), "{worst:?}");
        }
    }
}

/// Inside of speech its place is kept until it comes again; then all is as before at once.
#[test]
fn one_lost_packet_that_is_asked_for_leaves_no_delay_behind_and_no_hole() {
    let conditions = Conditions {
        blackout: Some((ms(3_000), ms(3_020))),
        ..Conditions::CLEAN
    };
    let mut call = Call::asking(conditions, 5);
    call.microphone.levels = true;
    call.view = Some(Fit::Beginning);
    call.speak(&room(1_000)).speak(&clip("en-vm-intro"));
    let stats = call.uplink.stats();
    assert_eq!((stats.lost, stats.resent, stats.concealed), (0, 1, ms(0)), "{stats:?}");

    let mut call = Call::asking(call.network.conditions().clone(), 5);
    call.microphone.levels = true;
    let delays = delays_of(call, &clip("en-vm-intro"));
    // The lost packet, 60 ms there and back, and the network. Before the speech begins nothing is decoded.
    assert!(*delays[10..].iter().max().unwrap() <= ms(160), "{delays:?}");
    assert!(delays[110..].iter().all(|delay| *delay <= ms(60)), "{delays:?}");
}

#[test]
fn one_lost_packet_costs_no_more_than_itself() {
    let conditions = Conditions {
        blackout: Some((ms(3_000), ms(3_020))),
        ..Conditions::CLEAN
    };
    let delays = delays(conditions, &clip("en-vm-intro"));
    let worst = delays.iter().max().unwrap();
    assert!(*worst <= ms(80), "{worst:?}");
    assert!(delays[110..].iter().all(|delay| *delay <= ms(60)));
}

#[test]
fn whichever_packet_is_lost_the_turn_is_the_same_and_at_most_its_own_20_ms_are_made_up() {
    let sound = clip("en-queue-youarenext");
    let heard = |lost: Option<Duration>| {
        let mut call = Call::new(
            Conditions {
                blackout: lost.map(|at| (at, at + ms(20))),
                ..Conditions::CLEAN
            },
            5,
        );
        call.view = Some(Fit::Complete);
        call.speak(&room(1_000)).speak(&sound).speak(&room(1_000));
        let ended = call.when("ended").expect("the turn ends");
        (call.names(), ended, call.uplink.stats().concealed)
    };
    let (names, ended, _) = heard(None);
    for n in 0..24 {
        let (names_then, ended_then, concealed) = heard(Some(ms(980 + n * 140)));
        assert_eq!(names_then, names, "packet {n}");
        assert!(
            ended_then.abs_diff(ended) <= ms(20),
            "{ended_then:?} instead of {ended:?}"
        );
        assert!(concealed <= ms(20), "{concealed:?}");
    }
}
