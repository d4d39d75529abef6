//! Words and sounds that were measured, as they are told: with the scores that the sound allows.

use std::ops::Range;

use super::assessment::{AssessedPhoneme, AssessedWord, Candidate, Doubt, Pronunciation, WordVerdict};
use super::calibration::{SOUND, WORD};
use super::distinction::{Contrast, contrast, is_scored, is_told_from_phone};
use super::goodness::SoundGoodness;
use super::measured::{Measured, Utterance};
use super::signal::{LEAST, SURE};
use super::syllables::is_nucleus;
use crate::acoustic::SpokenWord;
use crate::acoustic::ipa::{self, Sound};
use crate::acoustic::listening::FRAME_RATE;
use crate::acoustic::phone_loop::FreeFrame;
use crate::language::Language;

/// Words that score less are mispronounced.
const MISPRONOUNCED: u8 = 60;
/// The same where the sound allows less certainty: only what is wrong beyond doubt.
const SURELY_MISPRONOUNCED: u8 = 30;
/// Rivals of a sound that are told.
const RIVALS: usize = 4;
/// What is heard instead of a sound is told when the sound scores less than this.
const OTHER_SOUND: u8 = 40;

/// What a confidence allows to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    /// No score.
    None,
    /// Scores of words and of the whole; only words that are wrong beyond doubt are told.
    Words,
    /// Scores of sounds, too, but not what was said instead of one: noise is like other sounds.
    Scores,
    /// Everything.
    Sounds,
}

impl Certainty {
    /// `is_clean` tells that noise takes nothing from any sound.
    pub(super) fn of(confidence: f32, doubts: &[Doubt], is_clean: bool) -> Self {
        match confidence {
            confidence if confidence < LEAST => Self::None,
            // Without the upper band, "s", "f" and "th" are one.
            confidence if confidence < SURE || doubts.contains(&Doubt::NarrowBand) => Self::Words,
            _ if is_clean => Self::Sounds,
            _ => Self::Scores,
        }
    }
}

/// The words of a text that was said, and what was said beside them.
pub(super) fn assessed_words(
    utterance: &Utterance,
    said: &Measured,
    words: &[SpokenWord],
    language: Language,
    certainty: Certainty,
) -> Vec<AssessedWord> {
    let mut assessed: Vec<AssessedWord> = Vec::with_capacity(words.len());
    let inserted = |before: usize| {
        let here = said.insertions.iter();
        let here = here.filter(move |(next, _)| *next == before && certainty != Certainty::None);
        here.map(|(_, frames)| AssessedWord {
            text: String::new(),
            start: at(frames.start),
            end: at(frames.end),
            score: None,
            verdict: WordVerdict::Insertion,
            phonemes: heard_sounds(&utterance.free, frames),
        })
    };
    let mut end = 0;
    for (index, (word, goodness)) in words.iter().zip(&said.words).enumerate() {
        assessed.extend(inserted(index));
        // A word that its neighbours swallow has no time of its own.
        let frames = said.reading.word(index).unwrap_or(end..end);
        end = frames.end;
        // What allows no score allows no blame: noise swallows words, too.
        let is_omitted = certainty != Certainty::None && said.is_omitted(index);
        let score = goodness
            .quality(word, language)
            .filter(|_| !is_omitted && certainty != Certainty::None)
            .map(|quality| WORD.score(quality));
        let limit = if certainty == Certainty::Sounds {
            MISPRONOUNCED
        } else {
            SURELY_MISPRONOUNCED
        };
        let verdict = match score {
            _ if is_omitted => WordVerdict::Omission,
            Some(score) if score < limit => WordVerdict::Mispronunciation,
            _ => WordVerdict::None,
        };
        let sounds: Vec<_> = word.sounds.iter().zip(&goodness.sounds).collect();
        // What is several phones in a row is one sound.
        let parts = sounds.chunk_by(|_, (next, _)| next.continues);
        assessed.push(AssessedWord {
            text: word.text.clone(),
            start: at(frames.start),
            end: at(frames.end),
            score,
            verdict,
            phonemes: parts
                .filter(|_| !is_omitted)
                .filter_map(|parts| {
                    let phoneme = |(sound, goodness): &(&Sound, &SoundGoodness)| {
                        phoneme(&sound.ipa, goodness, language, certainty)
                    };
                    joined(parts.iter().map(phoneme))
                })
                .collect(),
        });
    }
    assessed.extend(inserted(words.len()));
    // What stands behind the last word that was said.
    let left_out = words
        .iter()
        .skip(said.words.len())
        .filter(|_| certainty != Certainty::None);
    assessed.extend(left_out.map(|word| AssessedWord {
        text: word.text.clone(),
        start: at(end),
        end: at(end),
        score: None,
        verdict: WordVerdict::Omission,
        phonemes: Vec::new(),
    }));
    assessed
}

