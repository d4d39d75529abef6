//! A scenario in one language, for one conversation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::catalogue::OPEN_TALK;
use super::format::{Aside, Courtesies, Courtesy, Lesson, Line, OwnTopic, Scenario, Step, Turn};
use super::meaning::{Meaning, SlotTable, choices};
use super::meanings::Meanings;
use super::short_answers::ShortAnswer;
use super::template::Filling;
use super::vocabulary::Vocabulary;
use super::words::words;
use super::{Level, Progress};
use crate::engine::{Expected, ExpectedPhrase, Pace, Transcript};
use crate::language::Language;

/// One scenario in one language, for one conversation: shared, never changed.
#[derive(Clone, Debug)]
pub struct Script {
    pub(super) scenario: Arc<Scenario>,
    pub(super) courtesies: Arc<Courtesies>,
    pub(super) language: Language,
    pub(super) level: Level,
    pub(super) native: Language,
    /// What an open talk is about.
    pub(super) topic: Option<String>,
    /// Words that the learner should meet again.
    pub(super) review: Arc<[String]>,
    /// What words mean in other languages than English.
    pub(super) meanings: Arc<Meanings>,
}

/// Who the tutor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Persona<'a> {
    /// The first name.
    pub name: &'a str,
    /// The role as an identifier (`restaurant_server`).
    pub role: &'a str,
    /// A few adjectives in English.
    pub personality: &'a str,
}

/// The slot that notes that the learner asked for slower speech.
pub(super) const SLOWER: &str = "slower";
/// The slot that holds the topic of an open talk.
pub(super) const TOPIC: &str = "topic";
/// The slot that holds an answer to suggest.
pub(super) const EXAMPLE: &str = "example";
/// The slots that note the topic that the learner has brought up, and how often the tutor has asked on.
pub(super) const LED: &str = "led";
pub(super) const LED_TURNS: &str = "led_turns";
/// The slot that holds what the tutor has told the learner of in this step, for "I'll take that".
pub(super) const OFFERED: &str = "offered";
/// The slot that holds the learner's words in their right form.
pub(super) const RIGHT: &str = "right";
/// The slot that holds a word of the last answer, for an open step's reply.
pub(super) const ECHO: &str = "echo";

#[cfg(test)]
impl Script {
    /// The restaurant in French, for tests of what plays a script; read once, since simulations ask thousands of times.
    pub(crate) fn sample() -> Arc<Self> {
        static SAMPLE: std::sync::LazyLock<Arc<Script>> = std::sync::LazyLock::new(|| {
            let script = super::Catalogue::built_in().script("restaurant", Language::French, Level::default());
            Arc::new(script.expect("the restaurant is built in"))
        });
        Arc::clone(&SAMPLE)
    }
}

impl Script {
    /// The same script for a learner with this native language. Translations are English; whoever practises their own
    /// language gets none.
    pub fn for_native(mut self, native: Language) -> Self {
        self.native = native;
        self
    }

    /// The language that is practised.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The learner's level.
    pub fn level(&self) -> Level {
        self.level
    }

    /// The scenario's id (`restaurant`).
    pub fn scenario_id(&self) -> &str {
        &self.scenario.id
    }

    /// The scenario's title in English (`Dining at a Restaurant`).
    pub fn title(&self) -> &str {
        &self.scenario.title
    }

    /// What the scenario is about, in English.
    pub fn description(&self) -> &str {
        &self.scenario.description
    }

    /// What an open talk is about, as the learner named it.
    pub fn topic(&self) -> Option<&str> {
        self.topic.as_deref()
    }

    /// Whether it is the scenario for topics that no other covers: free talk, whose steps nobody has to know of.
    pub fn is_open_talk(&self) -> bool {
        self.scenario.id == OPEN_TALK
    }

    /// The tutor's role as a word (`waiter`).
    pub fn role_title(&self) -> &str {
        &self.scenario.role
    }

