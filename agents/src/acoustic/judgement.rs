//! What a whole utterance is: which of the expected phrases, how it was worded, or none of them.

mod short_answers;

use std::sync::Arc;

use super::alignment::Alignment;
use super::courtesy::{self, Before};
use super::evidence::{self, Side};
use super::expectation::Expectation;
use super::likelihood::StateScores;
use super::listening::FRAME_RATE;
use super::open_reading::OpenReading;
use super::phone::Phone;
use super::phone_loop::{FreeFrame, phone_loop};
use super::phrases::{PhraseNetwork, Reach, Reading};
use super::pronunciation::SpokenWord;
use super::recognizer::View;
use super::slips;
use super::trellis::{Span, Trellis};
use super::verdict::{Rivals, Verdict, courtesy_confidence, goodness};
use crate::engine::{Fit, OwnWords, Transcript, UNHEARD, WordTiming, Wording};

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
        let requests = courtesy::before(*language).iter().zip(&courtesies.before);
        let requests = requests.filter(|(before, _)| matches!(before, Before::Request(_)));
        let begun = requests.filter_map(|(before, words)| {
            let laid = self.lay(words, Reach::End { extendable: false })?;
            let verdict = Verdict {
                begun: true,
                ..laid.verdict
            };
            let transcript = Transcript {
                text: courtesy::around("", Some(*before), None).trim_end().to_owned(),
                confidence: verdict.confidence(*language),
                words: laid.timings(),
                ..Transcript::default()
            };
            let fit = Fit::Beginning;
            Some((verdict, View { transcript, fit }))
        });
        begun
            .filter(|(_, view)| view.transcript.confidence >= ACCEPTED)
            .max_by(|(a, _), (b, _)| a.goodness().total_cmp(&b.goodness()))
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
        let extendable = listed.1.fit == Fit::Extendable;
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
    /// or nothing. Nobody who assents ("oui, ...") takes their leave; who greets or begins with "alors" may.
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
        if margin >= CLEAR && !self.is_assented_to(leaving) {
            return Some(listed);
        }
        (margin <= NEAR).then(|| self.listed(&other))
    }

    /// Whether an assent was plainly said before a phrase.
    fn is_assented_to(&self, phrase: usize) -> bool {
        let laid = self.lay(&self.expectation.spoken[phrase], Reach::End { extendable: false });
        let before = laid.and_then(|laid| laid.before);
        before.is_some_and(|number| matches!(courtesy::before(self.expectation.language)[number], Before::Assent(_)))
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
        let (text, start) = self.expectation.text(&variant.text, laid.before, laid.after);
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
                let (text, _) = self.expectation.text(own, laid.before, laid.after);
                let fit = if extendable { Fit::Extendable } else { Fit::Complete };
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

    /// The words of a phrase, laid over the sound by themselves.
    fn lay(&self, words: &[SpokenWord], reach: Reach) -> Option<Laid> {
        self.lay_with(words, reach, false)
    }

    /// The same of a short answer, perhaps: a "please" that was plainly said after it bears it out. A longer one needs none, and much else may
    /// be taken for it.
    fn lay_with(&self, words: &[SpokenWord], reach: Reach, is_short: bool) -> Option<Laid> {
        let alone = PhraseNetwork::new(&[words], &self.expectation.courtesies);
        let mut trellis = Trellis::new(Arc::clone(alone.network()));
        let trail = trellis.advance_recording(self.scores);
        let own = match reach {
            Reach::End { .. } => alone.nearest(&trellis),
            Reach::Within(_) => alone.read(&trellis),
        }?;
        let path = trail.path(&trellis, self.scores, alone.ending(&own, &trellis));
        let alignment = Alignment::of_path(&path, words, &self.free);
        let before = self.courtesy(alone.courtesy_before(&path));
        let thanks = alone.courtesy_after(own.phrase, &path);
        let after = self.courtesy(thanks);
        let polite = thanks.map(|(_, spans)| spans);
        let polite = polite
            .filter(|_| is_short && after.as_ref().is_some_and(Courtesy::is_plain))
            .unwrap_or_default();
        let shown = |side, courtesy: Option<Courtesy>| {
            let courtesies = &self.expectation.courtesies;
            let is_said = |_: &Courtesy| evidence::has_courtesy(side, own.score, words, courtesies, self.scores);
            let plain = courtesy.filter(Courtesy::is_plain).filter(is_said);
            plain.map(|courtesy| courtesy.number)
        };
        Some(Laid {
            verdict: Verdict {
                courteous: before.is_some(),
                begun: matches!(reach, Reach::Within(_)),
                ..Verdict::of(&path, &alignment, words, polite, self.rivals())
            },
            before: shown(Side::Before, before),
            after: shown(Side::After, after),
            alignment,
        })
    }

    /// The courtesy on a part of a path, if it fits at all: a breath is no "hi".
    fn courtesy(&self, courtesy: Option<(usize, &[Span])>) -> Option<Courtesy> {
        let (number, path) = courtesy?;
        let confidence = courtesy_confidence(goodness(path, &self.free), self.expectation.language);
        (confidence >= ACCEPTED).then_some(Courtesy { number, confidence })
    }
}

/// A greeting or thanks beside a phrase.
#[derive(Clone, Copy)]
struct Courtesy {
    number: usize,
    confidence: f32,
}

impl Courtesy {
    /// Whether it is sure enough to be shown.
    fn is_plain(&self) -> bool {
        self.confidence >= PLAIN
    }
}

/// Words laid over sound.
struct Laid {
    verdict: Verdict,
    alignment: Alignment,
    /// The courtesies around them that are sure enough to be shown, by their numbers.
    before: Option<usize>,
    after: Option<usize>,
}

impl Laid {
    /// When each word was said, of those that were.
    fn timings(&self) -> Vec<WordTiming> {
        let mut words = self.alignment.timings();
        words.retain(|word| word.end > word.start);
        words
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
const CLEAR_LEAD: f32 = 30.0;
/// How well it has to fit then, a frame: the vowels of French and German are far from those of the model.
const LEAST_GOODNESS_OF_SUGGESTED: f32 = -3.6;
/// The confidence from which a phrase was plainly said, and a greeting or thanks is shown.
const PLAIN: f32 = 0.85;

#[cfg(test)]
pub(super) mod tests;