/// What was heard in some frames, sound by sound.
fn heard_sounds(free: &[FreeFrame], frames: &Range<usize>) -> Vec<AssessedPhoneme> {
    let mut start = frames.start;
    let mut sounds = Vec::new();
    for run in free[frames.clone()].chunk_by(|one, other| one.phone == other.phone) {
        let ipa = ipa::of(run[0].phone);
        if !ipa.is_empty() {
            sounds.push(AssessedPhoneme {
                ipa: ipa.to_owned(),
                start: at(start),
                end: at(start + run.len()),
                score: None,
                is_untold: false,
                heard: None,
                candidates: Vec::new(),
            });
        }
        start += run.len();
    }
    sounds
}

fn phoneme(ipa: &str, goodness: &SoundGoodness, language: Language, certainty: Certainty) -> AssessedPhoneme {
    let is_untold = !is_scored(ipa, language);
    let score = (certainty >= Certainty::Scores && !is_untold).then(|| SOUND.score(goodness.quality(ipa, language)));
    AssessedPhoneme {
        ipa: ipa.to_owned(),
        start: at(goodness.frames.start),
        end: at(goodness.frames.end),
        score,
        is_untold,
        heard: score
            .filter(|score| certainty == Certainty::Sounds && *score < OTHER_SOUND)
            .and_then(|_| heard(ipa, goodness, language)),
        candidates: score
            .filter(|_| certainty == Certainty::Sounds)
            .map_or_else(Vec::new, |score| candidates(ipa, score, goodness, language)),
    }
}

/// One sound of its parts, each of which counts as much. What was said instead of a part was not said instead of the whole.
fn joined(parts: impl Iterator<Item = AssessedPhoneme>) -> Option<AssessedPhoneme> {
    let parts: Vec<AssessedPhoneme> = parts.collect();
    let [first, .., last] = &parts[..] else {
        return parts.into_iter().next();
    };
    let scores: Option<Vec<usize>> = parts.iter().map(|part| part.score.map(usize::from)).collect();
    let score = scores.map(|scores| ((scores.iter().sum::<usize>() + scores.len() / 2) / scores.len()) as u8);
    let own = parts
        .iter()
        .all(|part| !part.candidates.is_empty())
        .then_some(score)
        .flatten();
    Some(AssessedPhoneme {
        ipa: first.ipa.clone(),
        start: first.start,
        end: last.end,
        score,
        is_untold: parts.iter().any(|part| part.is_untold),
        heard: None,
        candidates: own.map_or_else(Vec::new, |score| {
            vec![Candidate {
                ipa: first.ipa.clone(),
                score,
            }]
        }),
    })
}

/// What was said in the place of a sound that was not that.
fn heard(ipa: &str, goodness: &SoundGoodness, language: Language) -> Option<String> {
    if let Some(contrast) = contrasted(ipa, goodness, language) {
        return Some(contrast.rival.to_owned());
    }
    let mut stronger = goodness.rivals.iter().filter(|rival| rival.lead > 0.0);
    let rival = stronger.find(|rival| is_alike(ipa::of(rival.phone), ipa))?;
    if !is_told_from_phone(ipa, rival.phone, language) {
        return None;
    }
    Some(ipa::of(rival.phone).to_owned())
}

/// The vowel that was rather said, by where it resonates.
fn contrasted(ipa: &str, goodness: &SoundGoodness, language: Language) -> Option<Contrast> {
    contrast(ipa, language).filter(|_| goodness.likelihood_of_contrast(ipa, language) > 0.5)
}

