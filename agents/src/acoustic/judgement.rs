//! What a whole utterance is: which of the expected phrases, how it was worded, or none of them.

mod laying;
mod short_answers;

use std::sync::Arc;

use self::laying::Laid;
use super::courtesy::{self, Before};
use super::expectation::Expectation;
use super::likelihood::StateScores;
use super::listening::FRAME_RATE;
use super::open_reading::OpenReading;
use super::phone::Phone;
use super::phone_loop::{FreeFrame, phone_loop};
use super::phrases::{Courtesies, PhraseNetwork, Reach, Reading};
use super::pronunciation::SpokenWord;
use super::recognizer::View;
use super::slips;
use super::trellis::Trellis;
use super::variants::SpokenVariant;
use super::verdict::{Rivals, Verdict};
use crate::engine::{Fit, OwnWords, Transcript, UNHEARD, Wording};

/// An utterance that is held against what is expected.
pub(super) struct Judgement<'a> {
    expectation: &'a Expectation,
    scores: &'a [StateScores],
    /// All expected phrases, searched side by side.
    trellis: Trellis,
    /// What every phrase is held against: any phones, and any words and sounds.
    free: Vec<FreeFrame>,
    open: OpenReading,
}

impl<'a> Judgement<'a> {
    /// Searches an utterance, whose frames score as told, for everything that it may be.
    pub(super) fn of(expectation: &'a Expectation, scores: &'a [StateScores]) -> Self {
        Self::with_open(expectation, scores, OpenReading::of(expectation, scores))
    }

    fn with_open(expectation: &'a Expectation, scores: &'a [StateScores], open: OpenReading) -> Self {
        let mut trellis = expectation.phrases.search();
        for frame in scores {
            trellis.advance(frame);
        }
        Self {
            expectation,
            scores,
            trellis,
            free: phone_loop(scores),
            open,
        }
    }

    /// What was said.
    pub(super) fn view(&self) -> View {
        let listed = self.best_listed().and_then(|listed| self.unless_leaving(listed));
        let listed = listed.map(|listed| self.unless_part(listed));
        let told_apart = listed.and_then(|listed| match listed.1.transcript.phrase {
            Some(phrase) if self.expectation.is_short(phrase) => self.is_leading(phrase).then_some(listed),
            _ => self.told_apart(listed),
        });
        // A phrase that plainly was said is none, so that nobody has to look.
        let is_plain =
            |(_, view): &(Verdict, View)| view.transcript.phrase.is_some() && view.transcript.confidence >= PLAIN;
        let begun = (!told_apart.as_ref().is_some_and(is_plain))
            .then(|| self.begun_request())
            .flatten();
        let is_only_begun = |(begun, _): &(Verdict, View)| {
            told_apart
                .as_ref()
                .is_none_or(|(listed, _)| begun.goodness() > listed.goodness())
        };
        if let Some((_, view)) = begun.filter(is_only_begun) {
            return view;
        }
        let least = told_apart
            .as_ref()
            .map_or(ACCEPTED, |(verdict, view)| self.accepted(view, verdict.courteous));
        match told_apart.map(|(_, view)| self.worded(view)) {
            Some(view) if view.transcript.confidence >= least => view,
            rejected => View::unlisted(&self.open, rejected.map_or(0.0, |view| view.transcript.confidence)),
        }
    }

    /// The beginning of a request ("I would like") and nothing else: whatever the step expects, more is to come.
    fn begun_request(&self) -> Option<(Verdict, View)> {
        let Expectation {
            courtesies, language, ..
        } = self.expectation;
        // After a greeting, too, but after no other request.
        let around = Courtesies {
            requests: Vec::new(),
            after: Vec::new(),
            ..courtesies.clone()
        };
        let requests: Vec<&[SpokenWord]> = courtesies.requests.iter().map(|request| &request[..]).collect();
        let network = PhraseNetwork::new(&requests, &around);
        let mut trellis = network.search();
        for frame in self.scores {
            trellis.advance(frame);
        }
        let begun = network.nearest(&trellis).filter(Reading::is_possible)?.phrase;
        let laid = self.lay_among(requests[begun], Reach::End { extendable: false }, false, &around)?;
        let verdict = Verdict {
            begun: true,
            ..laid.verdict
        };
        let mut before = laid.before.clone();
        before.push(courtesies.greetings.len() + begun);
        let transcript = Transcript {
            text: self.expectation.text("", &before, None).0.trim_end().to_owned(),
            confidence: verdict.confidence(*language),
            words: laid.timings(),
            ..Transcript::default()
        };
        let fit = Fit::Beginning;
        (transcript.confidence >= ACCEPTED).then_some((verdict, View { transcript, fit }))
    }

