//! The short answer to a question: what it offers ("By the window"), or a value by itself ("Two people", "A glass of red wine").
//!
//! The answers that content suggests are whole sentences, but whoever is asked "Inside or outside?" says "Inside, please". Such answers are
//! listened for beside all others; no learner is shown any of them. What is heard of one means what it means when it is typed.

use super::format::{Line, Slot, Step, Turn};
use super::meaning::{Meaning, SlotTable, choices, understand};
use super::siblings::{capital, place};
use super::slots;
use super::words::words;
use crate::engine::Transcript;
use crate::language::Language;

/// A short answer that a step listens for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShortAnswer {
    pub text: String,
    /// The first of those that name a value of the same slot, by its number: they are told apart from each other as siblings are.
    pub family: usize,
}

/// So many phrases a step listens for at most, with these. Every one has its cost.
const MOST: usize = 72;
/// Words of a short answer, at most.
const LONGEST: usize = 5;
/// Other names of a value that are listened for, the first of them.
const OTHER_NAMES: usize = 2;
/// Letters of such a name that is one by itself, at least: shorter ones sound like too much else.
const LEAST_LETTERS: usize = 5;

/// The short answers of a step that listens for `known` already: what content says, then of each slot what the questions offer and the
/// values. Each means something in the step.
pub(super) fn short_answers(step: &Step, turn: &Turn, table: &SlotTable<'_>, known: &[String]) -> Vec<ShortAnswer> {
    if !table.language.is_spaced() {
        return Vec::new();
    }
    let courtesy = table.courtesy;
    let slots = || step.slots.iter().filter_map(|name| table.slots.get(name));
    let rows = slots().map(|slot| {
        let answered = Answered::of(slot, step, turn, table);
        let mut row = candidates(slot, turn, table);
        row.retain(|text| answered.leads_on(slot, text, table));
        row
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let longest = rows.iter().map(Vec::len).max().unwrap_or_default();
    let derived = (0..longest).flat_map(|rank| rows.iter().filter_map(move |row| row.get(rank)));
    let mut spelled: Vec<Vec<String>> = known.iter().map(|text| words(text, courtesy)).collect();
    let mut texts: Vec<String> = Vec::new();
    for text in turn.said_short.iter().chain(derived) {
        let bare = words(text, courtesy);
        if known.len() + texts.len() < MOST && !spelled.contains(&bare) {
            spelled.push(bare);
            texts.push(capital(text));
        }
    }
    let filled = |text: &String| slots().position(|slot| value(slot, text, table).is_some());
    let slots_of: Vec<Option<usize>> = texts.iter().map(filled).collect();
    let first_of = |at: usize| slots_of.iter().position(|slot| slot.is_some() && *slot == slots_of[at]);
    let short = texts.into_iter().enumerate();
    short
        .map(|(at, text)| ShortAnswer {
            text,
            family: first_of(at).unwrap_or(at),
        })
        .collect()
}

/// Those that content says and that mean nothing in the step, or are listened for anyway.
pub(super) fn unfit<'t>(step: &Step, turn: &'t Turn, table: &SlotTable<'_>) -> Vec<&'t str> {
    let known: Vec<Vec<String>> = choices(Some((step, turn)), table.courtesy)
        .iter()
        .map(|choice| words(&choice.line.text, table.courtesy))
        .collect();
    let is_fit = |text: &str| !known.contains(&words(text, table.courtesy)) && means(step, turn, table, text);
    let all = turn.said_short.iter().map(String::as_str);
    all.filter(|text| !is_fit(text)).collect()
}

/// Whether a text that is typed answers the question of the step.
fn means(step: &Step, turn: &Turn, table: &SlotTable<'_>, text: &str) -> bool {
    let typed = Transcript {
        text: text.to_owned(),
        confidence: 1.0,
        ..Transcript::default()
    };
    matches!(understand(step, turn, table, &typed).0, Meaning::Intent(intent) if !step.stays.contains(&intent))
}

fn value(slot: &Slot, text: &str, table: &SlotTable<'_>) -> Option<String> {
    slots::value(slot, text, &table.negation.read(text), table.courtesy)
}

/// The values that answers of a step give a slot.
struct Answered {
    /// Those of answers that lead on.
    leading: Vec<String>,
    /// Those of answers after which the question is asked again.
    staying: Vec<String>,
}

impl Answered {
    fn of(slot: &Slot, step: &Step, turn: &Turn, table: &SlotTable<'_>) -> Self {
        let (staying, leading): (Vec<_>, Vec<_>) = turn
            .answers
            .iter()
            .partition(|(intent, _)| step.stays.contains(*intent));
        let values = |intents: Vec<(&String, &Vec<Line>)>| {
            let lines = intents.into_iter().flat_map(|(_, lines)| lines);
            lines.filter_map(|line| value(slot, &line.text, table)).collect()
        };
        Self {
            leading: values(leading),
            staying: values(staying),
        }
    }

    /// Whether what fills the slot by itself leads on, as an answer does that is typed: it means what those answers mean that name the same
    /// value, else what any of them do. To understand each text as if it were typed would take a hundred times as long.
    fn leads_on(&self, slot: &Slot, text: &str, table: &SlotTable<'_>) -> bool {
        value(slot, text, table).is_some_and(|value| {
            self.leading.contains(&value) || !self.leading.is_empty() && !self.staying.contains(&value)
        })
    }
}

/// What may be said for the values of a slot, what is likeliest said first: what the questions offer, the values, other names of them.
fn candidates(slot: &Slot, turn: &Turn, table: &SlotTable<'_>) -> Vec<String> {
    let is_short = |text: &&String| (1..=LONGEST).contains(&words(text, table.courtesy).len());
    let questions = turn.ask.iter().chain(&turn.reprompts);
    let options = questions.flat_map(|line| options(&line.text, table.language));
    let offered = options.filter_map(|option| offer(slot, option));
    // What is refused isn't said as it is noted ("without nuts").
    let named = slot.values.iter().filter(|_| slot.claims.is_empty());
    let values = named.clone().map(|value| &value.value);
    let is_plain = |text: &&String| {
        let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
        letters >= LEAST_LETTERS || words(text, table.courtesy).len() > 1
    };
    // Those of numbers of people are parts of sentences.
    let others = named.filter(|_| !slot.is_company);
    let others = others.flat_map(|value| value.words.iter().filter(is_plain).take(OTHER_NAMES));
    let listed = values.chain(others).filter(is_short).cloned();
    offered.chain(listed).collect()
}

/// What a part of a question offers for a slot: the name of a value in it and at most a word before ("some wine").
fn offer(slot: &Slot, option: &str) -> Option<String> {
    let names = slot
        .values
        .iter()
        .flat_map(|value| std::iter::once(&value.value).chain(&value.words));
    let longest = names.filter_map(|name| place(option, name)).max_by_key(|at| at.len())?;
    let is_led = option[..longest.start].split_whitespace().count() <= 1;
    let start = if is_led { 0 } else { longest.start };
    Some(option[start..longest.end].to_owned())
}

/// What a question leaves the choice of: "Two people", "four". What is said before it asks nothing.
fn options(text: &str, language: Language) -> impl Iterator<Item = &str> {
    let or = match language {
        Language::English => " or ",
        Language::French | Language::Portuguese => " ou ",
        Language::German => " oder ",
        Language::Spanish | Language::Italian => " o ",
        Language::Chinese | Language::Japanese => "或",
    };
    let question = text.trim_end().strip_suffix('?').unwrap_or_default();
    let question = question.rsplit(['.', '!', '?', '¿']).next().unwrap_or_default();
    let clauses = question.split([',', ':', ';']);
    let options = clauses.flat_map(move |clause| clause.split(or));
    let bare = options.map(str::trim);
    bare.filter(|option| !option.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Catalogue, Level, Progress, Script};

    fn script(scenario: &str, language: Language) -> Script {
        let script = Catalogue::built_in().script(scenario, language, Level::Beginner);
        script.expect("it is built in")
    }

    fn at(step: usize) -> Progress {
        Progress {
            step,
            ..Progress::default()
        }
    }

    fn listed(script: &Script, step: usize) -> Vec<String> {
        let phrases = script.expected(&at(step)).phrases;
        phrases.into_iter().map(|phrase| phrase.text).collect()
    }

    #[test]
    fn a_question_leaves_the_choice_of_its_parts() {
        let options = |text, language| options(text, language).collect::<Vec<_>>();
        assert_eq!(
            options("Deux personnes, ou quatre ?", Language::French),
            ["Deux personnes", "quatre"]
        );
        assert_eq!(options("Inside or outside?", Language::English), ["Inside", "outside"]);
        assert_eq!(
            options("Fuori, o vicino alla finestra?", Language::Italian),
            ["Fuori", "vicino alla finestra"]
        );
    }

    #[test]
    fn what_is_offered_is_a_value_and_not_the_question() {
        let slot: Slot = toml::from_str(r#"values = [{ value = "by card" }, { value = "in cash", words = ["cash"] }]"#)
            .expect("a slot");
        let offer = |option| offer(&slot, option);
        assert_eq!(offer("Do you pay by card").as_deref(), Some("by card"));
        assert_eq!(offer("rather cash perhaps").as_deref(), Some("rather cash"));
        assert_eq!(offer("How are you paying"), None);
        let told = options("The soup is hot. What would you like?", Language::English);
        assert_eq!(told.collect::<Vec<_>>(), ["What would you like"]);
    }

    #[test]
    fn what_a_question_offers_is_listened_for() {
        for (language, step, short) in [
            (Language::French, 1, "Près de la fenêtre"),
            (Language::French, 1, "En terrasse"),
            (Language::French, 0, "Deux personnes"),
            (Language::French, 2, "Un verre de vin rouge"),
            (Language::English, 1, "Inside"),
            (Language::German, 0, "Zwei Personen"),
            (Language::Italian, 1, "Vicino alla finestra"),
            (Language::Spanish, 1, "Dentro"),
        ] {
            let listed = listed(&script("restaurant", language), step);
            assert!(
                listed.iter().any(|text| text == short),
                "{language} {short}: {listed:?}"
            );
        }
    }

    #[test]
    fn what_is_heard_of_a_short_answer_is_what_it_means_typed_and_no_step_lists_more_than_is_searched_in_time() {
        let catalogue = Catalogue::built_in();
        let (mut all, mut staying) = (0, Vec::new());
        for language in Language::ALL {
            let topics = catalogue.topics(language, None);
            let topics = topics.iter().flat_map(|category| &category.topics);
            for script in topics.filter_map(|topic| catalogue.script(&topic.id, language, Level::Beginner)) {
                for step in 0..script.step_count() {
                    let phrases = script.expected(&at(step)).phrases;
                    assert!(phrases.len() <= MOST, "{language} {} {step}", script.scenario_id());
                    let is_short = |of: usize| phrases[of].instead_of.is_some();
                    for (number, phrase) in phrases.iter().enumerate() {
                        let Some(of) = phrase.instead_of.filter(|&of| is_short(of)) else {
                            continue;
                        };
                        assert_eq!(phrases[of].instead_of, Some(of), "the first of a family names itself");
                        let said = |phrase_number| Transcript {
                            text: phrase.text.clone(),
                            phrase: phrase_number,
                            confidence: 0.9,
                            ..Transcript::default()
                        };
                        let heard = script.respond(&at(step), &said(Some(number)));
                        assert_eq!(heard, script.respond(&at(step), &said(None)), "{}", phrase.text);
                        all += 1;
                        if heard.1 == at(step) {
                            staying.push(format!("{language} {} {step}: {}", script.scenario_id(), phrase.text));
                        }
                    }
                }
            }
        }
        // What they mean is told by the slot that they fill and by nothing else.
        assert!(20 * staying.len() <= all, "{} of {all}: {staying:#?}", staying.len());
    }

    #[test]
    fn nobody_is_shown_a_short_answer() {
        let script = script("restaurant", Language::French);
        let mut all = 0;
        for step in 0..script.step_count() {
            let (plot, turn) = script.turn(&at(step)).expect("a step");
            let short = script.slot_table().short_answers(plot, turn);
            let hints = script.hints(&at(step), "");
            let is_shown = |text: &str| hints.iter().any(|hint| hint.text == text);
            assert!(!short.iter().any(|short| is_shown(&short.text)), "{hints:?}");
            all += short.len();
        }
        assert!(all > 50, "{all}");
    }
}
