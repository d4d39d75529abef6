//! The learner leads for a while: they bring up a topic of their own, are asked on about it, and then led back to the scenario.

use super::dialogue::Speech;
use super::format::{Aside, OwnTopic, Slot, Turn};
use super::meaning::{Meaning, choices};
use super::script::{LED, LED_TURNS, Script, TOPIC};
use super::slots;
use super::words::{is_rude, words};
use super::{Progress, Reply};
use crate::engine::Transcript;

/// Words of a topic, at most.
const LONGEST_TOPIC: usize = 3;

/// Whose turn it is to lead.
pub(super) enum Lead {
    /// The scenario's, at this progress.
    Script(Progress),
    /// The learner's.
    Learner(Reply, Progress),
}

impl Script {
    /// Who leads after an answer that means this in the scenario. An answer to the question that waits, and what may be said at
    /// any time, leads back by itself.
    pub(super) fn lead(&self, progress: &Progress, turn: &Turn, meaning: &Meaning, answer: &Transcript) -> Lead {
        let plain = without_lead(progress);
        let Some(own) = self.courtesy().own_topic.as_ref().filter(|_| !self.is_open_talk()) else {
            return Lead::Script(plain);
        };
        let is_led = progress.slots.contains_key(LED);
        let is_unexpected = matches!(meaning, Meaning::Unknown | Meaning::Refused);
        if is_unexpected && let Some(topic) = self.topic_in(own, answer) {
            let mut speech = Speech::new(self);
            speech.say(&own.taken, &self.filling(&progress.slots, &[(TOPIC, &topic)]));
            let mut after = plain;
            after.reprompts = 0;
            after.questions = 0;
            after.slots.insert(LED.to_owned(), topic);
            return Lead::Learner(speech.into_reply(), after);
        }
        // Who hasn't understood a word can't ask on about it.
        let is_back = match meaning {
            _ if answer.is_unheard() => true,
            Meaning::Aside(Aside::Thanks | Aside::Greeting) => false,
            Meaning::Aside(_) => true,
            _ => self.is_expected(progress, answer),
        };
        if !is_led || is_back {
            return Lead::Script(plain);
        }
        let asked = progress
            .slots
            .get(LED_TURNS)
            .and_then(|asked| asked.parse::<usize>().ok())
            .unwrap_or(0);
        let filling = self.filling(&progress.slots, &[]);
        let mut speech = Speech::new(self);
        let after = if asked < own.more.len() {
            speech.say_nth(&own.more, asked, &filling);
            let mut after = progress.clone();
            after.slots.insert(LED_TURNS.to_owned(), (asked + 1).to_string());
            after
        } else {
            speech.say(&own.back, &filling);
            speech.say(&turn.ask, &filling);
            plain
        };
        Lead::Learner(speech.into_reply(), after)
    }

    /// The topic that an answer brings up.
    fn topic_in(&self, own: &OwnTopic, answer: &Transcript) -> Option<String> {
        if let Some(topic) = own.before.iter().find_map(|phrase| preceding(&answer.text, phrase)) {
            return Some(topic).filter(|topic| !is_rude(topic, self.courtesy()));
        }
        let slot = Slot {
            after: own.after.clone(),
            take: Some(LONGEST_TOPIC),
            ..Slot::default()
        };
        let table = self.slot_table();
        let found = slots::value(&slot, &answer.text, &table.negation.read(&answer.text), table.courtesy)?;
        if !self.is_spaced() {
            return Some(found);
        }
        let is_topic = |word: &&str| !own.until.contains(&word.to_lowercase());
        let topic: Vec<&str> = found.split(' ').take_while(is_topic).collect();
        (!topic.is_empty()).then(|| topic.join(" "))
    }

    /// Whether an answer is word for word one of those that the step expects.
    pub(crate) fn is_expected(&self, progress: &Progress, answer: &Transcript) -> bool {
        let courtesy = self.courtesy();
        let said = words(&answer.text, courtesy);
        let choices = choices(self.turn(progress), courtesy);
        answer.phrase.is_some() || choices.iter().any(|choice| words(&choice.line.text, courtesy) == said)
    }
}

/// What stands before a phrase in a writing system without spaces, from the last punctuation on.
fn preceding(answer: &str, phrase: &str) -> Option<String> {
    const LONGEST: usize = 12;
    let (before, _) = answer.split_once(phrase)?;
    let topic = before.rsplit(|c: char| !c.is_alphanumeric()).next()?;
    (1..=LONGEST).contains(&topic.chars().count()).then(|| topic.to_owned())
}