    /// What was heard, of those phrases that are the same but for the value that they name; nothing if that can't be told, or if none of their
    /// values is what was said: no lesson goes on with a value that nobody named. Of a beginning nobody can tell.
    fn told_apart(&self, listed: (Verdict, View)) -> Option<(Verdict, View)> {
        let Expectation { phrases, spoken, .. } = self.expectation;
        let Some(heard) = listed.1.transcript.phrase else {
            return Some(listed);
        };
        let mut others = self.expectation.others_like(heard).peekable();
        if others.peek().is_none() {
            return Some(listed);
        }
        let ends: Vec<f32> = phrases.end_scores(&self.trellis).collect();
        let fit = self.fit_beside(heard, &ends);
        let all = others.chain(std::iter::once(heard));
        let mut alike: Vec<(usize, f32)> = all.map(|phrase| (phrase, fit(phrase))).collect();
        alike.sort_by(|a, b| b.1.total_cmp(&a.1));
        let [(best, most), (next, less), ..] = alike[..] else {
            return Some(listed);
        };
        let named = self.expectation.differing(best, next);
        let laid = self.lay(&spoken[best], Reach::End { extendable: false });
        let goodness = laid.and_then(|laid| laid.alignment.goodness_of(named));
        let lead = most - less;
        // Most people say what is suggested to them.
        let is_likely = self.expectation.instead_of[best].is_none() && lead >= CLEAR_LEAD;
        let is_borne_out = slips::is_borne_out(goodness) || is_likely && goodness >= Some(LEAST_GOODNESS_OF_SUGGESTED);
        let least = match self.expectation.instead_of[best] {
            None => LEAST_LEAD,
            Some(_) => LEAST_LEAD_OF_OTHERS,
        };
        if lead < least || !is_borne_out {
            return None;
        }
        if best == heard {
            return Some(listed);
        }
        let extendable = matches!(listed.1.fit, Fit::Extendable { .. });
        Some(self.listed(&Reading {
            phrase: best,
            score: ends[best],
            reach: Reach::End { extendable },
        }))
    }

    /// How well phrases fit that end with these scores, in log-likelihoods: each with as much freedom as if it had as many sounds as `heard`.
    fn fit_beside<'b>(&'b self, heard: usize, ends: &'b [f32]) -> impl Fn(usize) -> f32 + 'b {
        let spoken = &self.expectation.spoken;
        let sounds = sounds_of(&spoken[heard]) as f32;
        move |phrase| ends[phrase] - sounds * slips::freedom_of_a_sound(&spoken[phrase])
    }

    /// The whole phrase that fits best, whether it is accepted or not, and how well it fits: also one that falls far behind what is
    /// begun.
    pub(super) fn nearest(&self) -> Option<(usize, Verdict)> {
        let nearest = self.nearest_of_all()?;
        let (verdict, _) = self.listed(&nearest);
        Some((nearest.phrase, verdict))
    }

    /// The variants of the nearest phrase, each with how much better than the phrase it fits, in log-likelihoods.
    pub(super) fn margins(&self) -> Vec<(String, f32)> {
        let Some(nearest) = self.nearest_of_all() else {
            return Vec::new();
        };
        let (words, variants) = self.expectation.with_variants_of(nearest.phrase);
        let margins = slips::margins(words, &variants, &self.expectation.courtesies, self.scores);
        let texts = variants.iter().map(|variant| variant.text.clone());
        texts.zip(margins).collect()
    }

    /// The whole phrase that fits best, none given up.
    fn nearest_of_all(&self) -> Option<Reading> {
        let phrases = &self.expectation.phrases;
        let mut trellis = Trellis::new(Arc::clone(phrases.network()));
        for frame in self.scores {
            trellis.advance(frame);
        }
        phrases.nearest(&trellis)
    }

