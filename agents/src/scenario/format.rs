//! The files of `content/` as they are written. Unknown fields are errors.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::counting::{Counting, NumberedValues};
use super::inquiry::Patterns;
use super::level::Level;
use super::negation::Negators;
use super::short_answers::ShortAnswer;
use super::siblings::Sibling;
use super::template::Condition;
use super::vocabulary::Vocabulary;
use crate::language::Language;

/// One scenario: `content/scenarios/<id>.toml`.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    pub id: String,
    /// Topic ids that mean this scenario, besides its own.
    #[serde(default)]
    pub topics: Vec<String>,
    /// Words that mean this scenario in a topic of free text.
    #[serde(default)]
    pub keywords: Vec<String>,
    pub level: Level,
    pub duration_minutes: u32,
    pub icon: String,
    pub title: String,
    pub description: String,
    /// The tutor's role as an identifier (`restaurant_server`).
    pub persona_role: String,
    /// The tutor's role as a word (`waiter`).
    pub role: String,
    pub category: CategoryLine,
    pub steps: Vec<Step>,
    pub english: Option<Lesson>,
    pub spanish: Option<Lesson>,
    pub french: Option<Lesson>,
    pub german: Option<Lesson>,
    pub italian: Option<Lesson>,
    pub portuguese: Option<Lesson>,
    pub chinese: Option<Lesson>,
    pub japanese: Option<Lesson>,
}

impl Scenario {
    /// The scenario in one language.
    pub fn lesson(&self, language: Language) -> Option<&Lesson> {
        match language {
            Language::English => self.english.as_ref(),
            Language::Spanish => self.spanish.as_ref(),
            Language::French => self.french.as_ref(),
            Language::German => self.german.as_ref(),
            Language::Italian => self.italian.as_ref(),
            Language::Portuguese => self.portuguese.as_ref(),
            Language::Chinese => self.chinese.as_ref(),
            Language::Japanese => self.japanese.as_ref(),
        }
    }
}

/// The group of topics that a scenario is listed in.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CategoryLine {
    pub id: String,
    pub name: String,
    pub icon: String,
}

/// One step of the plot, the same in every language.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub id: String,
    /// What the learner achieves here, in English.
    pub goal: String,
    /// The slots that answers may fill here.
    #[serde(default)]
    pub slots: Vec<String>,
    /// Skips the step when this holds already.
    pub skip_when: Option<Condition>,
    /// Where an intent leads, if not to the following step. Forward only.
    #[serde(default)]
    pub next: BTreeMap<String, String>,
    /// Intents that are answered without leaving the step: the learner's questions.
    #[serde(default)]
    pub stays: Vec<String>,
    /// The intent that a bare "yes" has here; without one it is not an answer.
    pub yes: Option<String>,
    /// The intent that a bare "no" has here.
    pub no: Option<String>,
    /// Whether any answer will do.
    #[serde(default)]
    pub open: bool,
}

/// A scenario in one language.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lesson {
    pub persona: PersonaLine,
    /// What is told about the place, as `context` of a conversation.
    #[serde(default)]
    pub context: serde_json::Map<String, serde_json::Value>,
    pub opener: Vec<Line>,
    pub farewell: Vec<Line>,
    /// Words that the scenario teaches, and what they mean.
    #[serde(default)]
    pub vocabulary: Vec<Line>,
    #[serde(default)]
    pub slots: BTreeMap<String, Slot>,
    pub steps: BTreeMap<String, Turn>,
    /// What learners say in it, once it was asked for: it never changes.
    #[serde(skip)]
    pub learner_words: OnceLock<Vocabulary>,
    /// What anybody says in it.
    #[serde(skip)]
    pub all_words: OnceLock<Vocabulary>,
}

/// Who the tutor is.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonaLine {
    pub name: String,
    pub personality: String,
}

