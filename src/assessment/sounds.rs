//! What is told about single sounds: which of them to work on, and how, in the learner's own language.

use std::sync::Arc;

use colloquy_agents::assessment::articulation::Phonemes;
use colloquy_agents::assessment::feedback::{Feedback, Sentence};
use colloquy_agents::assessment::speech::{AssessedPhoneme, AssessedWord, Assessment, Doubt, WordVerdict};
use colloquy_agents::engine::Tts;
use colloquy_agents::language::Language;

use crate::audio::AudioName;
use crate::audio::store::PHONEMES;

/// Sounds and words that score less are to be worked on.
pub const WEAK: u8 = 60;
/// Sounds that score at least this need no word more.
pub const GOOD: u8 = 80;
/// Below this a word or a sound is wrong beyond doubt, and below [`OTHER_SOUND`] a sound is another one.
const OTHER_WORD: u8 = 30;
const OTHER_SOUND: u8 = 40;

/// Whose ear it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ear {
    /// The language that is practised.
    pub practised: Language,
    /// The learner's own.
    pub native: Language,
}

/// Says how sounds are made, and where they can be heard.
#[derive(Clone)]
pub struct Coach {
    phonemes: Arc<Phonemes>,
    sentences: Arc<Feedback>,
    voice: Option<Arc<dyn Tts>>,
}

/// What is told about a sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// What to do.
    pub text: String,
    /// Where the sound can be heard in a word: a path on this server.
    pub audio_example: Option<String>,
}

/// A word to work on.
#[derive(Clone, Debug, PartialEq)]
pub struct WeakWord<'a> {
    /// As it stands in the text.
    pub word: &'a str,
    /// How well it was said.
    pub score: u8,
    /// Its weakest sound in IPA, if single sounds could be told apart.
    pub ipa: Option<&'a str>,
    /// What to do about it.
    pub tip: Tip,
}

impl Coach {
    /// With what is known of sounds, and what is said of them; `voice` says the examples.
    pub fn new(phonemes: Arc<Phonemes>, sentences: Arc<Feedback>, voice: Option<Arc<dyn Tts>>) -> Self {
        Self {
            phonemes,
            sentences,
            voice,
        }
    }

    /// What is said in the learner's own language.
    pub fn sentences(&self) -> &Feedback {
        &self.sentences
    }

    /// Whether there is a voice for a language.
    pub fn speaks(&self, language: Language) -> bool {
        self.voice.as_ref().is_some_and(|voice| voice.speaks(language))
    }

    /// A word, and what to do about it.
    pub fn about(&self, ear: Ear, word: &str, tip: &Tip) -> String {
        let filling = [("word", word), ("tip", tip.text.as_str())];
        self.sentences.fill(Sentence::WordTip, ear.native, &filling)
    }

    /// What to do about a sound that should have been `ipa`.
    pub fn tip(&self, ear: Ear, ipa: &str, heard: Option<&str>) -> Option<Tip> {
        let advice = self.phonemes.advice(ear.practised, ear.native, ipa, heard)?;
        Some(Tip {
            text: advice.text,
            audio_example: self.example(ear.practised, ipa),
        })
    }

    /// Where a sound can be heard in a word, if there is a voice for it: a path on this server.
    pub fn example(&self, practised: Language, ipa: &str) -> Option<String> {
        let phoneme = self.phonemes.find(practised, ipa).filter(|_| self.speaks(practised))?;
        Some(AudioName::parse(PHONEMES, &phoneme.id())?.url(""))
    }

    /// What is told about one sound of a word; of one that can't be judged, why. Of another word nobody has to hear how the sounds of this
    /// one are made.
    pub fn feedback(&self, ear: Ear, word: &AssessedWord, phoneme: &AssessedPhoneme) -> Option<Tip> {
        let said = |sentence| Tip {
            text: self.sentences.say(sentence, ear.native).to_owned(),
            audio_example: None,
        };
        let Some(score) = phoneme.score else {
            return phoneme.is_untold.then(|| said(Sentence::SoundUntold));
        };
        Some(match score {
            GOOD.. => said(Sentence::SoundExcellent),
            WEAK.. => Tip {
                audio_example: self.example(ear.practised, &phoneme.ipa),
                ..said(Sentence::SoundNearly)
            },
            _ if is_other_word(word) => said(Sentence::WordOther),
            _ => self
                .tip(ear, &phoneme.ipa, phoneme.heard.as_deref())
                .unwrap_or_else(|| said(Sentence::SoundNearly)),
        })
    }

