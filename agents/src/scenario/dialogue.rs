//! The dialogue: one answer in, one reply and a new progress out.

use super::completion::completing;
use super::echo::echo;
use super::format::{Aside, Line, Step, Turn};
use super::lead::Lead;
use super::meaning::{ANY, Meaning, understand, understand_aside};
use super::script::{ECHO, EXAMPLE, OFFERED, RIGHT, SLOWER, Script, answer_line};
use super::template::Filling;
use super::{Progress, Reply};
use crate::correction::Correction;
use crate::engine::{Insights, LineMeaning, Transcript};

impl Script {
    /// The first thing that the agent says.
    pub fn opener(&self) -> Reply {
        let progress = Progress::default();
        let mut speech = Speech::new(self);
        speech.say(&self.lesson().opener, &self.filling(&progress.slots, &[]));
        speech.ask(0, &progress);
        speech.into_reply()
    }

    /// The reply to an answer, and where the script stands after it.
    ///
    /// What the answer says is acknowledged, then the next step's question is asked. An answer that is not understood is
    /// asked for again with an example, if possible one that completes what was begun; then the easiest answer is suggested; then it is given in the learner's place, so that no
    /// conversation is ever stuck.
    pub fn respond(&self, progress: &Progress, answer: &Transcript) -> (Reply, Progress) {
        self.respond_recasting(progress, answer, None)
    }

    /// The same; an answer that is understood is first said again in its right form, where there is something to correct.
    pub fn respond_recasting(
        &self,
        progress: &Progress,
        answer: &Transcript,
        correction: Option<&Correction>,
    ) -> (Reply, Progress) {
        let Some((step, turn)) = self.turn(progress) else {
            return self.respond_after_the_end(progress, answer);
        };
        let taken = self.taken(progress, step, turn, answer);
        let (meaning, text) = taken.unwrap_or_else(|| understand(step, turn, &self.slot_table(), answer));
        let progress = &match self.lead(progress, turn, &meaning, answer) {
            Lead::Script(progress) => progress,
            Lead::Learner(reply, after) => return (reply, after),
        };
        // Who asks for vegetarian dishes asks.
        let is_asked = matches!(&meaning, Meaning::Intent(intent) if step.stays.contains(intent));
        let noted = self.noted(progress, step, answer).filter(|_| !is_asked);
        let mut with_note = progress.clone();
        if let Some((slot, line)) = &noted {
            with_note.slots.insert(slot.clone(), line.text.clone());
        }
        let progress = &with_note;
        match meaning {
            Meaning::Unknown | Meaning::Refused | Meaning::Question if noted.is_some() => {
                let mut speech = Speech::new(self);
                if let Some((_, line)) = &noted {
                    speech.say_example(&self.courtesy().noted, progress.step, line, progress);
                }
                speech.say_nth(&turn.reprompts, 0, &self.filling(&progress.slots, &[]));
                (speech.into_reply(), progress.clone())
            }
            Meaning::Intent(intent) => {
                let mut speech = Speech::new(self);
                if let Some(correction) = correction {
                    speech.recast(correction, progress);
                }
                if let Some((_, line)) = &noted {
                    speech.say_example(&self.courtesy().noted, progress.step, line, progress);
                }
                self.lead_on(progress, step, turn, &intent, &text, speech)
            }
            Meaning::Aside(Aside::Confused) => match self.explain(progress, turn, &answer.text) {
                Some(reply) => (reply, progress.clone()),
                None => self.ask_again(progress, step, turn, Unanswered::Confused, &text),
            },
            Meaning::Refused => self.ask_again(progress, step, turn, Unanswered::Refused, &text),
            Meaning::Unknown if self.is_early(progress, answer) => {
                self.ask_again(progress, step, turn, Unanswered::Early, &text)
            }
            Meaning::Unknown => self.ask_again(progress, step, turn, Unanswered::Unknown, &text),
            Meaning::Question => self.put_off(progress, step, turn, &answer.text),
            Meaning::Aside(aside) => self.answer_aside(progress, turn, aside),
        }
    }

    /// The reply to an answer in the learner's own language: they are asked to say it in the one that is practised, with an
    /// example. It counts as an answer that was not understood, so that here, too, nobody is ever stuck.
    pub fn ask_in_practised(&self, progress: &Progress, answer: &Transcript) -> (Reply, Progress) {
        match self.turn(progress) {
            Some((step, turn)) => self.ask_again(progress, step, turn, Unanswered::OwnLanguage, &answer.text),
            None => self.respond_after_the_end(progress, answer),
        }
    }

