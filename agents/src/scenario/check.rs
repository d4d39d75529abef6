//! Checking content: whatever could leave a conversation stuck, silent or with an unfilled slot is a fault.

mod answers;

use std::collections::BTreeSet;
use std::fmt;

use super::format::{Aside, Courtesies, Courtesy, Lesson, Line, Scenario, Spelled, Step, Turn};
use super::meaning::{ANY, SlotTable};
use super::script::{ECHO, EXAMPLE, LED, LED_TURNS, OFFERED, RIGHT, SLOWER, TOPIC};
use super::template::{Condition, Test, slots_of};
use super::words::words;
use super::{short_answers, siblings};
use crate::language::Language;
use answers::check_answers;

/// One thing that is wrong in a file of content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, from the content directory.
    pub file: String,
    /// The language, if it is about one.
    pub language: Option<Language>,
    /// The step, if it is about one.
    pub step: Option<String>,
    /// What is wrong.
    pub reason: String,
}

impl Fault {
    pub(crate) fn of_file(file: &str, reason: String) -> Self {
        Self {
            file: file.to_owned(),
            language: None,
            step: None,
            reason,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if let Some(language) = self.language {
            write!(f, ", {language}")?;
        }
        if let Some(step) = &self.step {
            write!(f, ", step {step}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// Everything that is wrong with what is said at any time.
pub(super) fn check_courtesies(file: &str, courtesies: &Courtesies) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (&language, courtesy) in courtesies {
        let mut check = Check::new(file, Some(language), &mut faults);
        for aside in Aside::ALL {
            let needs_reply = !matches!(aside, Aside::Yes | Aside::No);
            check.lines(
                &format!("phrases.{aside:?}"),
                courtesy.phrases.get(&aside),
                &[],
                language,
            );
            if needs_reply {
                check.lines(
                    &format!("replies.{aside:?}"),
                    courtesy.replies.get(&aside),
                    &[],
                    language,
                );
            }
        }
        check.lines("sorry", Some(&courtesy.sorry), &[], language);
        check.lines("own_language", Some(&courtesy.own_language), &[], language);
        check.lines("idle", Some(&courtesy.idle), &[], language);
        for (name, lines) in [
            ("put_off", &courtesy.put_off),
            ("have_it", &courtesy.have_it),
            ("early", &courtesy.early),
        ] {
            if !lines.is_empty() {
                check.lines(name, Some(lines), &[], language);
            }
        }
        let lists = [
            &courtesy.inquiries,
            &courtesy.having,
            &courtesy.requests,
            &courtesy.likes,
            &courtesy.accepting,
            &courtesy.corrections,
            &courtesy.persons,
            &courtesy.people,
            &courtesy.ones,
            &courtesy.joiners,
            &courtesy.including,
            &courtesy.no_names,
            &courtesy.units,
            &courtesy.in_languages,
            &courtesy.asking_how,
        ];
        let counted = courtesy.company.keys().chain(courtesy.totals.keys());
        let counted = counted.chain(courtesy.larger_numbers.iter().flat_map(Spelled::all));
        let listed = lists.into_iter().flatten().chain(counted);
        for phrase in listed.chain(courtesy.wordings.values().flatten()) {
            if words(phrase, courtesy).is_empty() {
                check.fault(format!("{phrase:?} has no word"));
            }
        }
        if let Some(topic) = &courtesy.own_topic {
            for phrase in topic.phrases().filter(|phrase| words(phrase, courtesy).is_empty()) {
                check.fault(format!("`own_topic`: {phrase:?} has no word"));
            }
            if topic.after.is_empty() && topic.before.is_empty() {
                check.fault("`own_topic` has neither `after` nor `before`".to_owned());
            }
            for line in topic.taken.iter().filter(|line| !slots_of(&line.text).eq([TOPIC])) {
                check.fault(format!(
                    "`own_topic.taken`: {:?} does not name {{topic}} once",
                    line.text
                ));
            }
            if topic.taken.is_empty() {
                check.fault("`own_topic.taken` has no line".to_owned());
            }
            check.lines("own_topic.more", Some(&topic.more), &[], language);
            check.lines("own_topic.back", Some(&topic.back), &[], language);
        }
        for line in courtesy
            .explain
            .iter()
            .filter(|line| !slots_of(&line.text).eq([EXAMPLE, RIGHT]))
        {
            check.fault(format!(
                "`explain`: {:?} does not name {{example}} and {{right}}",
                line.text
            ));
        }
        for line in courtesy.recast.iter().filter(|line| !slots_of(&line.text).eq([RIGHT])) {
            check.fault(format!("`recast`: {:?} does not name {{right}} once", line.text));
        }
        for (name, lines) in [
            ("suggest", &courtesy.suggest),
            ("help_on", &courtesy.help_on),
            ("noted", &courtesy.noted),
        ] {
            if lines.is_empty() && name != "noted" {
                check.fault(format!("`{name}` has no line"));
            }
            for line in lines {
                if !slots_of(&line.text).eq([EXAMPLE]) {
                    check.fault(format!("`{name}`: {:?} does not name {{example}} once", line.text));
                }
            }
        }
    }
    faults
}

/// Everything that is wrong with a scenario.
pub(super) fn check_scenario(file: &str, scenario: &Scenario, courtesies: &Courtesies) -> Vec<Fault> {
    let mut faults = Vec::new();
    check_plot(scenario, &mut Check::new(file, None, &mut faults));
    let mut played = false;
    for language in Language::ALL {
        let Some(lesson) = scenario.lesson(language) else {
            continue;
        };
        played = true;
        let mut check = Check::new(file, Some(language), &mut faults);
        match courtesies.get(&language) {
            Some(courtesy) => check_lesson(scenario, lesson, language, courtesy, &mut check),
            None => check.fault("courtesies.toml does not have the language".to_owned()),
        }
    }
    if !played {
        faults.push(Fault::of_file(file, "it has no language".to_owned()));
    }
    faults
}

fn check_plot(scenario: &Scenario, check: &mut Check<'_>) {
    if scenario.steps.is_empty() {
        check.fault("it has no step".to_owned());
    }
    for (index, step) in scenario.steps.iter().enumerate() {
        check.step = Some(step.id.clone());
        if step.id.is_empty() || !step.id.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            check.fault("a step's id is lower-case words joined by `_`".to_owned());
        }
        if scenario.steps.iter().take(index).any(|other| other.id == step.id) {
            check.fault("the id is another step's too".to_owned());
        }
        for (intent, target) in &step.next {
            if !scenario.steps.iter().skip(index + 1).any(|later| later.id == *target) {
                check.fault(format!("`next.{intent}`: {target:?} is not a later step"));
            }
        }
    }
    check.step = None;
}

fn check_lesson(scenario: &Scenario, lesson: &Lesson, language: Language, courtesy: &Courtesy, check: &mut Check<'_>) {
    let known: Vec<&str> = lesson.slots.keys().map(String::as_str).chain([TOPIC]).collect();
    check.lines("opener", Some(&lesson.opener), &known, language);
    check.lines("farewell", Some(&lesson.farewell), &known, language);
    if lesson.persona.name.trim().is_empty() {
        check.fault("the persona has no name".to_owned());
    }
    for (name, slot) in &lesson.slots {
        if [TOPIC, ECHO, EXAMPLE, RIGHT, SLOWER, LED, LED_TURNS, OFFERED].contains(&name.as_str()) {
            check.fault(format!("slot `{name}`: the name is taken"));
        }
        if slot.values.is_empty() && slot.after.is_empty() && slot.after_capital.is_empty() {
            check.fault(format!("slot `{name}` has neither `values` nor `after`"));
        }
        let names = slot
            .values
            .iter()
            .flat_map(|value| std::iter::once(&value.value).chain(&value.words));
        let alike = slot.said_alike.iter().flatten();
        for name_of_value in names.chain(&slot.after).chain(&slot.after_capital).chain(alike) {
            if words(name_of_value, courtesy).is_empty() {
                check.fault(format!("slot `{name}`: {name_of_value:?} has no word"));
            }
        }
        for value in slot
            .values
            .iter()
            .filter(|value| value.en.is_empty() && language != Language::English)
        {
            check.fault(format!("slot `{name}`: {:?} has no translation", value.value));
        }
    }
    check_alike(scenario, lesson, courtesy, check);
    for id in lesson.steps.keys() {
        if !scenario.steps.iter().any(|step| step.id == *id) {
            check.fault(format!("{id:?} is not a step of the scenario"));
        }
    }
    for step in &scenario.steps {
        check.step = Some(step.id.clone());
        for slot in step.slots.iter().filter(|slot| !lesson.slots.contains_key(*slot)) {
            check.fault(format!("slot `{slot}` is not described in `slots`"));
        }
        if let Some(condition) = &step.skip_when {
            check.condition(condition, lesson);
        }
        match lesson.steps.get(&step.id) {
            Some(turn) => check_turn(step, turn, lesson, &known, language, courtesy, check),
            None => check.fault("the step is missing".to_owned()),
        }
    }
    check.step = None;
}

/// Each of what is said alike stands in an answer, or in the place of another in one, as a value of its own.
fn check_alike(scenario: &Scenario, lesson: &Lesson, courtesy: &Courtesy, check: &mut Check<'_>) {
    for (name, slot) in lesson.slots.iter().filter(|(_, slot)| !slot.said_alike.is_empty()) {
        let steps = scenario.steps.iter().filter(|step| step.slots.contains(name));
        let turns = steps.filter_map(|step| lesson.steps.get(&step.id));
        let answers: Vec<&str> = turns
            .flat_map(|turn| turn.answers.values().flatten())
            .map(|line| line.text.as_str())
            .collect();
        for alike in &slot.said_alike {
            let heard: Vec<String> = answers
                .iter()
                .flat_map(|answer| {
                    let others = siblings::others(slot, alike, answer, courtesy);
                    others.into_iter().chain(std::iter::once((*answer).to_owned()))
                })
                .collect();
            let is_heard = |one: &&String| heard.iter().any(|text| siblings::place(text, one).is_some());
            for one in alike.iter().filter(|one| !is_heard(one)) {
                check.fault(format!(
                    "slot `{name}`: {one:?} takes no value's place in an answer (`said_alike`)"
                ));
            }
        }
    }
}

fn check_turn(
    step: &Step,
    turn: &Turn,
    lesson: &Lesson,
    known: &[&str],
    language: Language,
    courtesy: &Courtesy,
    check: &mut Check<'_>,
) {
    let with_echo: Vec<&str> = known.iter().copied().chain([ECHO]).collect();
    check.lines("ask", Some(&turn.ask), known, language);
    check.lines("reprompts", Some(&turn.reprompts), known, language);
    check_answers(turn, courtesy, language, &mut |reason| check.fault(reason));
    let table = SlotTable::new(lesson, courtesy, language);
    for text in short_answers::unfit(step, turn, &table) {
        check.fault(format!(
            "{text:?} means nothing here or is one of the answers (`said_short`)"
        ));
    }
    for intent in turn.answers.keys() {
        if !turn.replies.contains_key(intent) && !turn.replies.contains_key(ANY) {
            check.fault(format!("nothing is replied to the intent `{intent}`"));
        }
    }
    if step.open && !turn.replies.contains_key(ANY) {
        check.fault("an open step needs `replies.any`".to_owned());
    }
    for (intent, lines) in &turn.replies {
        if intent != ANY && !turn.answers.contains_key(intent) {
            check.fault(format!("`replies.{intent}`: no answer has this intent"));
        }
        check.lines(&format!("replies.{intent}"), Some(lines), &with_echo, language);
    }
    let conditions = turn.replies.values().flatten().chain(&turn.ask);
    for condition in conditions.filter_map(|line| line.when.as_ref()) {
        check.condition(condition, lesson);
    }
    for intent in turn.keywords.keys().chain(step.next.keys()).chain(&step.stays) {
        if !turn.answers.contains_key(intent) {
            check.fault(format!("intent `{intent}` has no answer"));
        }
    }
    if turn.hints.len() != 3 {
        check.fault(format!("{} hints instead of 3", turn.hints.len()));
    }
    let distinct: BTreeSet<&String> = turn.hints.iter().collect();
    if distinct.len() < turn.hints.len() {
        check.fault("two hints are the same".to_owned());
    }
    for hint in &turn.hints {
        match turn
            .answers
            .iter()
            .find(|(_, lines)| lines.iter().any(|line| line.text == *hint))
        {
            None => check.fault(format!("hint {hint:?} is not one of the answers")),
            Some((intent, _)) if step.stays.contains(intent) && turn.hints.first() == Some(hint) => {
                check.fault(format!("the first hint {hint:?} does not lead on"));
            }
            Some(_) => {}
        }
    }
}

/// Collects the faults of one place.
struct Check<'a> {
    file: &'a str,
    language: Option<Language>,
    step: Option<String>,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Check<'a> {
    fn new(file: &'a str, language: Option<Language>, faults: &'a mut Vec<Fault>) -> Self {
        Self {
            file,
            language,
            step: None,
            faults,
        }
    }

    fn fault(&mut self, reason: String) {
        self.faults.push(Fault {
            file: self.file.to_owned(),
            language: self.language,
            step: self.step.clone(),
            reason,
        });
    }

    /// One of the lines can always be said, each is translated, and none names a slot that doesn't exist.
    fn lines(&mut self, name: &str, lines: Option<&Vec<Line>>, known: &[&str], language: Language) {
        let lines = lines.map_or(&[][..], Vec::as_slice);
        let always = |line: &Line| line.when.is_none() && line.level.is_none() && slots_of(&line.text).next().is_none();
        if !lines.iter().any(always) {
            self.fault(format!("`{name}` has no line that can be said whatever is known"));
        }
        for line in lines {
            if line.text.trim().is_empty() {
                self.fault(format!("`{name}` has an empty line"));
            }
            if line.en.is_empty() && language != Language::English {
                self.fault(format!("`{name}`: {:?} has no translation", line.text));
            }
            for slot in slots_of(&line.text).filter(|slot| !known.contains(slot)) {
                self.fault(format!("`{name}`: {:?} names the unknown slot {{{slot}}}", line.text));
            }
            let said: Vec<&str> = slots_of(&line.text).collect();
            for slot in slots_of(&line.en).filter(|slot| !said.contains(slot)) {
                self.fault(format!(
                    "`{name}`: the translation of {:?} names {{{slot}}}, the line doesn't",
                    line.text
                ));
            }
        }
    }

    fn condition(&mut self, condition: &Condition, lesson: &Lesson) {
        if [TOPIC, ECHO].contains(&condition.slot.as_str()) {
            return;
        }
        let Some(slot) = lesson.slots.get(&condition.slot) else {
            self.fault(format!("a condition names the unknown slot `{}`", condition.slot));
            return;
        };
        if let Test::Is(value) = &condition.test
            && !slot.values.iter().any(|known| known.value == *value)
        {
            self.fault(format!(
                "a condition asks whether `{}` is {value:?}, which it never is",
                condition.slot
            ));
        }
    }
}