    fn rivals(&self) -> Rivals<'_> {
        Rivals {
            free: &self.free,
            open: &self.open.scores,
        }
    }

    /// What was heard; of a phrase that ends the conversation and doesn't clearly win, another that fits nearly as well instead,
    /// or nothing. Nobody who assents ("oui, ...") takes their leave; who greets or begins with "alors" may. Nor does whoever may have begun a request:
    /// "je voudrais" is much like "au revoir".
    fn unless_leaving(&self, listed: (Verdict, View)) -> Option<(Verdict, View)> {
        let Expectation { phrases, leaves, .. } = self.expectation;
        let Some(leaving) = listed.1.transcript.phrase.filter(|&phrase| leaves[phrase]) else {
            return Some(listed);
        };
        let own = phrases.nearest_of(&self.trellis, |phrase| phrase == leaving)?;
        let Some(other) = phrases.nearest_of(&self.trellis, |phrase| !leaves[phrase]) else {
            return Some(listed);
        };
        // Whoever says but "goodbye" is silent for longer than they speak, and silence fits all phrases alike.
        let speech = self.speech();
        let margin = (own.score - other.score) / speech.max(1) as f32;
        let is_request = |begun: (Verdict, View)| begun.0.goodness() > listed.0.goodness() - REQUEST_MARGIN;
        if self.begun_request().is_some_and(is_request) {
            return None;
        }
        if margin >= CLEAR && !self.is_assented_to(leaving) {
            return Some(listed);
        }
        (margin <= NEAR).then(|| self.listed(&other))
    }

    /// Whether an assent was plainly said before a phrase.
    fn is_assented_to(&self, phrase: usize) -> bool {
        let laid = self.lay(&self.expectation.spoken[phrase], Reach::End { extendable: false });
        let courtesies = courtesy::before(self.expectation.language);
        let is_assent = |number: &usize| matches!(courtesies[*number], Before::Assent(_));
        laid.is_some_and(|laid| laid.before.iter().any(is_assent))
    }

    /// A phrase as it was worded, if that can be told: with the slip that was heard in it. It is then as sure as either is that
    /// this phrase was meant.
    fn worded(&self, mut view: View) -> View {
        let Some(phrase) = view.transcript.phrase.filter(|_| view.transcript.confidence >= WEIGHED) else {
            return view;
        };
        let Expectation {
            courtesies, language, ..
        } = self.expectation;
        let (words, variants) = self.expectation.with_variants_of(phrase);
        // Nobody has said right what they left out.
        let is_said = |word: &SpokenWord| view.transcript.words.iter().any(|said| said.word == word.text);
        let left_out = words.iter().position(|word| word.is_optional && !is_said(word));
        let is_in_question = |variant: &&SpokenVariant| left_out.is_none_or(|from| variant.place.end <= from);
        let variants: Vec<SpokenVariant> = variants.iter().filter(is_in_question).cloned().collect();
        let mut weighed = slips::weigh(words, &variants, courtesies, *language, self.scores);
        // Of the words around another value than the answer's own nobody knows what learners get wrong.
        weighed.places += usize::from(self.expectation.instead_of[phrase].is_some());
        view.transcript.wording = Wording {
            slips: Vec::new(),
            right: weighed.right,
            contested: weighed.places,
        };
        let Some((number, margin)) = weighed.likeliest else {
            return view;
        };
        let variant = &variants[number];
        let slipped = self.lay(&variant.words, Reach::End { extendable: false });
        let is_borne_out = |laid: &Laid| slips::is_borne_out(laid.alignment.goodness_of(variant.changed.clone()));
        let Some(laid) = slipped.filter(is_borne_out) else {
            return view;
        };
        let (text, start) = self.said(&variant.text, &laid);
        let own = OwnWords {
            at: variant.at.start + start..variant.at.end + start,
            confidence: slips::confidence(margin, *language),
        };
        view.transcript = Transcript {
            text,
            phrase: Some(phrase),
            confidence: view.transcript.confidence.max(laid.verdict.confidence(*language)),
            words: laid.timings(),
            wording: Wording {
                slips: vec![own],
                right: weighed.right,
                contested: weighed.places,
            },
        };
        view
    }

    /// Frames in which anybody spoke.
    fn speech(&self) -> usize {
        self.free.iter().filter(|free| free.phone != Phone::SILENCE).count()
    }

    /// The phrase that was said, or the one that was begun. A last word that was said badly is still a last word: only if a whole
    /// phrase fits clearly worse is it a beginning.
    pub(super) fn best_listed(&self) -> Option<(Verdict, View)> {
        let phrases = &self.expectation.phrases;
        let reading = phrases.read(&self.trellis)?;
        let best = self.listed(&reading);
        if let Reach::Within(node) = reading.reach
            && let Some(whole) = phrases.nearest(&self.trellis).filter(Reading::is_possible)
        {
            // Most people say what is suggested to them: they have said that rather than begun what nobody suggests.
            let instead_of = &self.expectation.instead_of;
            let is_likelier = instead_of[reading.phrase].is_some() && instead_of[whole.phrase].is_none();
            let is_same = whole.phrase == reading.phrase || is_likelier;
            let begun = phrases.words_until(reading.phrase, node);
            let words = [
                &self.expectation.spoken[reading.phrase][..begun.max(1)],
                &self.expectation.spoken[whole.phrase],
            ];
            let are_tiny =
                begun <= 1 && words.iter().all(|words| sounds_of(words) <= TINY) && self.speech() <= TINY_SPEECH;
            let whole = self.listed(&whole);
            // The bad word is one of the phrase that was begun; any other phrase has to fit better than what was begun. But whoever says so
            // little and no more has more likely said an answer ("sì") than begun another ("più lentamente").
            let is_word = are_tiny && whole.1.transcript.confidence >= ACCEPTED;
            let margin = if is_word {
                ONE_WORD_MARGIN
            } else if is_same {
                BEGINNING_MARGIN
            } else {
                0.0
            };
            if whole.0.goodness() > best.0.goodness() - margin {
                return Some(whole);
            }
        }
        Some(best)
    }

    /// The best phrase, laid over the sound by itself.
    fn listed(&self, reading: &Reading) -> (Verdict, View) {
        let words = &self.expectation.spoken[reading.phrase];
        let is_short = self.expectation.is_short(reading.phrase);
        let Some(laid) = self.lay_with(words, reading.reach, is_short) else {
            return (Verdict::NOTHING, View::nothing());
        };
        let (text, phrase, fit) = match reading.reach {
            Reach::End { extendable } => {
                let own = &self.expectation.texts[reading.phrase];
                let (text, _) = self.said(own, &laid);
                let fit = match extendable {
                    // Who goes on in other words does so at once.
                    _ if laid.leaves_out && laid.after.is_none() => Fit::Extendable { politely: true },
                    true => Fit::Extendable { politely: false },
                    false => Fit::Complete,
                };
                (text, Some(reading.phrase), fit)
            }
            Reach::Within(node) => {
                let words = self.expectation.phrases.words_until(reading.phrase, node);
                (self.expectation.beginning(reading.phrase, words), None, Fit::Beginning)
            }
        };
        let transcript = Transcript {
            text,
            phrase,
            confidence: laid.verdict.confidence(self.expectation.language),
            words: laid.timings(),
            wording: Wording::default(),
        };
        (laid.verdict, View { transcript, fit })
    }

    /// A phrase or one of its variants as it was said: with what was said around it and without what was left out; and where it begins.
    fn said(&self, words: &str, laid: &Laid) -> (String, usize) {
        let left_out = laid
            .leaves_out
            .then(|| courtesy::without_politeness(self.expectation.language, words))
            .flatten();
        let words = left_out.as_deref().unwrap_or(words);
        self.expectation.text(words, &laid.before, laid.after)
    }
}