/// Something that the learner may say and that is remembered.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Slot {
    /// The values it can have.
    #[serde(default)]
    pub values: Vec<SlotValue>,
    /// Phrases after which any words are a value (`"au nom de"`).
    #[serde(default)]
    pub after: Vec<String>,
    /// How many words to take after such a phrase; 1 if left out.
    pub take: Option<usize>,
    /// Words that claim a value ("vegetarian", "allergic"), for a slot of what is refused: only a denied claim ("not allergic
    /// to nuts") denies the values after it, any other negation ("no nuts") states them.
    #[serde(default)]
    pub claims: Vec<String>,
    /// Phrases after which only a word with a capital letter is a value that isn't one of the courtesy's `no_names`: "I'm" says a name
    /// less often than anything else.
    #[serde(default)]
    pub after_capital: Vec<String>,
    /// Whether its values are numbers of people, which are added up ("two adults and a child").
    #[serde(default)]
    pub is_company: bool,
    /// Names of its values that may stand in each other's place in an answer, in lists: "red wine" and "white wine". An answer that has one
    /// is listened for with each of the others, too.
    #[serde(default)]
    pub said_alike: Vec<Vec<String>>,
    /// What its values have of numbers of people, once it was asked for.
    #[serde(skip)]
    pub read_numbers: OnceLock<NumberedValues>,
}

/// One value of a slot.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SlotValue {
    /// As replies say it.
    pub value: String,
    /// What it means.
    #[serde(default)]
    pub en: String,
    /// Other words for it.
    #[serde(default)]
    pub words: Vec<String>,
    /// As the embedded voice reads it, where the writing system needs it.
    pub spoken: Option<String>,
}

/// A step in one language.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Turn {
    /// The question that opens the step; the first line that applies is said.
    pub ask: Vec<Line>,
    /// The question in other words.
    pub reprompts: Vec<Line>,
    /// Three of the answers to suggest, the easiest first.
    pub hints: Vec<String>,
    /// What to know about the culture, in English.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The grammar that the step practises, in English.
    #[serde(default)]
    pub grammar: Vec<String>,
    /// Words that mean an intent in an answer that is not one of the expected ones.
    #[serde(default)]
    pub keywords: BTreeMap<String, Vec<String>>,
    /// Short answers ("to nuts") that are listened for and not suggested, besides those that are found in the questions and in values.
    #[serde(default)]
    pub said_short: Vec<String>,
    /// What the learner may say, by intent.
    pub answers: BTreeMap<String, Vec<Line>>,
    /// What the tutor says to it before the next question, by intent; `any` for the others.
    pub replies: BTreeMap<String, Vec<Line>>,
    /// Its answers with other values in them, once they were asked for.
    #[serde(skip)]
    pub siblings: OnceLock<Vec<Sibling>>,
    /// The short answers to it, once they were asked for.
    #[serde(skip)]
    pub short_answers: OnceLock<Vec<ShortAnswer>>,
}

/// What a conversation needs in every step, by language: `content/courtesies.toml`.
pub(super) type Courtesies = BTreeMap<Language, Courtesy>;

