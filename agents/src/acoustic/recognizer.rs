//! The recogniser of one utterance: sound in, partial guesses, a view at a pause, a final transcript.

use std::sync::Arc;

use super::expectation::Expectation;
use super::judgement::Judgement;
use super::likelihood::StateScores;
use super::listening::{FRAME_RATE, Listening};
use super::model::AcousticModel;
use super::phone_loop::FreeScore;
use super::phrases::Reach;
use super::trellis::Trellis;
use super::verdict::Verdict;
use crate::engine::{Fit, Transcript};

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
    /// The last guess, whole, and what was told of guesses.
    guess: String,
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
            listening: Listening::new(AcousticModel::embedded()).with_dither(DITHER),
            live: expectation.phrases.search(),
            free: FreeScore::new(),
            live_frames: 0,
            next_partial: PARTIAL_EVERY,
            guess: String::new(),
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

    /// A new guess, at most every 300 ms, if it differs from the last: the words with which two in a row begin (local agreement: Liu et
    /// al. 2020), since the first sounds of one answer are like those of others. Nothing while any sounds fit better than what is expected.
    pub fn poll_partial(&mut self) -> Option<String> {
        if self.live_frames < self.next_partial {
            return None;
        }
        self.next_partial = self.live_frames + PARTIAL_EVERY;
        let before = std::mem::take(&mut self.guess);
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
        let agreed = agreed(&before, &text).to_owned();
        self.guess = text;
        if agreed.is_empty() || agreed == self.partial {
            return None;
        }
        self.partial.clone_from(&agreed);
        Some(agreed)
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
            let view = Judgement::of(&self.expectation, &scores).view();
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
        Judgement::of(&self.expectation, &scores).nearest()
    }

    /// What would be taken as said if nothing were rejected, and what speaks for it: what rejection is fitted on.
    pub fn unrejected(&mut self) -> Option<(Verdict, View)> {
        let mut scores = Vec::new();
        self.listening.exact(&mut scores);
        Judgement::of(&self.expectation, &scores).best_listed()
    }

    /// The variants of the nearest phrase, each with how much better than the phrase it fits, in log-likelihoods.
    pub fn margins(&mut self) -> Vec<(String, f32)> {
        let mut scores = Vec::new();
        self.listening.exact(&mut scores);
        Judgement::of(&self.expectation, &scores).margins()
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
}

/// The words with which both begin.
fn agreed<'a>(guess: &'a str, next: &str) -> &'a str {
    let same = guess
        .split(' ')
        .zip(next.split(' '))
        .take_while(|(one, other)| one == other);
    let length: usize = same.map(|(word, _)| word.len() + 1).sum();
    &guess[..length.saturating_sub(1)]
}

/// Half the range of the noise that is added to what is heard, in units of a 16-bit sample: about -66 dBFS. Where noise suppression
/// leaves nothing between the words, they fit as they do in a quiet room, which the model and the weights of rejection know.
const DITHER: f32 = 30.0;
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

#[cfg(test)]
mod tests;
