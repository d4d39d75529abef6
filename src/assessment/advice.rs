//! What there is to say about a recording, in the learner's own language, from what was measured.

use std::time::Duration;

use colloquy_agents::assessment::articulation::Phonemes;
use colloquy_agents::assessment::feedback::{Sentence, joined};
use colloquy_agents::assessment::speech::{Assessment, Doubt, Intonation, Pattern, Tempo, WordVerdict};
use colloquy_agents::exercises::{Difficulty, Exercise, Exercises, Focus, Kind};

use super::judged::Judged;
use super::sounds::{Coach, Ear, GOOD, no_score, sounds_of, spelled, weak_sounds};

#[cfg(test)]
mod tests;

/// Exercises that are named at most.
const NAMED_EXERCISES: usize = 3;
/// Words that are named to be worked on, and words that are named as left out.
const NAMED_WORDS: usize = 3;
/// Of so many words, one with a pause before it within a clause is no habit yet.
const WORDS_A_PAUSE: usize = 5;
/// A pause within a clause that is longer is too long, however few there are.
const LONG_PAUSE: Duration = Duration::from_secs(1);
/// A spread of the pitch below this is flat, as a standard deviation in semitones: half of what is lively.
const FLAT: f32 = 1.25;

/// Puts a judgement in words.
#[derive(Clone, Copy)]
pub struct Advice<'a> {
    /// What is known of the recording.
    pub judged: &'a Judged,
    /// What was said.
    pub text: &'a str,
    /// Whether the text is as somebody wrote it, with its marks. Else a missing question mark says nothing: it is what a recogniser heard, or
    /// has no mark at all.
    pub is_written: bool,
    /// Whose ear it is for.
    pub ear: Ear,
    /// Who says how sounds are made.
    pub coach: &'a Coach,
}

/// The name of a pace.
pub fn pace(tempo: Option<Tempo>) -> &'static str {
    match tempo {
        Some(Tempo::Slow) => "slow",
        Some(Tempo::Appropriate) => "appropriate",
        Some(Tempo::Fast) => "fast",
        None => "unknown",
    }
}

/// The name of a melody.
pub fn pattern(pattern: Option<Pattern>) -> &'static str {
    match pattern {
        Some(Pattern::Rising) => "questioning",
        Some(Pattern::Falling) => "declarative",
        Some(Pattern::Level) => "level",
        None => "unclear",
    }
}