/// What a conversation in one language needs in every step.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Courtesy {
    /// The words for 0, 1, 2 and so on.
    #[serde(default)]
    pub numbers: Vec<String>,
    /// The words for the numbers after those, which only people are counted with.
    #[serde(default)]
    pub larger_numbers: Vec<Spelled>,
    /// Words after a number that is none of people ("o'clock", "years").
    #[serde(default)]
    pub units: Vec<String>,
    /// Short forms that people type or contract, and what they stand for.
    #[serde(default)]
    pub short_forms: BTreeMap<String, String>,
    /// Words that are said to be polite and don't tell one answer from another.
    #[serde(default)]
    pub polite_words: Vec<String>,
    /// Words that say too little to be picked up.
    #[serde(default)]
    pub small_words: Vec<String>,
    /// Insults and obscenities: an answer that has one is not quoted, and names nobody and nothing. Once the catalogue is read,
    /// those of all languages, as [`super::words::whole_words`] writes them.
    #[serde(default)]
    pub rude_words: Vec<String>,
    /// Words that deny, and how many of the words after it each denies; 0 for one that only looks like a negator.
    #[serde(default)]
    pub negators: BTreeMap<String, u8>,
    /// Those of them that deny what comes before them when they close a clause.
    #[serde(default)]
    pub closing_negators: Vec<String>,
    /// Words at which a denial ends.
    #[serde(default)]
    pub contrasts: Vec<String>,
    /// How questions about a thing begin, which are no order of it; dots stand for what is between ("is the … good"), and
    /// one with a question mark counts in a sentence that has one.
    #[serde(default)]
    pub inquiries: Vec<String>,
    /// Words that may stand before such a question ("and").
    #[serde(default)]
    pub leads: Vec<String>,
    /// How people ask for a thing ("I would like").
    #[serde(default)]
    pub requests: Vec<String>,
    /// How people take what they were told of ("I'll take that").
    #[serde(default)]
    pub accepting: Vec<String>,
    /// Words that take back what was said before them: "no" where it stands alone, "I mean" anywhere.
    #[serde(default)]
    pub corrections: Vec<String>,
    /// Words for people that a number may stand before, of a kind ("adults") and of any ("people"), words that say one of them ("a"), what
    /// joins numbers ("and"), what tells that some are part of all ("including"), and who comes along without a number ("my wife"): how many
    /// each is.
    #[serde(default)]
    pub persons: Vec<String>,
    #[serde(default)]
    pub people: Vec<String>,
    #[serde(default)]
    pub ones: Vec<String>,
    #[serde(default)]
    pub joiners: Vec<String>,
    #[serde(default)]
    pub including: Vec<String>,
    #[serde(default)]
    pub company: BTreeMap<String, u8>,
    /// How so many say that they are so many in all ("zu zehnt").
    #[serde(default)]
    pub totals: BTreeMap<String, u8>,
    /// Words before a thing ("the", "my", "l'"): an open step's reply quotes only what follows one. Any word where there are none.
    #[serde(default)]
    pub determiners: Vec<String>,
    /// Whether all nouns have a capital letter.
    #[serde(default)]
    pub capital_nouns: bool,
    /// Words that may follow "I'm" with a capital letter and name nobody ("American").
    #[serde(default)]
    pub no_names: Vec<String>,
    /// What people talk of besides ("weather"): no answer names it, unless the lesson does.
    #[serde(default)]
    pub small_talk: Vec<String>,
    /// Words after which a thing is liked, and so not refused ("I love nuts").
    #[serde(default)]
    pub likes: Vec<String>,
    /// What the learner may say at any time.
    pub phrases: BTreeMap<Aside, Vec<Line>>,
    /// The same in other words, which are understood where they are read and not listened for.
    #[serde(default)]
    pub wordings: BTreeMap<Aside, Vec<String>>,
    /// What the tutor says to it.
    pub replies: BTreeMap<Aside, Vec<Line>>,
    /// Said when an answer was not understood.
    pub sorry: Vec<Line>,
    /// Said when an answer only says what is not wanted; `sorry` where there is none.
    #[serde(default)]
    pub refused: Vec<Line>,
    /// Said to a question that the scenario has no answer to, before it goes on; `sorry` where there is none.
    #[serde(default)]
    pub put_off: Vec<Line>,
    /// Said to a question whether there is a thing that the step names; `put_off` where there is none.
    #[serde(default)]
    pub have_it: Vec<Line>,
    /// How such questions begin ("do you have"); they are `inquiries`, too.
    #[serde(default)]
    pub having: Vec<String>,
    /// Said to an answer that fits a later step, before the question is asked again; `sorry` where there is none.
    #[serde(default)]
    pub early: Vec<Line>,
    /// Takes note of `{example}`, something refused that was not asked about. Without one none is taken.
    #[serde(default)]
    pub noted: Vec<Line>,
    /// Says what `{example}` means, which was asked about: `{right}`. Without one it is not explained.
    #[serde(default)]
    pub explain: Vec<Line>,
    /// Said when an answer is in the learner's own language: asks for it in the one that is practised.
    pub own_language: Vec<Line>,
    /// Suggests `{example}`.
    pub suggest: Vec<Line>,
    /// Answers in the learner's place with `{example}`.
    pub help_on: Vec<Line>,
    /// Says `{right}`, what the learner meant, before the tutor goes on. Without one nothing is recast.
    #[serde(default)]
    pub recast: Vec<Line>,
    /// How the learner brings up a topic of their own; nobody can in a language that has none.
    pub own_topic: Option<OwnTopic>,
    /// Said into a long silence.
    pub idle: Vec<Line>,
    /// Names of languages as one asks how a thing is said ("in French"), which are none of what is asked about.
    #[serde(default)]
    pub in_languages: Vec<String>,
    /// How those wordings of what wasn't understood begin that ask how a thing is said ("how", of "how do you say …"), not what a word means.
    #[serde(default)]
    pub asking_how: Vec<String>,
    /// What is made of the lists above, once it was asked for.
    #[serde(skip)]
    pub read_negators: OnceLock<Negators>,
    /// What people are counted by, as its words are compared.
    #[serde(skip)]
    pub read_counting: OnceLock<Counting>,
    #[serde(skip)]
    pub read_inquiries: OnceLock<Patterns>,
    /// `in_languages`, as its words are compared.
    #[serde(skip)]
    pub read_languages: OnceLock<Vec<Vec<String>>>,
}

