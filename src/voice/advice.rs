//! What there is to say about a recording: in words, from what was measured.

use colloquy_agents::exercises::{Exercise, Exercises, Focus, Items};
use colloquy_agents::language::Language;
use colloquy_media::prosody::Contour;

use super::{Analysis, Tempo};

/// Exercises that are named at most.
const NAMED: usize = 3;

/// About pace, pauses and fillers.
pub fn fluency(analysis: &Analysis) -> String {
    let pace = match analysis.pace {
        Tempo::Slow => "Slow pace",
        Tempo::Appropriate => "Good natural pace",
        Tempo::Fast => "Fast pace",
    };
    let pauses = match analysis.delivery.pauses {
        0 => "without pauses".to_owned(),
        1 => "with one pause".to_owned(),
        pauses => format!("with {pauses} pauses"),
    };
    let fillers = match analysis.fillers {
        0 => String::new(),
        1 => " and one filler word".to_owned(),
        fillers => format!(" and {fillers} filler words"),
    };
    format!("{pace} {pauses}{fillers}")
}

/// The name of a melody.
pub fn pattern(contour: Contour) -> &'static str {
    match contour {
        Contour::Rising => "questioning",
        Contour::Falling => "declarative",
        Contour::Level => "level",
        Contour::Unclear => "unclear",
    }
}

/// About the melody at the end.
pub fn intonation(contour: Contour, text: &str) -> &'static str {
    let is_question = is_question(text);
    match (contour, is_question) {
        (Contour::Rising, true) => "Your voice rises at the end, as it does in many questions",
        (Contour::Rising, false) => "Your voice rises at the end, which makes a statement sound like a question",
        (Contour::Falling, true) => "Your voice falls at the end; without a question word, a question needs to rise",
        (Contour::Falling, false) => "Your voice falls at the end, as it does when a sentence is finished",
        (Contour::Level, _) => "Your voice stays level at the end, as if there were more to come",
        (Contour::Unclear, _) => "The end was too short or too quiet to tell its melody",
    }
}

/// What to do better; `about_words` is what is told about single words.
pub fn improvements(analysis: &Analysis, text: &str, about_words: &[String]) -> Vec<String> {
    let mut advice = Vec::new();
    if analysis.is_text == Some(false) {
        advice
            .push("What was heard differs from the text: listen to it once more, then say all of its words".to_owned());
    }
    advice.extend_from_slice(about_words);
    match analysis.pace {
        Tempo::Slow => advice.push("Say the words of a phrase in one go; speed comes with repeating it".to_owned()),
        Tempo::Fast => advice.push("Take your time: every syllable should be heard".to_owned()),
        Tempo::Appropriate => {}
    }
    let words = text.split_whitespace().count();
    if analysis.delivery.pauses as usize > words / 4 {
        advice.push("Pause between phrases, not between words".to_owned());
    }
    if analysis.fillers > 0 {
        advice.push("When you need a moment, pause in silence rather than with a filler word".to_owned());
    }
    if is_misleading(analysis.delivery.contour, text) {
        advice.push("Let your voice fall at the end of a statement".to_owned());
    }
    if advice.is_empty() {
        advice.push("Nothing stands out in pace, pauses and melody. Keep practising".to_owned());
    }
    advice
}

/// What to practise next, by title: what has the sounds that were made badly comes first. They are in IPA, those of the most words
/// first.
pub fn next_exercises(
    analysis: &Analysis,
    text: &str,
    language: Language,
    weak_sounds: &[String],
    exercises: &Exercises,
) -> Vec<String> {
    let contour = analysis.delivery.contour;
    let needs_melody = is_misleading(contour, text) || contour == Contour::Level;
    let focus = if needs_melody {
        Focus::Intonation
    } else {
        Focus::Pronunciation
    };
    let mut listed = exercises.list(language, Some(focus), None);
    // The sort is stable: without weak sounds they stay in their order.
    listed.sort_by_key(|exercise| std::cmp::Reverse(words_with(weak_sounds, exercise)));
    listed
        .into_iter()
        .take(NAMED)
        .map(|exercise| exercise.title.clone())
        .collect()
}

/// How many words of an exercise have one of these sounds.
fn words_with(sounds: &[String], exercise: &Exercise) -> usize {
    let Items::Words(words) = &exercise.items else {
        return 0;
    };
    let has = |phonetic: &str| {
        sounds
            .iter()
            .any(|sound| phonetic.contains(sound.trim_matches(['ˈ', 'ˌ'])))
    };
    words.iter().filter(|word| has(&word.phonetic)).count()
}

fn is_question(text: &str) -> bool {
    text.trim_end().ends_with(['?', '？'])
}

fn is_misleading(contour: Contour, text: &str) -> bool {
    contour == Contour::Rising && !is_question(text)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::voice::fluency::Delivery;

    fn analysis(pace: Tempo, pauses: u32, fillers: u32, contour: Contour) -> Analysis {
        Analysis {
            delivery: Delivery {
                length: Duration::from_secs(3),
                pauses,
                paused: Duration::from_millis(300) * pauses,
                contour,
            },
            pace,
            fillers,
            is_text: Some(true),
        }
    }

    #[test]
    fn what_was_measured_is_put_in_words() {
        let fluent = analysis(Tempo::Appropriate, 0, 0, Contour::Falling);
        assert_eq!(fluency(&fluent), "Good natural pace without pauses");
        let hesitant = analysis(Tempo::Slow, 2, 1, Contour::Falling);
        assert_eq!(fluency(&hesitant), "Slow pace with 2 pauses and one filler word");
        assert_eq!(improvements(&hesitant, "Je voudrais un café.", &[]).len(), 3);
        assert_eq!(improvements(&fluent, "Je voudrais un café.", &[]).len(), 1);
        let unknown = analysis(Tempo::Fast, 1, 0, Contour::Unclear);
        assert_eq!(fluency(&unknown), "Fast pace with one pause");
    }

    #[test]
    fn a_statement_that_rises_is_sent_to_practise_its_melody() {
        let exercises = Exercises::built_in();
        let rising = analysis(Tempo::Appropriate, 0, 0, Contour::Rising);
        let next = |text| next_exercises(&rising, text, Language::French, &[], &exercises);
        assert!(next("Je m'appelle Marie.").contains(&"The Melody of Statements".to_owned()));
        assert!(next("Vous avez choisi ?").contains(&"French R Sound Practice".to_owned()));
        assert_ne!(
            intonation(Contour::Rising, "Oui."),
            intonation(Contour::Rising, "Oui ?")
        );
    }

    #[test]
    fn exercises_for_the_sounds_that_were_made_badly_come_first() {
        let exercises = Exercises::built_in();
        let fluent = analysis(Tempo::Appropriate, 0, 0, Contour::Falling);
        for sound in ["ʁ", "ɑ\u{303}"] {
            let next = next_exercises(&fluent, "Oui.", Language::French, &[sound.to_owned()], &exercises);
            let listed = exercises.list(Language::French, Some(Focus::Pronunciation), None);
            let first = listed.iter().find(|exercise| exercise.title == next[0]).unwrap();
            let most = listed
                .iter()
                .map(|exercise| words_with(&[sound.to_owned()], exercise))
                .max();
            assert_eq!(Some(words_with(&[sound.to_owned()], first)), most, "{sound}: {next:?}");
            assert!(most > Some(0), "{sound}");
        }
    }
}