impl Advice<'_> {
    /// Why there is no score of the sounds, where there is none.
    pub fn pronunciation(&self) -> Option<&str> {
        self.no_score().map(|sentence| self.say(sentence))
    }

    /// About pace, pauses and fillers, and why there is no score.
    pub fn fluency(&self) -> String {
        let fluency = self.judged.fluency();
        let pace = match fluency.pace {
            Some(Tempo::Slow) => Some(Sentence::PaceSlow),
            Some(Tempo::Appropriate) => Some(Sentence::PaceAppropriate),
            Some(Tempo::Fast) => Some(Sentence::PaceFast),
            // Of other words than the text's, the syllables aren't known.
            None => self.read().map(|_| Sentence::PaceUnclear),
        };
        let count = |count: u32, none, one, many| match count {
            0 => none,
            1 => Some(self.say(one).to_owned()),
            count => Some(self.fill(many, &[("count", &count.to_string())])),
        };
        let none = Some(self.say(Sentence::PausesNone).to_owned());
        let pauses = count(fluency.pauses, none, Sentence::PausesOne, Sentence::PausesMany);
        let fillers = count(fluency.filler_words, None, Sentence::FillersOne, Sentence::FillersMany);
        let long = (fluency.longest_pause >= LONG_PAUSE).then(|| self.say(Sentence::PauseLong));
        let reason = self.no_score().filter(|_| fluency.score.is_none());
        self.in_a_row([
            pace.map(|sentence| self.say(sentence)),
            pauses.as_deref(),
            long,
            fillers.as_deref(),
            reason.map(|sentence| self.say(sentence)),
        ])
    }

    /// About the melody at the end, and why there is no score.
    pub fn intonation(&self) -> String {
        let intonation = self.judged.intonation();
        let score = intonation.score.filter(|_| self.is_sentence_known());
        let reason = match (score, self.no_score()) {
            (Some(_), _) => None,
            (None, None) if !self.is_sentence_known() => None,
            (None, Some(reason)) => Some(reason),
            // The end is told, but too little of the rest has a pitch.
            (None, None) => intonation.pattern.map(|_| Sentence::NoScoreShort),
        };
        let end = self.ending();
        self.in_a_row([Some(end.as_str()), reason.map(|sentence| self.say(sentence))])
    }

    /// The same beside what is said about pace and pauses: a reason that stands there is told once.
    pub fn intonation_beside_fluency(&self) -> String {
        match self.judged.fluency().score.is_none() && self.no_score().is_some() {
            true => self.ending(),
            false => self.intonation(),
        }
    }

    /// About the melody at the end.
    fn ending(&self) -> String {
        let intonation = self.judged.intonation();
        let end = match self.read().filter(|_| self.is_sentence_known()) {
            Some(_) => end_of_text(intonation),
            None => end(intonation.pattern),
        };
        // Where the text was not said to its end, there is no end to tell of.
        let unsaid = self.unsaid_end().filter(|_| intonation.pattern.is_none());
        let unsaid = unsaid.map(|word| self.fill(Sentence::WordOmitted, &[("word", word)]));
        unsaid.unwrap_or_else(|| self.say(end).to_owned())
    }

    /// The last word of the text, if it was left out.
    fn unsaid_end(&self) -> Option<&str> {
        let words = &self.scored()?.words;
        let last = words.iter().rfind(|word| word.verdict != WordVerdict::Insertion)?;
        spelled(self.text, &last.text).filter(|_| last.verdict == WordVerdict::Omission)
    }

    /// What to do better.
    pub fn improvements(&self) -> Vec<String> {
        let mut advice = match (self.judged.assessment(), self.read()) {
            // Of what is too loud for the microphone nobody can tell which words they were.
            (Some(other), None) => vec![match other.doubts.contains(&Doubt::Clipped) {
                true => self.say(Sentence::NoScoreClipped).to_owned(),
                false => self.say(Sentence::DoOtherText).to_owned(),
            }],
            _ => Vec::new(),
        };
        let about_words = self.scored().map(|read| self.about_words(read)).unwrap_or_default();
        let is_praised = about_words.is_empty() && self.is_pronounced_well();
        advice.extend(about_words);
        advice.extend(self.habits().into_iter().map(|sentence| self.say(sentence).to_owned()));
        if is_praised {
            advice.push(self.say(Sentence::DoPraise).to_owned());
        }
        if advice.is_empty() {
            match self.no_score() {
                // Nothing that the learner does would help.
                Some(Sentence::NoScoreLanguage) => {}
                Some(reason) => advice.push(self.say(reason).to_owned()),
                None => advice.push(self.say(Sentence::DoKeepOn).to_owned()),
            }
        }
        advice
    }

    /// What to practise next, by title in the learner's own language: for each sound that was made badly, that of the most words
    /// first, an exercise of that sound, then what is for its melody and its pauses. Without a weakness, what is for the sounds of the text, the
    /// one that came out worst first: nobody is sent to practise what was not heard.
    pub fn next_exercises(&self, exercises: &Exercises, phonemes: &Phonemes) -> Vec<String> {
        let practised = self.ear.practised;
        let weak = self.judged.assessment().map(weak_sounds).unwrap_or_default();
        let sounds = weak
            .iter()
            .filter_map(|sound| phonemes.find(practised, sound))
            .map(|phoneme| Focus::Sound(phoneme.ipa.clone()));
        let habits = self.habits();
        let habits = habits.iter().flat_map(|habit| trained_by(*habit).iter().cloned());
        let mut next: Vec<&Exercise> = Vec::new();
        let mut add = |focus: Focus| {
            let listed = exercises.list(practised, Some(&focus), Difficulty::Any);
            next.extend(listed.into_iter().find(|exercise| !next.contains(exercise)));
        };
        let weaknesses: Vec<Focus> = sounds.chain(habits).collect();
        if weaknesses.is_empty() {
            let made = self.read().map(sounds_of).unwrap_or_default().into_iter();
            let known = made.filter_map(|sound| phonemes.find(practised, sound));
            known.for_each(|phoneme| add(Focus::Sound(phoneme.ipa.clone())));
        }
        weaknesses.into_iter().for_each(&mut add);
        let title = |exercise| exercises.title(exercise, self.ear.native);
        next.into_iter().take(NAMED_EXERCISES).map(title).collect()
    }

    /// What was held against the text, if it is the text that was said.
    fn read(&self) -> Option<&Assessment> {
        self.judged.assessment().filter(|assessment| assessment.is_text)
    }

    /// The same, if its sounds could be judged: nobody is advised on what has no score.
    fn scored(&self) -> Option<&Assessment> {
        self.read().filter(|read| read.pronunciation.score.is_some())
    }

    /// Whether the sounds and the whole are good: a good pace makes up for no sound.
    fn is_pronounced_well(&self) -> bool {
        let sounds = self.read().and_then(|read| read.pronunciation.score);
        [sounds, self.judged.overall()]
            .iter()
            .all(|score| score.is_some_and(|score| score >= GOOD))
    }

    /// Whether it is known how the sentence should end.
    pub fn is_sentence_known(&self) -> bool {
        self.is_written || self.text.trim_end().ends_with(['.', '!', '?', '…', '。', '！', '？'])
    }

    fn no_score(&self) -> Option<Sentence> {
        no_score(self.judged.assessment())
    }

    /// Which words to work on, the worst first, and which sounds in words that were good otherwise; which words were left out, and whether
    /// there were others.
    fn about_words(&self, read: &Assessment) -> Vec<String> {
        let weak = self.coach.weak_words(self.ear, self.text, read).into_iter();
        let weak = weak.chain(self.coach.wrong_sounds(self.ear, self.text, read));
        let weak = weak.map(|weak| self.coach.about(self.ear, weak.word, &weak.tip));
        let is = |verdict| read.words.iter().filter(move |word| word.verdict == verdict);
        let omitted = is(WordVerdict::Omission).filter_map(|word| spelled(self.text, &word.text));
        let omitted = omitted.map(|word| self.fill(Sentence::WordOmitted, &[("word", word)]));
        let added = is(WordVerdict::Insertion).take(1);
        let added = added.map(|_| self.say(Sentence::WordsAdded).to_owned());
        weak.take(NAMED_WORDS)
            .chain(omitted.take(NAMED_WORDS))
            .chain(added)
            .collect()
    }

    /// What to do about pace, pauses, fillers and melody, as far as they have a score.
    fn habits(&self) -> Vec<Sentence> {
        let (fluency, intonation) = (self.judged.fluency(), self.judged.intonation());
        let in_clauses = fluency.pauses_in_clauses.unwrap_or_default() as usize;
        let words = self.text.split_whitespace().count().max(WORDS_A_PAUSE);
        let is_halting = in_clauses * WORDS_A_PAUSE >= words || fluency.longest_pause >= LONG_PAUSE;
        let is_flat = intonation.score.is_some() && intonation.range.is_some_and(|range| range < FLAT);
        let is_flowing = fluency.score.is_some();
        let read = self
            .read()
            .filter(|_| self.is_sentence_known() && intonation.score.is_some());
        let melody = match read.map(|_| end_of_text(intonation)) {
            Some(Sentence::EndFallsWrongly | Sentence::EndLevelNotRising) => Some(Sentence::DoRise),
            Some(Sentence::EndRisesWrongly | Sentence::EndLevelNotFalling) => Some(Sentence::DoFall),
            _ => None,
        };
        let found = [
            (is_flowing && fluency.pace == Some(Tempo::Slow)).then_some(Sentence::DoSlow),
            (is_flowing && fluency.pace == Some(Tempo::Fast)).then_some(Sentence::DoFast),
            (is_flowing && is_halting).then_some(Sentence::DoPauses),
            (is_flowing && fluency.filler_words > 0).then_some(Sentence::DoFillers),
            melody,
            is_flat.then_some(Sentence::DoLivelier),
        ];
        found.into_iter().flatten().collect()
    }

    fn say(&self, sentence: Sentence) -> &str {
        self.coach.sentences().say(sentence, self.ear.native)
    }

    fn fill(&self, sentence: Sentence, filling: &[(&str, &str)]) -> String {
        self.coach.sentences().fill(sentence, self.ear.native, filling)
    }

    fn in_a_row<'a>(&self, sentences: impl IntoIterator<Item = Option<&'a str>>) -> String {
        joined(self.ear.native, sentences.into_iter().flatten())
    }
}