/// A number in words, in each way that it is spelled: `"vingt"`, or `["quatre-vingts", "quatre-vingt"]`.
#[derive(Debug, serde::Deserialize)]
#[serde(untagged)]
pub(super) enum Spelled {
    One(String),
    Several(Vec<String>),
}

impl Spelled {
    /// Each way.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        }
    }
}

/// A topic that the learner brings up in the middle of a scenario.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnTopic {
    /// Phrases that a topic follows ("let's talk about").
    #[serde(default)]
    pub after: Vec<String>,
    /// Phrases that follow a topic ("について話したい"), where there are no spaces between words.
    #[serde(default)]
    pub before: Vec<String>,
    /// Words at which it ends.
    #[serde(default)]
    pub until: Vec<String>,
    /// Takes `{topic}` up with a question.
    pub taken: Vec<Line>,
    /// Keeps the learner talking; as many as there are, then it is time to come back.
    pub more: Vec<Line>,
    /// Comes back to what was asked before.
    pub back: Vec<Line>,
}

impl OwnTopic {
    /// What a learner says around a topic.
    pub fn phrases(&self) -> impl Iterator<Item = &String> {
        self.after.iter().chain(&self.before).chain(&self.until)
    }
}

#[cfg(test)]
impl Courtesy {
    /// A courtesy of these fields and nothing else.
    pub fn sample(fields: &str) -> Self {
        const REST: &str = "sorry = []\nown_language = []\nsuggest = []\nhelp_on = []\nidle = []\n[phrases]\n[replies]";
        toml::from_str(&format!("{fields}\n{REST}")).expect("fields of a courtesy")
    }
}

/// What may be said in every step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Aside {
    Greeting,
    Thanks,
    Repeat,
    Slower,
    Confused,
    /// Expected only where the step gives it an intent.
    Yes,
    /// Expected only where the step gives it an intent.
    No,
    Goodbye,
}

impl Aside {
    pub const ALL: [Self; 8] = [
        Self::Greeting,
        Self::Thanks,
        Self::Repeat,
        Self::Slower,
        Self::Confused,
        Self::Yes,
        Self::No,
        Self::Goodbye,
    ];
}

/// Something that is said: `"text"`, `["text", "translation"]`, `["text", "translation", "spoken"]`, or a table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Line {
    pub text: String,
    /// The English translation; empty in an English lesson.
    pub en: String,
    /// As the embedded voice reads it, where the writing system needs it.
    pub spoken: Option<String>,
    /// Only said when this holds.
    pub when: Option<Condition>,
    /// Only said to learners of this level.
    pub level: Option<Level>,
}

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LineVisitor)
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct LineTable {
    text: String,
    #[serde(default)]
    en: String,
    spoken: Option<String>,
    when: Option<Condition>,
    level: Option<Level>,
}

struct LineVisitor;

impl<'de> Visitor<'de> for LineVisitor {
    type Value = Line;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, [text, translation], or a table with `text`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Line, E> {
        Ok(Line {
            text: text.to_owned(),
            ..Line::default()
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Line, A::Error> {
        let text = seq.next_element()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
        let en = seq.next_element()?.unwrap_or_default();
        let spoken = seq.next_element()?;
        if seq.next_element::<de::IgnoredAny>()?.is_some() {
            return Err(de::Error::invalid_length(4, &self));
        }
        Ok(Line {
            text,
            en,
            spoken,
            ..Line::default()
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Line, A::Error> {
        let LineTable {
            text,
            en,
            spoken,
            when,
            level,
        } = LineTable::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Line {
            text,
            en,
            spoken,
            when,
            level,
        })
    }
}
