//! Where somebody speaks in a whole recording.

use std::ops::Range;

use super::{Activity, SpeechDetector, VoiceKind};
use crate::HEARD_FRAME;

/// The samples from the first to the last voice of a recording, mono at 16 kHz, with `margin` samples around it where there are
/// as many; none if nobody speaks.
pub fn voiced_span(recording: &[i16], margin: usize) -> Option<Range<usize>> {
    let mut detector = SpeechDetector::new(VoiceKind::default().build());
    let mut first = None;
    let mut onset = 0;
    let mut end = 0;
    let mut is_quiet = true;
    for (index, part) in recording.chunks(HEARD_FRAME).enumerate() {
        let mut frame = [0; HEARD_FRAME];
        frame[..part.len()].copy_from_slice(part);
        let at = index * HEARD_FRAME;
        let activity = detector.handle_frame(&frame).activity;
        if activity != Activity::Quiet && is_quiet {
            onset = at;
        }
        is_quiet = activity == Activity::Quiet;
        if activity == Activity::Speaking {
            first.get_or_insert(onset);
            end = at + part.len();
        }
    }
    let start = first?.saturating_sub(margin);
    Some(start..(end + margin).min(recording.len()))
}

/// What is spoken in a recording, mono at 16 kHz: its voiced span with `margin` samples around it where there are as many, and
/// `room` samples of silence where the recording begins or ends with it. Nothing if nobody speaks.
pub fn voice_in_room(recording: &[i16], margin: usize, room: usize) -> Vec<i16> {
    let Some(span) = voiced_span(recording, margin) else {
        return Vec::new();
    };
    let room = |is_cut: bool| if is_cut { room } else { 0 };
    let (before, after) = (room(span.start == 0), room(span.end == recording.len()));
    let mut voice = vec![0; before];
    voice.extend_from_slice(&recording[span]);
    voice.resize(voice.len() + after, 0);
    voice
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A buzz at 120 Hz with the harmonics of a vowel, which the detector takes for voice.
    fn vowel(samples: usize) -> Vec<i16> {
        (0..samples)
            .map(|at| {
                let time = at as f32 / 16_000.0;
                let wave: f32 = (1..=20)
                    .map(|n| (std::f32::consts::TAU * 120.0 * n as f32 * time).sin() / n as f32)
                    .sum();
                (wave * 6_000.0) as i16
            })
            .collect()
    }

    #[test]
    fn nobody_speaks_in_silence() {
        assert_eq!(voiced_span(&[], 100), None);
        assert_eq!(voiced_span(&[0; 32_000], 100), None);
        assert_eq!(voiced_span(&[3; 777], 100), None);
    }

    #[test]
    fn silence_around_speech_is_left_out_but_for_the_margin() {
        let mut recording = vec![0; 32_000];
        recording.extend(vowel(16_000));
        recording.extend([0; 32_000]);
        let span = voiced_span(&recording, 1_600).expect("a vowel is voice");
        // A steady buzz is believed to be voice only after a while.
        assert!((27_000..=38_000).contains(&span.start), "{span:?}");
        assert!((46_000..=56_000).contains(&span.end), "{span:?}");
        assert_eq!(voiced_span(&recording, 100_000), Some(0..recording.len()));
    }

    #[test]
    fn a_voice_that_is_cut_close_gets_room_around_it() {
        assert_eq!(voice_in_room(&[0; 32_000], 1_600, 800), []);
        let close = vowel(32_000);
        let roomy = voice_in_room(&close, 100_000, 800);
        assert_eq!(roomy.len(), close.len() + 1_600);
        assert_eq!(roomy[800..800 + close.len()], close);
        assert!(
            roomy[..800]
                .iter()
                .chain(&roomy[800 + close.len()..])
                .all(|&sample| sample == 0)
        );
        let recording = [vec![0; 32_000], vowel(16_000), vec![0; 32_000]].concat();
        let span = voiced_span(&recording, 1_600).expect("a vowel is voice");
        assert_eq!(voice_in_room(&recording, 1_600, 800), recording[span]);
    }

    proptest! {
        #[test]
        fn a_span_lies_in_its_recording(recording in proptest::collection::vec(any::<i16>(), 0..5_000), margin in 0usize..2_000) {
            if let Some(span) = voiced_span(&recording, margin) {
                prop_assert!(span.start < span.end && span.end <= recording.len());
            }
        }
    }
}