    /// What to say when the learner has been silent for long.
    pub fn idle(&self, progress: &Progress) -> (Reply, Progress) {
        let mut speech = Speech::new(self);
        let filling = self.filling(&progress.slots, &[]);
        let asked = usize::from(progress.reprompts);
        let Some((_, turn)) = self.turn(progress) else {
            speech.say(&self.lesson().farewell, &filling);
            return (speech.into_reply(), progress.clone());
        };
        speech.say_nth(&self.courtesy().idle, asked, &filling);
        if asked == 0 {
            speech.say_nth(&turn.reprompts, asked, &filling);
        } else {
            speech.suggest(turn, asked - 1, progress);
        }
        let mut after = progress.clone();
        after.reprompts = after.reprompts.saturating_add(1);
        (speech.into_reply(), after)
    }

    /// The words of a text that the scenario teaches.
    pub fn taught_words(&self, text: &str) -> Vec<String> {
        let lower = text.to_lowercase();
        let words = self.lesson().vocabulary.iter().map(|word| &word.text);
        words
            .filter(|word| has_word(&lower, &word.to_lowercase()))
            .cloned()
            .collect()
    }

    fn lead_on(
        &self,
        progress: &Progress,
        step: &Step,
        turn: &Turn,
        intent: &str,
        answer: &str,
        mut speech: Speech<'_>,
    ) -> (Reply, Progress) {
        let mut after = progress.clone();
        after.reprompts = 0;
        after.questions = 0;
        after.slots.remove(OFFERED);
        let stays = step.stays.iter().any(|stays| stays == intent);
        let table = self.slot_table();
        let mut filled = table.fill(step, answer);
        // Who asks about the wine has not ordered it; who asks for vegetarian dishes has said what they don't eat.
        filled.retain(|(slot, _)| !stays || table.slots.get(slot).is_some_and(|slot| !slot.claims.is_empty()));
        after.slots.extend(filled);
        let echo = echo(answer, self.courtesy());
        let more: Vec<(&str, &str)> = echo.iter().map(|word| (ECHO, word.as_str())).collect();
        let filling = self.filling(&after.slots, &more);
        let lines = turn.replies.get(intent).or_else(|| turn.replies.get(ANY));
        let replies_from = speech.text.len();
        speech.say(lines.map_or(&[], Vec::as_slice), &filling);
        if stays {
            // What stands before it are the learner's own words in their right form: they offer nothing.
            let offered = self.first_named(step, &speech.text[replies_from..]);
            speech.say_nth(&turn.reprompts, 0, &filling);
            after.slots.extend(offered.map(|value| (OFFERED.to_owned(), value)));
            return (speech.into_reply(), after);
        }
        let steps = &self.scenario.steps;
        let named = step
            .next
            .get(intent)
            .and_then(|id| steps.iter().position(|step| step.id == *id));
        let mut next = named.filter(|&next| next > progress.step).unwrap_or(progress.step + 1);
        while steps
            .get(next)
            .is_some_and(|step| step.skip_when.as_ref().is_some_and(|when| filling.holds(when)))
        {
            next += 1;
        }
        if next >= steps.len() {
            speech.say(&self.lesson().farewell, &filling);
            after.complete = true;
        } else {
            after.step = next;
            speech.ask(next, &after);
        }
        (speech.into_reply(), after)
    }

    fn ask_again(
        &self,
        progress: &Progress,
        step: &Step,
        turn: &Turn,
        why: Unanswered,
        answer: &str,
    ) -> (Reply, Progress) {
        let courtesy = self.courtesy();
        let asked = progress.reprompts;
        let mut speech = Speech::new(self);
        let filling = self.filling(&progress.slots, &[]);
        let hint_after = self.level.hint_after();
        let easiest = turn.hints.first().and_then(|hint| answer_line(turn, hint));
        if asked > hint_after
            && let Some(line) = easiest
        {
            speech.say_example(&courtesy.help_on, usize::from(asked), line, progress);
            let intent = turn.answers.iter().find(|(_, lines)| lines.contains(line));
            let intent = intent.map_or(ANY, |(intent, _)| intent.as_str());
            return self.lead_on(progress, step, turn, intent, &line.text, speech);
        }
        let lines = match why {
            Unanswered::Confused => courtesy.replies.get(&Aside::Confused),
            Unanswered::Refused => Some(&courtesy.refused).filter(|lines| !lines.is_empty()),
            Unanswered::OwnLanguage => Some(&courtesy.own_language),
            Unanswered::Early => Some(&courtesy.early).filter(|lines| !lines.is_empty()),
            Unanswered::Unknown => None,
        };
        speech.say_nth(lines.unwrap_or(&courtesy.sorry), usize::from(asked), &filling);
        if why == Unanswered::OwnLanguage {
            // They have understood the question, and lack the words.
            speech.suggest(turn, usize::from(asked), progress);
        } else if asked < hint_after || easiest.is_none() {
            speech.say_nth(&turn.reprompts, usize::from(asked), &filling);
            match completing(turn, answer, courtesy) {
                // Whoever knows what they don't want has understood the question.
                _ if why == Unanswered::Refused => {}
                Some(line) => speech.say_example(&courtesy.suggest, usize::from(asked), line, progress),
                // The easiest example is kept for when it is needed.
                None => speech.suggest(turn, usize::from(asked) + 1, progress),
            }
        } else {
            speech.suggest(turn, 0, progress);
        }
        let mut after = progress.clone();
        after.reprompts = asked.saturating_add(1);
        (speech.into_reply(), after)
    }

