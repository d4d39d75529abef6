//! Which of the pitches that a sound may have at each moment is the one that it has: the likeliest path through them.
//!
//! A period is as alike to the one before as to the one before that, so that a single frame may as well be an octave lower, and
//! where one overtone is strong, an octave higher. As in Boersma (1993), "Accurate short-term analysis of the fundamental
//! frequency", and Talkin (1995), "A robust algorithm for pitch tracking", the path weighs how clear each candidate is against how
//! far it jumps; how far it gets in the end from where it began costs nothing.

use std::ops::Range;

use colloquy_media::prosody::{PitchFrame, candidates};

use super::statistics::deviation;

/// The pitch of a sound, in semitones over 55 Hz, for each frame of 10 ms that has one.
pub struct Contour {
    pitches: Vec<Option<f32>>,
}

impl Contour {
    /// Follows the pitch of mono samples at 16 kHz.
    pub fn of(pcm: &[i16]) -> Self {
        let semitones = |hertz: f32| 12.0 * (hertz / 55.0).log2();
        let pitches = pitches(pcm).into_iter().map(|pitch| pitch.map(semitones));
        Self {
            pitches: pitches.collect(),
        }
    }

    /// The pitches within some frames of 10 ms.
    pub fn within(&self, frames: &Range<usize>) -> Vec<f32> {
        let at = |frame: usize| frame.min(self.pitches.len());
        let within = &self.pitches[at(frames.start)..at(frames.end).max(at(frames.start))];
        within.iter().flatten().copied().collect()
    }

    /// The standard deviation of the pitch within some frames of 10 ms. Nothing if fewer than `enough` of them have a pitch.
    pub fn spread(&self, frames: &Range<usize>, enough: usize) -> Option<f32> {
        let pitches = self.within(frames);
        deviation(&pitches).filter(|_| pitches.len() >= enough)
    }
}

/// The clarity from which a frame is rather voiced than not.
const VOICED: f32 = 0.45;
/// Frames below this share of the loudest are hardly voiced, however clear: below 1 kHz, noise is alike for a while, too.
const SILENT: f32 = 0.05;
/// What a pitch costs for each octave below 500 Hz: twice the period is as clear.
const OCTAVE: f32 = 0.03;
/// What a jump of an octave costs.
const JUMP: f32 = 0.6;
/// What it costs to begin or to stop being voiced.
const ONSET: f32 = 0.14;
/// Pauses between voiced stretches up to this, in frames of 10 ms, don't forget the pitch: a consonant.
const REMEMBERED: usize = 12;
/// What a jump of an octave over such a pause costs, so that the burst of a consonant at the end has no pitch.
const JUMP_OVER: f32 = 1.0;
/// The shortest stretch that has a pitch, in frames of 10 ms. What is shorter is a burst or the tail of a fricative.
const SHORTEST: usize = 3;
/// The pitch of mono samples at 16 kHz in Hz, for each 10 ms; none where there is no voice.
fn pitches(pcm: &[i16]) -> Vec<Option<f32>> {
    let frames: Vec<PitchFrame> = candidates(pcm).collect();
    let mut peaks: Vec<f32> = frames.iter().map(|frame| frame.peak).collect();
    peaks.sort_by(f32::total_cmp);
    // A click is louder than the voice.
    let loudest = peaks.get(peaks.len().saturating_sub(1 + peaks.len() / 50));
    let mut pitches = likeliest(&frames, loudest.copied().unwrap_or_default().max(1.0));
    drop_bursts(&mut pitches);
    pitches
}

/// One place on the path: voiced with a pitch, or not.
#[derive(Clone, Copy)]
struct Place {
    /// In octaves over 1 Hz; while there is no voice, that of the last frame that had some.
    octave: Option<f32>,
    is_voiced: bool,
    /// Frames since there was voice.
    since: usize,
    score: f32,
    /// Which place of the frame before it follows.
    from: usize,
}

fn likeliest(frames: &[PitchFrame], loudest: f32) -> Vec<Option<f32>> {
    let highest = 500f32.log2();
    let mut path: Vec<Vec<Place>> = Vec::with_capacity(frames.len());
    for frame in frames {
        let quiet = (2.0 - frame.peak / loudest / (SILENT / (1.0 + VOICED))).max(0.0);
        let before = path.last().map_or(&[][..], Vec::as_slice);
        let mut places = Vec::with_capacity(frame.candidates.len() + 1);
        places.push(unvoiced(before, VOICED + quiet));
        for candidate in &frame.candidates {
            let octave = candidate.hertz.log2();
            let strength = candidate.clarity - OCTAVE * (highest - octave);
            places.push(voiced(before, octave, strength));
        }
        path.push(places);
    }
    trace(frames, &path)
}