    /// The words of a text that were said badly, the worst first.
    pub fn weak_words<'a>(&self, ear: Ear, text: &'a str, assessment: &'a Assessment) -> Vec<WeakWord<'a>> {
        let mut weak: Vec<WeakWord<'a>> = Vec::new();
        for assessed in &assessment.words {
            let is_weak = assessed.verdict == WordVerdict::Mispronunciation;
            let (Some(word), Some(score)) = (spelled(text, &assessed.text), assessed.score.filter(|_| is_weak)) else {
                continue;
            };
            if weak.iter().any(|other| other.word == word) {
                continue;
            }
            let sound = weakest(assessed).filter(|_| !is_other_word(assessed));
            let tip = sound.and_then(|sound| self.tip(ear, &sound.ipa, sound.heard.as_deref()));
            weak.push(WeakWord {
                word,
                score,
                ipa: sound.map(|sound| sound.ipa.as_str()),
                tip: tip.unwrap_or_else(|| match is_other_word(assessed) {
                    true => Tip {
                        text: self.sentences.say(Sentence::WordOther, ear.native).to_owned(),
                        audio_example: None,
                    },
                    false => self.once_more(ear, word),
                }),
            });
        }
        weak.sort_by_key(|word| word.score);
        weak
    }

    /// Words that were not said badly as a whole, but with a sound that is wrong beyond doubt: each such sound once, the worst first.
    pub fn wrong_sounds<'a>(&self, ear: Ear, text: &'a str, assessment: &'a Assessment) -> Vec<WeakWord<'a>> {
        let words = assessment.words.iter();
        let words = words.filter(|word| word.verdict == WordVerdict::None);
        let mut wrong: Vec<(u8, &AssessedWord, &AssessedPhoneme)> = words
            .filter_map(|word| {
                let sound = weakest(word)?;
                let score = sound.score.filter(|score| *score < OTHER_WORD)?;
                Some((score, word, sound))
            })
            .collect();
        wrong.sort_by_key(|(score, ..)| *score);
        let mut told: Vec<WeakWord<'a>> = Vec::new();
        for (score, assessed, sound) in wrong {
            let Some(word) = spelled(text, &assessed.text) else {
                continue;
            };
            if told.iter().any(|other| other.ipa == Some(sound.ipa.as_str())) {
                continue;
            }
            let tip = self.tip(ear, &sound.ipa, sound.heard.as_deref());
            told.push(WeakWord {
                word,
                score,
                ipa: Some(&sound.ipa),
                tip: tip.unwrap_or_else(|| self.once_more(ear, word)),
            });
        }
        told
    }

    fn once_more(&self, ear: Ear, word: &str) -> Tip {
        let filling = [("word", word)];
        Tip {
            text: self.sentences.fill(Sentence::WordOnceMore, ear.native, &filling),
            audio_example: None,
        }
    }
}

/// The sounds to work on, those of the most words first.
pub fn weak_sounds(assessment: &Assessment) -> Vec<String> {
    let mut counted: Vec<(String, usize)> = Vec::new();
    let words = assessment.words.iter().filter(|word| !is_other_word(word));
    let sounds = words.flat_map(|word| &word.phonemes);
    for sound in sounds.filter(|sound| sound.score.is_some_and(|score| score < WEAK)) {
        match counted.iter_mut().find(|(ipa, _)| *ipa == sound.ipa) {
            Some((_, count)) => *count += 1,
            None => counted.push((sound.ipa.clone(), 1)),
        }
    }
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counted.into_iter().map(|(ipa, _)| ipa).collect()
}

/// The sounds of a text, the one that came out worst first.
pub fn sounds_of(assessment: &Assessment) -> Vec<&str> {
    let sounds = assessment.words.iter().flat_map(|word| &word.phonemes);
    let mut scored: Vec<(u8, &str)> = sounds
        .filter_map(|sound| Some((sound.score?, sound.ipa.as_str())))
        .collect();
    scored.sort_by_key(|(score, _)| *score);
    let mut sounds: Vec<&str> = Vec::new();
    for (_, ipa) in scored {
        if !sounds.contains(&ipa) {
            sounds.push(ipa);
        }
    }
    sounds
}

/// Whether another word was said in the place of this one: it is wrong beyond doubt, and so are half of its sounds, two at least. One
/// bad sound is a matter of tongue and lips; of several, nobody knows which word it was.
pub fn is_other_word(word: &AssessedWord) -> bool {
    let scores = || word.phonemes.iter().filter_map(|phoneme| phoneme.score);
    let bad = scores().filter(|score| *score < OTHER_SOUND).count();
    word.verdict == WordVerdict::Mispronunciation
        && word.score.is_some_and(|score| score < OTHER_WORD)
        && bad >= 2
        && 2 * bad >= scores().count()
}