/// Whether both are vowels, or neither is. A vowel in the place of a consonant is mostly the neighbour that has swallowed it, and nothing
/// that one could change.
fn is_alike(one: &str, other: &str) -> bool {
    is_nucleus(one) == is_nucleus(other)
}

/// A sound and its strongest rivals that it is told from, each scored as if it had been meant, the best first.
fn candidates(ipa: &str, score: u8, goodness: &SoundGoodness, language: Language) -> Vec<Candidate> {
    let rivals = goodness.rivals.iter().enumerate().filter_map(|(index, rival)| {
        let is_named = |other: &&str| is_alike(other, ipa) && is_told_from_phone(ipa, rival.phone, language);
        let other = Some(ipa::of(rival.phone)).filter(is_named)?;
        let quality = goodness.of_rival(index)?.quality(other, language);
        Some(Candidate {
            ipa: other.to_owned(),
            score: SOUND.score(quality),
        })
    });
    let own = Candidate {
        ipa: ipa.to_owned(),
        score,
    };
    // The phones don't tell it from the one that it should be.
    let contrasted = contrasted(ipa, goodness, language).map(|contrast| Candidate {
        ipa: contrast.rival.to_owned(),
        score: SOUND.score(goodness.quality_by_phones(ipa, language)),
    });
    let others = contrasted.into_iter().chain(rivals).take(RIVALS);
    let mut candidates: Vec<Candidate> = std::iter::once(own).chain(others).collect();
    // The sort is stable: of equals, the one that it should be comes first.
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.score));
    candidates
}

/// Each word counts as its sounds do that can be judged.
pub(super) fn pronunciation(words: &[AssessedWord], certainty: Certainty) -> Pronunciation {
    if certainty == Certainty::None {
        return Pronunciation::default();
    }
    let judged = |word: &AssessedWord| word.phonemes.iter().filter(|phoneme| !phoneme.is_untold).count();
    let scored = words.iter().filter_map(|word| Some((word.score?, judged(word))));
    let (sum, sounds) = scored.fold((0, 0), |(sum, sounds), (score, count)| {
        (sum + usize::from(score) * count, sounds + count)
    });
    let of_text = words
        .iter()
        .filter(|word| word.verdict != WordVerdict::Insertion)
        .count();
    let omitted = words
        .iter()
        .filter(|word| word.verdict == WordVerdict::Omission)
        .count();
    Pronunciation {
        score: (sounds > 0).then(|| ((sum + sounds / 2) / sounds) as u8),
        completeness: (of_text > 0).then(|| ((of_text - omitted) * 100 / of_text) as u8),
    }
}

