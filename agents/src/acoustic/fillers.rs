//! Filled pauses of speech whose words aren't known: "euh", "um" or "ähm" that stand alone. Those that run into a word are only found by
//! whoever knows the words ([`crate::assessment::speech::reading`]).

use super::listening::FRAME_RATE;
use super::network::hesitation_phones;
use super::phone::Phone;

/// Silence around a sound that stands alone, in frames of 10 ms: longer than before a plosive.
const ALONE: usize = FRAME_RATE / 10;

/// Whether nothing is said.
pub(crate) fn is_silence(phone: Phone) -> bool {
    phone == Phone::SILENCE || phone.name() == "+NSN+"
}

/// Counts them in the phones of the frames.
pub(crate) fn filled_pauses(phones: &[Phone]) -> u32 {
    let runs: Vec<&[Phone]> = phones
        .chunk_by(|one, other| is_silence(*one) == is_silence(*other))
        .collect();
    let is_apart = |run: Option<&&[Phone]>| run.is_none_or(|silence| silence.len() >= ALONE);
    let is_filled_pause = |index: usize| {
        let sound = runs[index];
        !is_silence(sound[0])
            && is_hesitation(sound)
            && is_apart(index.checked_sub(1).and_then(|before| runs.get(before)))
            && is_apart(runs.get(index + 1))
    };
    let count = (0..runs.len()).filter(|index| is_filled_pause(*index)).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether most of a sound is what hesitations are made of, or one vowel that is held for longer than any in a word.
fn is_hesitation(sound: &[Phone]) -> bool {
    let unclear = sound
        .iter()
        .filter(|phone| hesitation_phones().any(|known| known == **phone));
    let runs = sound.chunk_by(|one, other| one == other);
    let held = runs
        .filter(|run| VOWELS.contains(&run[0].name()))
        .map(<[Phone]>::len)
        .max();
    let held = held.filter(|held| *held >= HELD).unwrap_or_default();
    sound.len() >= SHORTEST && (unclear.count() * 10 >= sound.len() * 7 || held * 10 >= sound.len() * 8)
}

const VOWELS: [&str; 15] = [
    "AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW",
];
/// A vowel that lasts so many frames is held: 300 ms.
const HELD: usize = FRAME_RATE * 3 / 10;

/// The shortest that is one, in frames of 10 ms: a short vowel between two words may sound like it.
const SHORTEST: usize = FRAME_RATE / 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn phones(runs: &[(&str, usize)]) -> Vec<Phone> {
        let run = |&(name, frames): &(&str, usize)| vec![Phone::named(name).unwrap(); frames];
        runs.iter().flat_map(run).collect()
    }

    #[test]
    fn a_lasting_hum_that_stands_alone_is_a_filled_pause() {
        let um = [
            ("T", 6),
            ("IY", 12),
            ("SIL", 20),
            ("AH", 15),
            ("M", 9),
            ("SIL", 14),
            ("S", 9),
            ("OW", 15),
        ];
        assert_eq!(filled_pauses(&phones(&um)), 1);
        assert_eq!(filled_pauses(&phones(&[("ER", 30)])), 1);
        // A clear vowel is one when it is held.
        let held = |frames| filled_pauses(&phones(&[("SIL", 20), ("AA", frames), ("SIL", 20)]));
        assert_eq!((held(HELD - 1), held(HELD)), (0, 1));
    }

    #[test]
    fn short_sounds_words_and_what_is_joined_to_words_are_none() {
        assert_eq!(filled_pauses(&[]), 0);
        assert_eq!(filled_pauses(&phones(&[("SIL", 50)])), 0);
        assert_eq!(filled_pauses(&phones(&[("SIL", 20), ("AH", 12), ("SIL", 20)])), 0);
        assert_eq!(
            filled_pauses(&phones(&[("SIL", 20), ("AH", 20), ("N", 9), ("OW", 9), ("SIL", 20)])),
            0
        );
        assert_eq!(
            filled_pauses(&phones(&[("T", 9), ("SIL", 5), ("AH", 25), ("SIL", 20)])),
            0
        );
    }
}