fn weakest(word: &AssessedWord) -> Option<&AssessedPhoneme> {
    let scored = word
        .phonemes
        .iter()
        .filter_map(|phoneme| Some((phoneme.score.filter(|score| *score < WEAK)?, phoneme)));
    scored.min_by_key(|(score, _)| *score).map(|(_, phoneme)| phoneme)
}

/// A word as it stands in the text.
pub fn spelled<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let is_outer = |sign: char| !sign.is_alphanumeric();
    let word = word.trim_matches(is_outer).to_lowercase().replace('’', "'");
    if word.is_empty() {
        return None;
    }
    let is_it = |token: &&str| token.to_lowercase().replace('’', "'") == word;
    let tokens = || text.split_whitespace().map(|token| token.trim_matches(is_outer));
    // Contractions and compounds are several words to whoever pronounces them.
    let parts = || tokens().flat_map(|token| token.split(['-', '\'', '’']));
    tokens().find(is_it).or_else(|| parts().find(is_it))
}

/// Why there is no score of the sounds, where there is none; without an assessment, since nobody here judges the language.
pub fn no_score(assessment: Option<&Assessment>) -> Option<Sentence> {
    let Some(assessment) = assessment else {
        return Some(Sentence::NoScoreLanguage);
    };
    if !assessment.is_text {
        // What is too loud for the microphone fits no text.
        return Some(match assessment.doubts.contains(&Doubt::Clipped) {
            true => Sentence::NoScoreClipped,
            false => Sentence::NoScoreOtherText,
        });
    }
    if assessment.pronunciation.score.is_some() {
        return None;
    }
    Some(match assessment.doubts.first() {
        Some(Doubt::Short) => Sentence::NoScoreShort,
        Some(Doubt::Noisy) => Sentence::NoScoreNoisy,
        Some(Doubt::Clipped) => Sentence::NoScoreClipped,
        Some(Doubt::NarrowBand) => Sentence::NoScoreNarrowBand,
        Some(Doubt::Language) | None => Sentence::NoScoreUnclear,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use colloquy_agents::assessment::speech::{Fluency, Intonation, Pattern, Pronunciation};

    use super::*;

    /// A word with its sounds, each with its score.
    pub(crate) fn word(text: &str, score: u8, verdict: WordVerdict, sounds: &[(&str, u8)]) -> AssessedWord {
        AssessedWord {
            text: text.to_owned(),
            start: Duration::from_millis(100),
            end: Duration::from_millis(400),
            score: Some(score),
            verdict,
            phonemes: sounds
                .iter()
                .map(|(ipa, score)| AssessedPhoneme {
                    ipa: (*ipa).to_owned(),
                    start: Duration::from_millis(100),
                    end: Duration::from_millis(150),
                    score: Some(*score),
                    is_untold: false,
                    heard: None,
                    candidates: Vec::new(),
                })
                .collect(),
        }
    }

    /// An assessment of a text that was said.
    pub(crate) fn assessment(words: Vec<AssessedWord>) -> Assessment {
        Assessment {
            confidence: 0.9,
            doubts: Vec::new(),
            is_text: true,
            pronunciation: Pronunciation {
                score: Some(72),
                completeness: Some(100),
            },
            fluency: Fluency {
                score: Some(80),
                pace: None,
                articulation_rate: Some(5.0),
                speech_rate: Some(4.5),
                pauses: 0,
                pauses_in_clauses: Default::default(),
                longest_pause: Duration::ZERO,
                paused: Duration::ZERO,
                filler_words: 0,
                duration: Duration::from_secs(2),
            },
            intonation: Intonation {
                score: Some(70),
                accuracy: Some(74),
                pattern: Some(Pattern::Falling),
                expected: Pattern::Falling,
                may_rise: false,
                movement: Some(-4.0),
                range: Some(2.0),
            },
            words,
        }
    }

    pub(crate) fn coach() -> Coach {
        Coach::new(
            Arc::new(Phonemes::built_in()),
            Arc::new(Feedback::built_in()),
            Some(Arc::new(colloquy_agents::tts::scripted::ScriptedTts::new())),
        )
    }

    pub(crate) const EAR: Ear = Ear {
        practised: Language::French,
        native: Language::English,
    };

    #[test]
    fn words_are_named_as_they_stand_in_the_text() {
        let text = "L’addition, s'il vous plaît. Est-ce que Marie…";
        for (word, found) in [
            ("addition", Some("addition")),
            ("l'", Some("L")),
            ("S'IL", Some("s'il")),
            ("plaît", Some("plaît")),
            ("est-ce", Some("Est-ce")),
            ("marie", Some("Marie")),
            ("garçon", None),
            ("", None),
        ] {
            assert_eq!(spelled(text, word), found, "{word}");
        }
    }

    #[test]
    fn the_worst_word_comes_first_with_what_to_do_about_its_weakest_sound() {
        let text = "La rue est jolie";
        let assessment = assessment(vec![
            word("La", 95, WordVerdict::None, &[("l", 95), ("a", 96)]),
            word("rue", 30, WordVerdict::Mispronunciation, &[("ʁ", 70), ("y", 12)]),
            word("jolie", 20, WordVerdict::Mispronunciation, &[("ʒ", 70), ("i", 90)]),
        ]);
        let weak = coach().weak_words(EAR, text, &assessment);
        assert_eq!(weak.iter().map(|word| word.word).collect::<Vec<_>>(), ["jolie", "rue"]);
        assert_eq!(weak[1].ipa, Some("y"));
        assert!(weak[1].tip.text.contains("lips"), "{:?}", weak[1].tip);
        assert_eq!(
            weak[1].tip.audio_example.as_deref(),
            Some("/audio/phonemes/fr-0079.mp3")
        );
        assert_eq!(weak[0].ipa, None, "none of its sounds is bad enough to be named");
        assert!(weak[0].tip.text.contains("jolie"));
        assert_eq!(weak_sounds(&assessment), ["y"]);
    }

    #[test]
    fn of_another_word_no_sound_is_worked_on() {
        let mut said = word(
            "café",
            8,
            WordVerdict::Mispronunciation,
            &[("k", 5), ("a", 88), ("f", 9), ("e", 30)],
        );
        said.phonemes[0].heard = Some("t".to_owned());
        assert!(is_other_word(&said));
        let one_bad = word("rue", 20, WordVerdict::Mispronunciation, &[("ʁ", 70), ("y", 12)]);
        assert!(!is_other_word(&one_bad));
        let assessment = assessment(vec![said, one_bad]);
        let weak = coach().weak_words(EAR, "café rue", &assessment);
        assert_eq!((weak[0].word, weak[0].ipa), ("café", None));
        assert!(weak[0].tip.text.contains("another word"), "{:?}", weak[0].tip);
        assert_eq!(weak_sounds(&assessment), ["y"]);
        let of = |word: usize, sound: usize| {
            let word = &assessment.words[word];
            coach().feedback(EAR, word, &word.phonemes[sound]).unwrap().text
        };
        assert!(of(0, 0).contains("another word"));
        assert!(!of(0, 1).contains("another word"), "what was right is right");
        assert!(of(1, 1).contains("lips"));
        assert_eq!(sounds_of(&assessment), ["k", "f", "y", "e", "ʁ", "a"]);
    }

    #[test]
    fn a_sound_that_is_wrong_beyond_doubt_is_named_though_its_word_is_good() {
        let mut said = vec![
            word("vous", 84, WordVerdict::None, &[("v", 90), ("u", 28)]),
            word("une", 86, WordVerdict::None, &[("y", 4), ("n", 95)]),
            word("rue", 88, WordVerdict::None, &[("ʁ", 80), ("y", 9)]),
            word("table", 90, WordVerdict::None, &[("t", 30), ("b", 95)]),
        ];
        said.push(word("vu", 20, WordVerdict::Mispronunciation, &[("v", 2)]));
        let assessment = assessment(said);
        let wrong = coach().wrong_sounds(EAR, "Vous avez vu une rue, une table", &assessment);
        let named: Vec<_> = wrong.iter().map(|one| (one.word, one.ipa, one.score)).collect();
        assert_eq!(named, [("une", Some("y"), 4), ("Vous", Some("u"), 28)]);
        assert!(wrong[0].tip.text.contains("lips"), "{:?}", wrong[0].tip);
    }

    #[test]
    fn a_score_that_is_withheld_has_a_reason() {
        let mut one = assessment(Vec::new());
        assert_eq!(no_score(Some(&one)), None);
        one.pronunciation.score = None;
        one.doubts = vec![Doubt::Noisy];
        assert_eq!(no_score(Some(&one)), Some(Sentence::NoScoreNoisy));
        one.is_text = false;
        assert_eq!(no_score(Some(&one)), Some(Sentence::NoScoreOtherText));
        one.doubts = vec![Doubt::Noisy, Doubt::Clipped];
        assert_eq!(no_score(Some(&one)), Some(Sentence::NoScoreClipped));
        assert_eq!(no_score(None), Some(Sentence::NoScoreLanguage));
    }
}