fn at(frame: usize) -> std::time::Duration {
    std::time::Duration::from_millis((frame * 1000 / FRAME_RATE) as u64)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::goodness::Rival;
    use super::*;
    use crate::acoustic::phone::Phone;

    #[test]
    fn the_less_sure_the_less_is_told() {
        let certainty =
            |confidence, doubts: &[Doubt]| Certainty::of(confidence, doubts, !doubts.contains(&Doubt::Noisy));
        assert_eq!(certainty(0.9, &[]), Certainty::Sounds);
        assert_eq!(certainty(0.8, &[Doubt::Noisy]), Certainty::Scores);
        assert_eq!(certainty(0.9, &[Doubt::NarrowBand]), Certainty::Words);
        assert_eq!(certainty(0.5, &[Doubt::Noisy]), Certainty::Words);
        assert_eq!(certainty(0.2, &[Doubt::Noisy]), Certainty::None);
        let goodness = SoundGoodness {
            frames: 0..8,
            fit: -6.0,
            margin: -50.0,
            centre: None,
            rivals: [("Z", 50.0), ("SH", -20.0)]
                .map(|(name, lead)| Rival {
                    phone: Phone::named(name).unwrap(),
                    lead,
                })
                .to_vec(),
        };
        let told = |certainty| phoneme("s", &goodness, Language::English, certainty);
        assert_eq!(told(Certainty::Sounds).heard.as_deref(), Some("z"));
        let mut swallowed = goodness.clone();
        swallowed.rivals[0].phone = Phone::named("IY").unwrap();
        let told_of_swallowed = phoneme("s", &swallowed, Language::English, Certainty::Sounds);
        assert_eq!(
            told_of_swallowed.heard, None,
            "a vowel is not what a consonant was said as"
        );
        assert!(told_of_swallowed.score.is_some_and(|score| score < OTHER_SOUND));
        assert!(told(Certainty::Sounds).score.is_some_and(|score| score < OTHER_SOUND));
        let candidates = told(Certainty::Sounds).candidates;
        let order: Vec<&str> = candidates.iter().map(|candidate| candidate.ipa.as_str()).collect();
        assert_eq!(order, ["z", "s", "ʃ"]);
        assert!(candidates[0].score > 60, "{candidates:?}");
        assert_eq!(told(Certainty::Words).candidates, []);
        let in_noise = told(Certainty::Scores);
        assert_eq!((in_noise.heard, in_noise.candidates), (None, Vec::new()));
        assert_eq!(in_noise.score, told(Certainty::Sounds).score);
        assert!(!told(Certainty::Words).is_untold);
        let nasal = phoneme("ɔ̃", &goodness, Language::French, Certainty::Sounds);
        assert!(nasal.is_untold && nasal.score.is_none() && nasal.heard.is_none());
        assert_eq!(
            (told(Certainty::Words).score, told(Certainty::Words).heard),
            (None, None)
        );
    }

    #[test]
    fn a_sound_of_several_parts_is_told_once() {
        let part = |frames: Range<usize>, score| AssessedPhoneme {
            ipa: "ɔːɹ".to_owned(),
            start: at(frames.start),
            end: at(frames.end),
            score,
            is_untold: false,
            heard: Some("l".to_owned()),
            candidates: Vec::from_iter(score.map(|score| Candidate {
                ipa: "ɔːɹ".to_owned(),
                score,
            })),
        };
        let (vowel, end) = (part(0..8, Some(90)), part(8..12, Some(51)));
        let told = joined([vowel.clone(), end].into_iter()).expect("it has parts");
        assert_eq!((told.start, told.end, told.score), (at(0), at(12), Some(71)));
        assert_eq!(told.heard, None, "nothing else was said instead of all of it");
        let named: Vec<_> = told.candidates.iter().map(|named| (&*named.ipa, named.score)).collect();
        assert_eq!(named, [("ɔːɹ", 71)]);
        assert_eq!(
            joined([vowel.clone(), part(8..12, None)].into_iter()).and_then(|told| told.score),
            None
        );
        assert_eq!(joined([vowel.clone()].into_iter()), Some(vowel));
        assert_eq!(joined([].into_iter()), None);
    }

    #[test]
    fn what_a_sound_is_not_told_from_is_no_candidate() {
        let goodness = SoundGoodness {
            frames: 0..8,
            fit: -6.0,
            margin: -50.0,
            centre: None,
            rivals: [("T", 50.0), ("B", 40.0)]
                .map(|(name, lead)| Rival {
                    phone: Phone::named(name).unwrap(),
                    lead,
                })
                .to_vec(),
        };
        let of = |language| {
            let candidates = phoneme("d", &goodness, language, Certainty::Sounds).candidates;
            candidates
                .into_iter()
                .map(|candidate| candidate.ipa)
                .collect::<HashSet<_>>()
        };
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<HashSet<_>>();
        assert_eq!(of(Language::English), named(&["d", "b"]));
        assert_eq!(of(Language::French), named(&["d", "b", "t"]));
    }

    #[test]
    fn a_vowel_that_resonates_as_its_rival_is_told_as_that() {
        let of = |centre| {
            let goodness = SoundGoodness {
                frames: 0..8,
                fit: -0.5,
                margin: 20.0,
                rivals: Vec::new(),
                centre: Some(centre),
            };
            phoneme("y", &goodness, Language::French, Certainty::Sounds)
        };
        let (front, back) = (of(13.0), of(8.0));
        assert!(
            front.score.is_some_and(|score| score > 90) && front.heard.is_none(),
            "{front:?}"
        );
        assert!(back.score.is_some_and(|score| score < OTHER_SOUND), "{back:?}");
        assert_eq!(back.heard.as_deref(), Some("u"));
        assert_eq!(back.candidates[0].ipa, "u");
    }
}