fn without_lead(progress: &Progress) -> Progress {
    let mut plain = progress.clone();
    plain.slots.remove(LED);
    plain.slots.remove(LED_TURNS);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::scenario::{Catalogue, Level};

    fn script(language: Language) -> Script {
        Catalogue::built_in()
            .script("restaurant", language, Level::Intermediate)
            .expect("it is built in")
    }

    fn said(script: &Script, progress: &Progress, text: &str) -> (String, Progress) {
        let answer = Transcript {
            text: text.to_owned(),
            confidence: 1.0,
            ..Transcript::default()
        };
        let (reply, after) = script.respond(progress, &answer);
        (reply.text, after)
    }

    #[test]
    fn a_topic_of_ones_own_is_followed_for_a_while_and_then_left_for_the_scenario() {
        let script = script(Language::French);
        let start = Progress::default();
        let (reply, progress) = said(&script, &start, "Bonsoir, je voudrais parler de football.");
        assert!(reply.contains("football") && progress.step == 0, "{reply}");
        let mut progress = progress;
        let mut replies = Vec::new();
        for text in [
            "J'aime le club de Marseille",
            "Mon père m'a emmené au stade",
            "C'était un dimanche de pluie",
        ] {
            let (reply, after) = said(&script, &progress, text);
            replies.push(reply);
            progress = after;
        }
        assert!(
            replies
                .iter()
                .all(|reply| reply.ends_with(['?', '.']) && !reply.contains("compris")),
            "{replies:?}"
        );
        let (reply, progress) = said(&script, &progress, "On avait gagné, enfin je crois");
        assert!(reply.contains("êtes") && reply.starts_with("Merci"), "{reply}");
        assert_eq!(progress, start);
    }

    #[test]
    fn an_answer_to_the_question_leads_back_by_itself() {
        let script = script(Language::French);
        let (_, progress) = said(&script, &Progress::default(), "Parlons de cinéma");
        assert!(progress.slots.contains_key(LED));
        let (reply, progress) = said(&script, &progress, "Une table pour deux, s'il vous plaît");
        assert!(reply.contains("deux personnes"), "{reply}");
        assert_eq!((progress.step, progress.slots.contains_key(LED)), (1, false));
    }

    #[test]
    fn whoever_leads_may_take_their_leave() {
        let script = script(Language::French);
        let (_, progress) = said(&script, &Progress::default(), "Parlons de cinéma");
        let (_, progress) = said(&script, &progress, "Au revoir");
        assert!(progress.complete);
    }

    #[test]
    fn topics_are_heard_in_every_language_that_has_words_for_them() {
        for (language, text, topic) in [
            (Language::English, "Actually, let's talk about old films.", "old films"),
            (Language::Spanish, "Me gustaría hablar de música", "música"),
            (
                Language::German,
                "Ich möchte über meine Arbeit sprechen",
                "meine Arbeit",
            ),
            (Language::Italian, "Vorrei parlare di calcio", "calcio"),
            (Language::Portuguese, "Gostaria de falar de música", "música"),
            (Language::Chinese, "我想谈谈足球", "足球"),
            (
                Language::Japanese,
                "すみません、京都の映画について話したいです",
                "京都の映画",
            ),
        ] {
            let script = script(language);
            let (_, progress) = said(&script, &Progress::default(), text);
            assert_eq!(progress.slots.get(LED).map(String::as_str), Some(topic), "{language}");
        }
    }

    #[test]
    fn the_words_around_a_topic_are_in_the_vocabulary_of_every_language() {
        for language in Language::ALL {
            let script = script(language);
            let own = script.courtesy().own_topic.as_ref().expect("a way to bring a topic up");
            let vocabulary = script.expected(&Progress::default()).vocabulary;
            let words = own.phrases().flat_map(|phrase| phrase.split_whitespace());
            for word in words.map(str::to_lowercase) {
                assert!(vocabulary.contains(&word), "{language}: {word}");
            }
        }
    }

    #[test]
    fn what_stands_before_a_phrase_is_cut_at_punctuation() {
        assert_eq!(preceding("はい、犬の話をしたい", "の話をしたい").as_deref(), Some("犬"));
        assert_eq!(preceding("の話をしたい", "の話をしたい"), None);
        assert_eq!(preceding("何も", "の話をしたい"), None);
    }
}