    fn answer_aside(&self, progress: &Progress, turn: &Turn, aside: Aside) -> (Reply, Progress) {
        let mut after = progress.clone();
        let mut speech = Speech::new(self);
        let filling = self.filling(&progress.slots, &[]);
        let replies = self.courtesy().replies.get(&aside);
        speech.say(replies.map_or(&[], Vec::as_slice), &filling);
        match aside {
            Aside::Goodbye => (after.complete, after.left) = (true, true),
            Aside::Repeat | Aside::Slower => {
                if aside == Aside::Slower {
                    after.slots.insert(SLOWER.to_owned(), "yes".to_owned());
                }
                speech.say(&turn.ask, &filling);
            }
            _ => speech.say_nth(&turn.reprompts, 0, &filling),
        }
        (speech.into_reply(), after)
    }

    /// Says what a word means that was asked about, and asks again. Nothing if the content doesn't say.
    fn explain(&self, progress: &Progress, turn: &Turn, question: &str) -> Option<Reply> {
        let (word, meaning) = self.asked_meaning(question)?;
        let line = self.courtesy().explain.first()?;
        let mut speech = Speech::new(self);
        let filling = self.filling(&progress.slots, &[(EXAMPLE, &word), (RIGHT, &meaning)]);
        speech.append(&filling.text(line), &filling.translation(line));
        speech.say_nth(&turn.reprompts, 0, &self.filling(&progress.slots, &[]));
        Some(speech.into_reply())
    }

    /// The reply to a question that the scenario has no answer to: it is as good as any, and the step's waits. Whoever asks on is
    /// shown what there is to answer.
    /// Whether there is a thing that the step names is answered with yes.
    fn put_off(&self, progress: &Progress, step: &Step, turn: &Turn, question: &str) -> (Reply, Progress) {
        let courtesy = self.courtesy();
        let mut speech = Speech::new(self);
        let filling = self.filling(&progress.slots, &[]);
        let is_there = !courtesy.have_it.is_empty() && self.slot_table().inquiries.asks_whether_there_is(question);
        let offered = is_there.then(|| self.first_named(step, question)).flatten();
        let lines = match offered {
            Some(_) => Some(&courtesy.have_it),
            None => Some(&courtesy.put_off).filter(|lines| !lines.is_empty()),
        };
        let asked = usize::from(progress.questions);
        speech.say_nth(lines.unwrap_or(&courtesy.sorry), progress.step + asked, &filling);
        speech.say_nth(&turn.reprompts, asked, &filling);
        if asked > 0 {
            speech.suggest(turn, asked - 1, progress);
        }
        let mut after = progress.clone();
        after.questions = after.questions.saturating_add(1);
        after.slots.extend(offered.map(|value| (OFFERED.to_owned(), value)));
        (speech.into_reply(), after)
    }

    fn respond_after_the_end(&self, progress: &Progress, answer: &Transcript) -> (Reply, Progress) {
        let mut after = progress.clone();
        after.complete = true;
        let mut speech = Speech::new(self);
        let filling = self.filling(&progress.slots, &[]);
        let goodbye = self.courtesy().replies.get(&Aside::Goodbye);
        match (understand_aside(self.courtesy(), answer), goodbye) {
            (Meaning::Aside(_), Some(lines)) => speech.say(lines, &filling),
            _ => speech.say(&self.lesson().farewell, &filling),
        }
        (speech.into_reply(), after)
    }
}

/// Why the question is asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unanswered {
    /// The learner says that they don't understand.
    Confused,
    /// They only say what they don't want.
    Refused,
    /// They answer in their own language.
    OwnLanguage,
    /// They answer what a later step asks.
    Early,
    /// They say something else.
    Unknown,
}

