//! The recogniser of one utterance: sound in, partial guesses, a view at a pause, a final transcript.

use std::sync::Arc;

use super::alignment::Alignment;
use super::expectation::Expectation;
use super::likelihood::StateScores;
use super::listening::{FRAME_RATE, Listening};
use super::model::AcousticModel;
use super::open_reading::OpenReading;
use super::phone_loop::{FreeFrame, FreeScore, phone_loop};
use super::phrases::{PhraseNetwork, Reach, Reading};
use super::pronunciation::SpokenWord;
use super::slips;
use super::trellis::{Span, Trellis};
use super::verdict::{Rivals, Verdict, courtesy_confidence, goodness};
use crate::engine::{Fit, OwnWords, Transcript, UNHEARD, WordTiming, Wording};

/// Recognises one utterance. Pure computation: no clock, no process, no thread.
pub struct Recognizer {
    expectation: Arc<Expectation>,
    listening: Listening,
    /// The search that runs along while the person speaks.
    live: Trellis,
    /// What any phones make of the same.
    free: FreeScore,
    live_frames: usize,
    next_partial: usize,
    partial: String,
    /// The last view and the frame that it was made at.
    view: Option<(usize, View)>,
    scores: Vec<StateScores>,
}

/// What was said so far, and how it fits.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// What was said.
    pub transcript: Transcript,
    /// How it fits what is expected.
    pub fit: Fit,
}

impl Recognizer {
    /// A recogniser that has heard nothing.
    pub fn new(expectation: Arc<Expectation>) -> Self {
        Self {
            listening: Listening::new(AcousticModel::embedded()),
            live: Trellis::new(Arc::clone(expectation.phrases.network())),
            free: FreeScore::new(),
            live_frames: 0,
            next_partial: PARTIAL_EVERY,
            partial: String::new(),
            view: None,
            scores: Vec::new(),
            expectation,
        }
    }

    /// Hears more samples, mono at 16 kHz.
    pub fn hear(&mut self, pcm: &[i16]) {
        self.listening.hear(pcm);
        // Few frames at a time would make the scoring read the whole model for each.
        if self.listening.settled_frames() >= self.live_frames + LIVE_BLOCK {
            self.search_live();
        }
    }

    /// A new guess, at most every 300 ms, if it differs from the last. Nothing while any sounds fit better than what is expected.
    pub fn poll_partial(&mut self) -> Option<String> {
        if self.live_frames < self.next_partial {
            return None;
        }
        self.next_partial = self.live_frames + PARTIAL_EVERY;
        let reading = self.expectation.phrases.read(&self.live)?;
        if reading.score < self.free.best() {
            return None;
        }
        let text = match reading.reach {
            Reach::End { .. } => self.expectation.texts[reading.phrase].clone(),
            Reach::Within(node) => {
                let words = self.expectation.phrases.words_until(reading.phrase, node);
                self.expectation.beginning(reading.phrase, words)
            }
        };
        if text.is_empty() || text == self.partial {
            return None;
        }
        self.partial.clone_from(&text);
        Some(text)
    }

    /// Everything heard so far, judged with the exact mean of the utterance.
    pub fn view(&mut self) -> View {
        let frames = self.listening.frames();
        if let Some((at, view)) = &self.view
            && !self.spoke_since(*at)
        {
            return view.clone();
        }
        let view = if self.listening.level_range_db() < SPEECH_RANGE_DB {
            View::nothing()
        } else {
            let mut scores = std::mem::take(&mut self.scores);
            self.listening.exact(&mut scores);
            let view = self.judge(&scores);
            self.scores = scores;
            view
        };
        self.view = Some((frames, view.clone()));
        view
    }

    /// The whole phrase that fits best, whether it is accepted or not, and how well it fits.
    pub fn nearest(&mut self) -> Option<(usize, Verdict)> {
        let mut scores = Vec::new();
        self.listening.exact(&mut scores);
        let trellis = self.search(&scores);
        let nearest = self.expectation.phrases.nearest(&trellis)?;
        let (free, open) = self.rivals(&scores);
        let (verdict, _) = self.listed(
            &nearest,
            &scores,
            Rivals {
                free: &free,
                open: &open.scores,
            },
        );
        Some((nearest.phrase, verdict))
    }