fn unvoiced(before: &[Place], strength: f32) -> Place {
    let cost = |place: &Place| if place.is_voiced { ONSET } else { 0.0 };
    let (from, score) = best(before, cost);
    let last = before.get(from);
    let since = last.map_or(REMEMBERED, |place| place.since + 1);
    Place {
        octave: last.and_then(|place| place.octave).filter(|_| since <= REMEMBERED),
        is_voiced: false,
        since,
        score: score + strength,
        from,
    }
}

fn voiced(before: &[Place], octave: f32, strength: f32) -> Place {
    let cost = |place: &Place| {
        let jump = place.octave.map_or(0.0, |other| (octave - other).abs());
        if place.is_voiced {
            JUMP * jump
        } else {
            ONSET + JUMP_OVER * jump
        }
    };
    let (from, score) = best(before, cost);
    Place {
        octave: Some(octave),
        is_voiced: true,
        since: 0,
        score: score + strength,
        from,
    }
}

/// The place to come from, and the score of the path until there.
fn best(before: &[Place], cost: impl Fn(&Place) -> f32) -> (usize, f32) {
    let scores = before.iter().map(|place| place.score - cost(place)).enumerate();
    scores
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .unwrap_or((0, 0.0))
}

/// Follows the best path back.
fn trace(frames: &[PitchFrame], path: &[Vec<Place>]) -> Vec<Option<f32>> {
    let mut pitches = vec![None; path.len()];
    let (mut place, _) = path.last().map_or((0, 0.0), |last| best(last, |_| 0.0));
    for (index, places) in path.iter().enumerate().rev() {
        pitches[index] = place
            .checked_sub(1)
            .and_then(|candidate| frames[index].candidates.get(candidate))
            .map(|found| found.hertz);
        place = places.get(place).map_or(0, |place| place.from);
    }
    pitches
}

/// Takes the pitch of stretches that are too short for one.
fn drop_bursts(pitches: &mut [Option<f32>]) {
    for stretch in pitches.chunk_by_mut(|one, other| one.is_some() == other.is_some()) {
        if stretch.len() < SHORTEST {
            stretch.fill(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::acoustic::cepstrum::HOP;

    /// A voice of a second and a half that glides from one pitch to another: overtones that fade, of which the second is strong.
    fn voice(from: f32, to: f32) -> Vec<i16> {
        let mut phase = 0.0f32;
        let samples = (0..24_000).map(|n| {
            phase = (phase + from * (to / from).powf(n as f32 / 24_000.0) / 16_000.0).fract();
            let overtones = [0.3, 1.0, 0.4, 0.2, 0.1];
            let waves = (1..)
                .zip(overtones)
                .map(|(number, part)| part * (std::f32::consts::TAU * number as f32 * phase).sin());
            (waves.sum::<f32>() * 4_000.0) as i16
        });
        samples.collect()
    }

    #[test]
    fn a_voice_that_falls_by_two_octaves_is_followed() {
        for (from, to) in [(320.0, 75.0), (75.0, 320.0), (240.0, 70.0), (220.0, 460.0)] {
            let pitches = pitches(&voice(from, to));
            assert_eq!(pitches.len(), 150);
            for (frame, pitch) in pitches.iter().enumerate().take(145).skip(5) {
                let true_pitch = from * (to / from).powf((frame as f32 + 0.5) / 150.0);
                let pitch = pitch.unwrap_or_default();
                assert!(
                    (pitch / true_pitch - 1.0).abs() < 0.06,
                    "{from} {to}, {frame}: {pitch}, not {true_pitch}"
                );
            }
        }
    }

    #[test]
    fn a_wider_range_is_a_wider_spread() {
        let spread = |from, to| Contour::of(&voice(from, to)).spread(&(0..150), 24).unwrap_or_default();
        assert!(spread(200.0, 200.0) < 0.3 && spread(260.0, 100.0) > 4.0);
        assert_eq!(Contour::of(&voice(200.0, 100.0)).spread(&(0..10), 24), None);
        assert!(Contour::of(&[0; 16_000]).within(&(0..200)).is_empty());
    }

    proptest! {
        #[test]
        fn any_sound_has_a_pitch_within_its_limits_or_none(pcm in proptest::collection::vec(any::<i16>(), 0..4_000)) {
            let pitches = pitches(&pcm);
            prop_assert_eq!(pitches.len(), pcm.len() / HOP);
            for pitch in pitches.into_iter().flatten() {
                prop_assert!((55.0..=540.0).contains(&pitch), "{pitch}");
            }
        }
    }
}