    /// Who the tutor is.
    pub fn persona(&self) -> Persona<'_> {
        let persona = &self.lesson().persona;
        Persona {
            name: &persona.name,
            role: &self.scenario.persona_role,
            personality: &persona.personality,
        }
    }

    /// What is told about the place: `menu_items` and the like.
    pub fn context(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.lesson().context
    }

    /// How many steps the scenario has.
    pub fn step_count(&self) -> usize {
        self.scenario.steps.len()
    }

    /// The current step's id (`taking_drink_order`); after the last step still the last one's.
    pub fn step_id(&self, progress: &Progress) -> &str {
        self.shown_step(progress).map_or("", |step| &step.id)
    }

    /// The ids of the steps that are behind, in order. Whoever takes leave early has those behind that were before.
    pub fn steps_covered(&self, progress: &Progress) -> Vec<String> {
        let done = if self.is_complete(progress) && !progress.left {
            self.step_count()
        } else {
            progress.step
        };
        self.scenario
            .steps
            .iter()
            .take(done)
            .map(|step| step.id.clone())
            .collect()
    }

    /// The current step's id in title case (`Taking Drink Order`).
    pub fn step_name(&self, progress: &Progress) -> String {
        let words = self.step_id(progress).split('_').map(|word| {
            let mut chars = word.chars();
            let first = chars.next().into_iter().flat_map(char::to_uppercase);
            first.chain(chars).collect::<String>()
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// What the learner achieves in the current step, in English.
    pub fn goal(&self, progress: &Progress) -> &str {
        self.shown_step(progress).map_or("", |step| &step.goal)
    }

    /// What the learner achieves in each step, in English and in order, and whether they have. An open talk has no aims.
    pub fn goals(&self, progress: &Progress) -> Vec<(&str, bool)> {
        if self.is_open_talk() {
            return Vec::new();
        }
        let is_complete = self.is_complete(progress);
        let steps = self.scenario.steps.iter().enumerate();
        steps
            .map(|(at, step)| (step.goal.as_str(), is_complete || at < progress.step))
            .collect()
    }

    /// The grammar that the current step practises, in English.
    pub fn grammar(&self, progress: &Progress) -> &[String] {
        self.turn(progress).map_or(&[], |(_, turn)| &turn.grammar)
    }

    /// Whether the scenario is played to its end.
    pub fn is_complete(&self, progress: &Progress) -> bool {
        progress.complete || progress.step >= self.scenario.steps.len()
    }

    /// How fast to speak now: slowly to beginners, and from when the learner asked for it.
    pub fn pace(&self, progress: &Progress) -> Pace {
        if self.level == Level::Beginner || progress.slots.contains_key(SLOWER) {
            Pace::Slow
        } else {
            Pace::Natural
        }
    }

    /// What an answer means in English, where it is one of those that are expected; else empty.
    pub fn translation_of(&self, progress: &Progress, answer: &Transcript) -> String {
        let courtesy = self.courtesy();
        let choices = choices(self.turn(progress), courtesy);
        let said = words(&answer.text, courtesy);
        let by_words = || choices.iter().find(|choice| words(&choice.line.text, courtesy) == said);
        let choice = answer.phrase.and_then(|index| choices.get(index)).or_else(by_words);
        choice
            .map(|choice| self.translated(choice.line.en.clone()))
            .unwrap_or_default()
    }

    /// What the learner is expected to say now: the step's answers, then what may be said at any time, then the answers with other values
    /// in them, then short answers. The order never changes, so that [`crate::engine::Transcript::phrase`] can be read back.
    pub fn expected(&self, progress: &Progress) -> Expected {
        let current = self.turn(progress);
        let choices = choices(current, self.courtesy())
            .into_iter()
            .map(|choice| ExpectedPhrase {
                text: choice.line.text.clone(),
                spoken: choice.line.spoken.clone(),
                leaves: choice.meaning == Meaning::Aside(Aside::Goodbye),
                instead_of: None,
            });
        let siblings = current.map_or(&[][..], |(step, turn)| self.slot_table().siblings(step, turn));
        let siblings = siblings.iter().map(|sibling| ExpectedPhrase {
            text: sibling.text.clone(),
            spoken: None,
            leaves: false,
            instead_of: Some(sibling.of),
        });
        let mut phrases: Vec<ExpectedPhrase> = choices.chain(siblings).collect();
        let first = phrases.len();
        let short = current.map_or(&[][..], |(step, turn)| self.slot_table().short_answers(step, turn));
        phrases.extend(short.iter().map(|short| ExpectedPhrase {
            text: short.text.clone(),
            spoken: None,
            leaves: false,
            instead_of: Some(first + short.family),
        }));
        Expected {
            vocabulary: self.vocabulary(short),
            phrases,
        }
    }

    /// Every word of the scenario that the learner may say, short answers of the step among them, once, in the language's own spelling.
    fn vocabulary(&self, short: &[ShortAnswer]) -> Vec<String> {
        let lesson = self.lesson();
        let answers = lesson.steps.values().flat_map(|turn| turn.answers.values().flatten());
        let asides = self.courtesy().phrases.values().flatten();
        let lines = answers.chain(asides).chain(&lesson.vocabulary);
        let values = lesson.slots.values().flat_map(|slot| &slot.values);
        let own_topic = self.courtesy().own_topic.as_ref();
        let leads = own_topic.into_iter().flat_map(OwnTopic::phrases);
        let texts = lines
            .map(|line| line.text.as_str())
            .chain(leads.map(String::as_str))
            .chain(values.flat_map(|value| std::iter::once(&value.value).chain(&value.words).map(String::as_str)))
            .chain(short.iter().map(|short| short.text.as_str()));
        let words: BTreeSet<String> = texts
            .flat_map(str::split_whitespace)
            .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
            .filter(|word| !word.is_empty())
            .collect();
        words.into_iter().collect()
    }

    pub(super) fn lesson(&self) -> &Lesson {
        let lesson = self.scenario.lesson(self.language);
        lesson.expect("a script is only made in a language that its scenario has")
    }

    pub(super) fn courtesy(&self) -> &Courtesy {
        let courtesy = self.courtesies.get(&self.language);
        courtesy.expect("the catalogue was checked: every language of a scenario has courtesies")
    }

    /// The current step, while there is one.
    pub(super) fn turn(&self, progress: &Progress) -> Option<(&Step, &Turn)> {
        if progress.complete {
            return None;
        }
        self.turn_at(progress.step)
    }

    pub(super) fn turn_at(&self, index: usize) -> Option<(&Step, &Turn)> {
        let step = self.scenario.steps.get(index)?;
        Some((step, self.lesson().steps.get(&step.id)?))
    }

    /// Reads the words of the lesson, which takes milliseconds the first time: here rather than at the first answer, which is
    /// understood where sound is carried.
    pub(super) fn read_words(&self) {
        let (lesson, courtesy) = (self.lesson(), self.courtesy());
        Vocabulary::of_learner(lesson, courtesy);
        if self.scenario.steps.iter().any(|step| step.open) {
            Vocabulary::of_all(lesson, courtesy);
        }
        let table = self.slot_table();
        for (step, turn) in (0..self.step_count()).filter_map(|index| self.turn_at(index)) {
            table.short_answers(step, turn);
        }
    }

    pub(super) fn slot_table(&self) -> SlotTable<'_> {
        SlotTable::new(self.lesson(), self.courtesy(), self.language)
    }

    /// What lines are filled from at this point, with a few more values of the moment.
    pub(super) fn filling<'a>(
        &'a self,
        slots: &'a BTreeMap<String, String>,
        more: &[(&'a str, &'a str)],
    ) -> Filling<'a> {
        let mut values: BTreeMap<&str, &str> = slots.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        if let Some(topic) = &self.topic {
            values.insert(TOPIC, topic);
        }
        values.extend(more.iter().copied());
        Filling {
            values,
            slots: &self.lesson().slots,
            level: self.level,
        }
    }

    /// Whether spaces tell words apart.
    pub(super) fn is_spaced(&self) -> bool {
        self.language.is_spaced()
    }

    /// A translation as this learner gets it.
    pub(super) fn translated(&self, english: String) -> String {
        if self.native == self.language {
            String::new()
        } else {
            english
        }
    }

    fn shown_step(&self, progress: &Progress) -> Option<&Step> {
        let last = self.scenario.steps.len().checked_sub(1)?;
        self.scenario.steps.get(progress.step.min(last))
    }
}

/// The answer of a step that a hint suggests.
pub(super) fn answer_line<'a>(turn: &'a Turn, text: &str) -> Option<&'a Line> {
    turn.answers.values().flatten().find(|line| line.text == text)
}