    /// What would be taken as said if nothing were rejected, and what speaks for it: what rejection is fitted on.
    pub fn unrejected(&mut self) -> Option<(Verdict, View)> {
        let mut scores = Vec::new();
        self.listening.exact(&mut scores);
        let (free, open) = self.rivals(&scores);
        let rivals = Rivals {
            free: &free,
            open: &open.scores,
        };
        self.best_listed(&self.search(&scores), &scores, rivals)
    }

    fn rivals(&self, scores: &[StateScores]) -> (Vec<FreeFrame>, OpenReading) {
        let open = OpenReading::of(&self.expectation, scores);
        (phone_loop(scores), open)
    }

    /// The variants of the nearest phrase, each with how much better than the phrase it fits, in log-likelihoods.
    pub fn margins(&mut self) -> Vec<(String, f32)> {
        let mut scores = Vec::new();
        self.listening.exact(&mut scores);
        let Some(nearest) = self.expectation.phrases.nearest(&self.search(&scores)) else {
            return Vec::new();
        };
        let (words, variants) = self.expectation.with_variants_of(nearest.phrase);
        let margins = slips::margins(words, variants, &self.expectation.courtesies, &scores);
        let texts = variants.iter().map(|variant| variant.text.clone());
        texts.zip(margins).collect()
    }

    fn search_live(&mut self) {
        self.listening.provisional(self.live_frames, &mut self.scores);
        for scores in &self.scores {
            self.live.advance(scores);
            self.free.advance(scores);
        }
        self.live_frames += self.scores.len();
    }

    /// Whether anything louder than the silence around it came after `pause`. The first pause may have been asked about while a
    /// word still faded, so the silence is what is faintest from there until now.
    fn spoke_since(&self, pause: usize) -> bool {
        let frames = self.listening.frames();
        let level = |frame| self.listening.level_db(frame);
        let mut around: Vec<f32> = (pause.saturating_sub(FRAME_RATE / 10)..frames).map(level).collect();
        around.sort_by(f32::total_cmp);
        let Some(silence) = around.get(around.len() / 10) else {
            return false;
        };
        let louder = (pause..frames)
            .filter(|&frame| level(frame) > silence + SPEECH_MARGIN_DB)
            .count();
        louder >= SPEECH_FRAMES
    }

    fn judge(&self, scores: &[StateScores]) -> View {
        let (free, open) = self.rivals(scores);
        let rivals = Rivals {
            free: &free,
            open: &open.scores,
        };
        let listed = self.best_listed(&self.search(scores), scores, rivals);
        match listed.map(|(_, view)| self.worded(view, scores, rivals)) {
            Some(view) if view.transcript.confidence >= ACCEPTED => view,
            rejected => View::unlisted(&open, rejected.map_or(0.0, |view| view.transcript.confidence)),
        }
    }