/// A reply in the making.
pub(super) struct Speech<'a> {
    script: &'a Script,
    text: String,
    translation: String,
    insights: Insights,
}

impl<'a> Speech<'a> {
    pub(super) fn new(script: &'a Script) -> Self {
        Self {
            script,
            text: String::new(),
            translation: String::new(),
            insights: Insights::default(),
        }
    }

    /// Says the first line that applies.
    pub(super) fn say(&mut self, lines: &[Line], filling: &Filling<'_>) {
        if let Some(line) = filling.choose(lines) {
            self.push(line, filling);
        }
    }

    /// Says one of the lines that apply, each in its turn; those with words that are to be met again come first.
    pub(super) fn say_nth(&mut self, lines: &[Line], n: usize, filling: &Filling<'_>) {
        let mut applying: Vec<&Line> = lines.iter().filter(|line| filling.applies(line)).collect();
        applying.sort_by_key(|line| !self.script.reviews(&line.text));
        if let Some(line) = applying.get(n % applying.len().max(1)) {
            self.push(line, filling);
        }
    }

    /// Opens a step: its question, and what to learn in it.
    fn ask(&mut self, index: usize, progress: &Progress) {
        if let Some((_, turn)) = self.script.turn_at(index) {
            self.say(&turn.ask, &self.script.filling(&progress.slots, &[]));
            self.insights.notes.extend_from_slice(&turn.notes);
            self.insights.grammar.extend_from_slice(&turn.grammar);
        }
    }

    /// Suggests one of the step's hints; the first time one with a word that is to be met again, if there is one.
    fn suggest(&mut self, turn: &Turn, n: usize, progress: &Progress) {
        let reviewing = turn.hints.iter().find(|hint| self.script.reviews(hint));
        let reviewing = reviewing.filter(|_| progress.reprompts == 0);
        let hint = reviewing.or_else(|| turn.hints.get(n % turn.hints.len().max(1)));
        if let Some(line) = hint.and_then(|hint| answer_line(turn, hint)) {
            self.say_example(&self.script.courtesy().suggest, n, line, progress);
        }
    }

    fn say_example(&mut self, lines: &[Line], n: usize, example: &Line, progress: &Progress) {
        let Some(line) = lines.get(n % lines.len().max(1)) else {
            return;
        };
        let filled_by = |text| self.script.filling(&progress.slots, &[(EXAMPLE, text)]);
        let text = filled_by(&example.text).text(line);
        let translation = filled_by(&example.en).translation(line);
        self.append(&text, &translation);
    }

    /// Says the learner's words in their right form. Their translation would be one of what they did not say.
    fn recast(&mut self, correction: &Correction, progress: &Progress) {
        let lines = &self.script.courtesy().recast;
        let Some(line) = lines.get(progress.step % lines.len().max(1)) else {
            return;
        };
        let phrase = correction.phrase.as_str();
        let text = self.script.filling(&progress.slots, &[(RIGHT, phrase)]).text(line);
        self.append(&text, "");
        self.insights.correction = Some(Box::new(correction.clone()));
    }

    fn push(&mut self, line: &Line, filling: &Filling<'_>) {
        self.append(&filling.text(line), &filling.translation(line));
    }

    fn append(&mut self, text: &str, translation: &str) {
        if self.script.is_spaced() && !self.text.is_empty() {
            self.text.push(' ');
        }
        let start = self.text.len();
        self.text.push_str(text);
        let meaning = self.script.translated(translation.to_owned());
        if !meaning.is_empty() {
            self.insights.lines.push(LineMeaning {
                at: start..self.text.len(),
                translation: meaning,
            });
        }
        if !translation.is_empty() {
            if !self.translation.is_empty() {
                self.translation.push(' ');
            }
            self.translation.push_str(translation);
        }
    }

    pub(super) fn into_reply(self) -> Reply {
        let vocabulary = self.script.taught_words(&self.text);
        Reply {
            translation: self.script.translated(self.translation),
            text: self.text,
            insights: Insights {
                vocabulary,
                ..self.insights
            },
        }
    }
}

/// Whether a text has a word as a whole; within a writing system without spaces, at all.
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let is_bound = |c: Option<char>| c.is_none_or(|c| !c.is_alphabetic() || c as u32 >= 0x3000);
    !word.is_empty()
        && text
            .match_indices(word)
            .any(|(at, _)| is_bound(text[..at].chars().next_back()) && is_bound(text[at + word.len()..].chars().next()))
}