/// What helps against a habit.
fn trained_by(habit: Sentence) -> &'static [Focus] {
    match habit {
        Sentence::DoRise => &[Focus::Kind(Kind::Questions), Focus::Kind(Kind::Requests)],
        Sentence::DoFall => &[Focus::Kind(Kind::Statements), Focus::Kind(Kind::OpenQuestions)],
        Sentence::DoLivelier => &[Focus::Kind(Kind::Emphasis), Focus::Kind(Kind::Lists)],
        Sentence::DoSlow | Sentence::DoFast | Sentence::DoPauses => &[Focus::Fluency],
        _ => &[],
    }
}

/// How a text ends, against how it should.
fn end_of_text(intonation: &Intonation) -> Sentence {
    let is_clear = intonation.accuracy.is_none_or(|accuracy| accuracy == 100);
    match (intonation.pattern, intonation.expected) {
        (None, _) => Sentence::EndUnclear,
        (Some(Pattern::Rising), Pattern::Rising) if is_clear => Sentence::EndRisesWell,
        (Some(Pattern::Rising), Pattern::Rising) => Sentence::EndRisesFaintly,
        (Some(Pattern::Rising), _) if intonation.may_rise => Sentence::EndRises,
        (Some(Pattern::Rising), Pattern::Falling | Pattern::Level) => Sentence::EndRisesWrongly,
        (Some(Pattern::Falling), Pattern::Falling) if is_clear => Sentence::EndFallsWell,
        (Some(Pattern::Falling), Pattern::Falling) => Sentence::EndFallsFaintly,
        (Some(Pattern::Falling), Pattern::Rising | Pattern::Level) => Sentence::EndFallsWrongly,
        (Some(Pattern::Level), Pattern::Rising) => Sentence::EndLevelNotRising,
        (Some(Pattern::Level), Pattern::Falling) => Sentence::EndLevelNotFalling,
        (Some(Pattern::Level), Pattern::Level) => Sentence::EndLevel,
    }
}

/// How speech ends of which nobody knows how it should.
fn end(pattern: Option<Pattern>) -> Sentence {
    match pattern {
        Some(Pattern::Rising) => Sentence::EndRises,
        Some(Pattern::Falling) => Sentence::EndFalls,
        Some(Pattern::Level) => Sentence::EndLevel,
        None => Sentence::EndUnclear,
    }
}