    /// A phrase as it was worded, if that can be told: with the slip that was heard in it. It is then as sure as either is that
    /// this phrase was meant.
    fn worded(&self, mut view: View, scores: &[StateScores], rivals: Rivals<'_>) -> View {
        let Some(phrase) = view.transcript.phrase.filter(|_| view.transcript.confidence >= WEIGHED) else {
            return view;
        };
        let Expectation {
            courtesies, language, ..
        } = &*self.expectation;
        let (words, variants) = self.expectation.with_variants_of(phrase);
        let weighed = slips::weigh(words, variants, courtesies, *language, scores);
        view.transcript.wording.right = weighed.right;
        let Some((number, margin)) = weighed.likeliest else {
            return view;
        };
        let variant = &variants[number];
        let slipped = self.lay(&variant.words, Reach::End { extendable: false }, scores, rivals);
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
            },
        };
        view
    }

    /// The phrase that was said, or the one that was begun. A last word that was said badly is still a last word: only if a whole
    /// phrase fits clearly worse is it a beginning.
    fn best_listed(&self, trellis: &Trellis, scores: &[StateScores], rivals: Rivals<'_>) -> Option<(Verdict, View)> {
        let phrases = &self.expectation.phrases;
        let reading = phrases.read(trellis)?;
        let best = self.listed(&reading, scores, rivals);
        if let Reach::Within(_) = reading.reach
            && let Some(whole) = phrases.nearest(trellis)
        {
            // The bad word is one of the phrase that was begun; any other phrase has to fit better than what was begun.
            let margin = if whole.phrase == reading.phrase {
                BEGINNING_MARGIN
            } else {
                0.0
            };
            let whole = self.listed(&whole, scores, rivals);
            if whole.0.goodness() > best.0.goodness() - margin {
                return Some(whole);
            }
        }
        Some(best)
    }

    fn search(&self, scores: &[StateScores]) -> Trellis {
        let mut trellis = Trellis::new(Arc::clone(self.expectation.phrases.network()));
        for frame in scores {
            trellis.advance(frame);
        }
        trellis
    }

    /// The best phrase, laid over the sound by itself.
    fn listed(&self, reading: &Reading, scores: &[StateScores], rivals: Rivals<'_>) -> (Verdict, View) {
        let words = &self.expectation.spoken[reading.phrase];
        let Some(laid) = self.lay(words, reading.reach, scores, rivals) else {
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
    fn lay(&self, words: &[SpokenWord], reach: Reach, scores: &[StateScores], rivals: Rivals<'_>) -> Option<Laid> {
        let alone = PhraseNetwork::new(&[words], &self.expectation.courtesies);
        let mut trellis = Trellis::new(Arc::clone(alone.network()));
        let trail = trellis.advance_recording(scores);
        let own = match reach {
            Reach::End { .. } => alone.nearest(&trellis),
            Reach::Within(_) => alone.read(&trellis),
        }?;
        let path = trail.path(&trellis, scores, alone.ending(&own, &trellis));
        let alignment = Alignment::of_path(&path, words, rivals.free);
        let before = self.courtesy(alone.courtesy_before(&path), rivals.free);
        let after = self.courtesy(alone.courtesy_after(own.phrase, &path), rivals.free);
        let shown = |courtesy: Option<Courtesy>| courtesy.filter(Courtesy::is_plain).map(|courtesy| courtesy.number);
        Some(Laid {
            verdict: Verdict {
                courteous: before.is_some(),
                begun: matches!(reach, Reach::Within(_)),
                ..Verdict::of(&path, &alignment, words, rivals)
            },
            before: shown(before),
            after: shown(after),
            alignment,
        })
    }

    /// The courtesy on a part of a path, if it fits at all: a breath is no "hi".
    fn courtesy(&self, courtesy: Option<(usize, &[Span])>, free: &[FreeFrame]) -> Option<Courtesy> {
        let (number, path) = courtesy?;
        let confidence = courtesy_confidence(goodness(path, free), self.expectation.language);
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

    fn nothing() -> Self {
        Self {
            transcript: Transcript::default(),
            fit: Fit::Unlisted { open: false },
        }
    }
}

/// The confidence from which a phrase is taken as said.
const ACCEPTED: f32 = 0.5;
/// The confidence from which a phrase is held against its variants: one of them may be what makes it fit.
const WEIGHED: f32 = 0.2;
/// How much better the goodness of a beginning must be than that of a whole phrase: less than one short word that is missing.
const BEGINNING_MARGIN: f32 = 0.3;
/// Frames between partial guesses: 300 ms.
const PARTIAL_EVERY: usize = 3 * FRAME_RATE / 10;
/// Frames that the live search takes at once.
const LIVE_BLOCK: usize = 8;
/// What moves less than this is no speech.
const SPEECH_RANGE_DB: f32 = 8.0;
/// What is this much louder than the pause is speech again.
const SPEECH_MARGIN_DB: f32 = 9.0;
/// Loud frames that make speech, not a click.
const SPEECH_FRAMES: usize = 5;
/// The confidence from which a greeting or thanks is shown.
const PLAIN: f32 = 0.85;

#[cfg(test)]
mod tests;
