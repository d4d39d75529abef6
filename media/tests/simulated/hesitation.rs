//! Learner-like speech: hesitation pauses put inside clauses, and a recogniser that finds nothing it expects.

use std::time::Duration;

use colloquy_media::turn::{Fit, Patience};
use colloquy_media::uplink::UplinkEvent;

use crate::call::Call;
use crate::clip::{CLIPS, room, trimmed};
use crate::network::Conditions;

/// Pauses that are put in, in ms.
const PAUSES: [usize; 3] = [500, 1_200, 2_000];

/// Breaks between words of a recording: sample indices, at least 0.6 s apart from each other and from the ends.
fn breaks(sound: &[i16]) -> Vec<usize> {
    let levels: Vec<f32> = sound.chunks_exact(320).map(colloquy_media::level::dbov).collect();
    let mut breaks = Vec::new();
    let mut last = 0;
    for n in 30..levels.len().saturating_sub(30) {
        if n >= last + 30 && levels[n - 1] < -40.0 && levels[n] < -40.0 {
            breaks.push(n * 320);
            last = n;
        }
    }
    breaks
}

/// Over all clips and pauses, with the same view of every pause: the share of pauses that were cut, and the waits after the
/// true ends, sorted.
fn measure(patience: Patience, view: Option<Fit>) -> (f64, Vec<Duration>) {
    let (mut pauses, mut cuts) = (0, 0);
    let mut waits = Vec::new();
    for (seed, (name, _)) in CLIPS.iter().enumerate() {
        let sound = trimmed(name);
        let breaks = breaks(&sound);
        for (turn, pause) in PAUSES.iter().enumerate() {
            let Some(&at) = breaks.get(turn % breaks.len().max(1)) else {
                continue;
            };
            let mut call = Call::new(Conditions::CLEAN, seed as u64);
            call.uplink.set_patience(patience);
            call.view = view;
            call.speak(&room(1_000))
                .speak(&sound[..at])
                .speak(&room(*pause))
                .speak(&sound[at..]);
            let end = call.now;
            pauses += 1;
            cuts += usize::from(call.names().contains(&"ended"));
            // Long enough for whoever is helped inside a clause.
            while call.names().last() != Some(&"ended") && call.now < end + Duration::from_secs(12) {
                call.speak(&room(1_000));
            }
            let Some((at, UplinkEvent::TurnEnded { .. })) = call.events.last() else {
                panic!("{name}: {:?}", call.names())
            };
            waits.push(*at - end);
        }
    }
    waits.sort();
    (f64::from(cuts as u32) / f64::from(pauses), waits)
}

#[test]
fn pauses_of_unlisted_speech_are_cut_less_often_the_lower_the_level() {
    let mut last = 1.0;
    for patience in [Patience::C2, Patience::A1] {
        let (cut, waits) = measure(patience, Some(Fit::Unlisted { open: false }));
        println!(
            "{patience:?}: {:.0}% cut, median wait {:?}",
            cut * 100.0,
            waits[waits.len() / 2]
        );
        assert!(cut <= last, "{patience:?}: {cut}");
        last = cut;
    }
    // Two thirds of the pauses are longer than a second: a fixed second would cut them all.
    assert!(last < 0.55, "{last}");
}

#[test]
fn pauses_after_a_beginning_are_never_cut() {
    let (cut, _) = measure(Patience::A1, Some(Fit::Beginning));
    assert_eq!(cut, 0.0);
}