impl View {
    /// Speech that is nothing of what is expected. Its words are not known, and none are made up.
    fn unlisted(open: &OpenReading, confidence: f32) -> Self {
        Self {
            transcript: Transcript {
                text: if open.is_speech {
                    UNHEARD.to_owned()
                } else {
                    String::new()
                },
                confidence: if open.is_speech { confidence } else { 0.0 },
                ..Transcript::default()
            },
            fit: Fit::Unlisted { open: open.is_open },
        }
    }

    pub(super) fn nothing() -> Self {
        Self {
            transcript: Transcript::default(),
            fit: Fit::Unlisted { open: false },
        }
    }
}

/// How many sounds words have.
fn sounds_of(words: &[SpokenWord]) -> usize {
    words.iter().map(|word| word.sounds.len()).sum()
}

/// The confidence from which a phrase is taken as said.
const ACCEPTED: f32 = 0.5;
/// How much better than all others a phrase that ends the conversation must fit, in log-likelihoods a frame of speech.
const CLEAR: f32 = 0.65;
/// How little better it may fit than another for that to be what was said.
const NEAR: f32 = 0.15;
/// How much worse the goodness of a begun request may be than that of a phrase that ends the conversation, and yet be what was said.
const REQUEST_MARGIN: f32 = 0.3;
/// The confidence from which a phrase is held against its variants: one of them may be what makes it fit.
const WEIGHED: f32 = 0.2;
/// How much better the goodness of a beginning must be than that of a whole phrase: less than one short word that is missing.
const BEGINNING_MARGIN: f32 = 0.3;
/// The same where no more than a word was begun, and neither it nor the whole phrase has more sounds than [`TINY`].
const ONE_WORD_MARGIN: f32 = 1.0;
/// Sounds of a tiny word, at most ("sì", "no").
const TINY: usize = 3;
/// Frames of speech that a tiny word takes, at most: 700 ms. Of a whole sentence it is no more than the end ("Baisse un peu la musique" is no "oui").
const TINY_SPEECH: usize = FRAME_RATE * 70 / 100;
/// How much better a suggested answer must fit than one that names another value, in log-likelihoods.
const LEAST_LEAD: f32 = 6.0;
/// The same of an answer with another value than is suggested, which fewer people say. Those that are said lead by 70 and more, mostly. It
/// doesn't save every value that is said badly: "deux" as [du] is "trois" by more than that.
const LEAST_LEAD_OF_OTHERS: f32 = 20.0;
/// From which lead on the value of a suggested answer may fit worse by itself than others, in log-likelihoods.
const CLEAR_LEAD: f32 = 25.0;
/// How well it has to fit then, a frame: the vowels of French and German are far from those of the model.
const LEAST_GOODNESS_OF_SUGGESTED: f32 = -3.6;
/// The confidence from which a phrase was plainly said, and a greeting or thanks is shown.
const PLAIN: f32 = 0.85;

#[cfg(test)]
pub(super) mod tests;
