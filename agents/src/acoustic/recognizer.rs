//! The recogniser of one utterance: sound in, partial guesses, a view at a pause, a final transcript.

use std::sync::Arc;

use super::alignment::Alignment;
use super::courtesy;
use super::expectation::Expectation;
use super::likelihood::StateScores;
use super::listening::{FRAME_RATE, Listening};
use super::model::AcousticModel;
use super::phone_loop::{FreeFrame, phone_loop};
use super::phrases::{PhraseNetwork, Reach, Reading};
use super::pronunciation::SpokenWord;
use super::slips;
use super::trellis::{Span, Trellis};
use super::verdict::{Verdict, confidence, goodness};
use crate::engine::{Fit, OwnWords, Transcript, Wording};

/// Recognises one utterance. Pure computation: no clock, no process, no thread.
pub struct Recognizer {
    expectation: Arc<Expectation>,
    listening: Listening,
    /// The search that runs along while the person speaks.
    live: Trellis,
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

    /// A new guess, at most every 300 ms, if it differs from the last.
    pub fn poll_partial(&mut self) -> Option<String> {
        if self.live_frames < self.next_partial {
            return None;
        }
        self.next_partial = self.live_frames + PARTIAL_EVERY;
        let reading = self.expectation.phrases.read(&self.live)?;
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
        let (verdict, _) = self.listed(&nearest, &scores, &phone_loop(&scores));
        Some((nearest.phrase, verdict))
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
        let free = phone_loop(scores);
        let listed = self.best_listed(&self.search(scores), scores, &free);
        match listed {
            Some((_, view)) if view.transcript.confidence >= ACCEPTED => view,
            _ => self.unlisted(scores, &free),
        }
    }

    /// The phrase that was said, or the one that was begun. A last word that was said badly is still a last word: only if a whole
    /// phrase fits clearly worse is it a beginning.
    fn best_listed(&self, trellis: &Trellis, scores: &[StateScores], free: &[FreeFrame]) -> Option<(Verdict, View)> {
        let phrases = &self.expectation.phrases;
        let reading = phrases.read(trellis)?;
        let best = self.listed(&reading, scores, free);
        if let Reach::Within(_) = reading.reach
            && let Some(whole) = phrases.nearest(trellis)
        {
            // The bad word is one of the phrase that was begun; any other phrase has to fit better than what was begun.
            let margin = if whole.phrase == reading.phrase {
                BEGINNING_MARGIN
            } else {
                0.0
            };
            let whole = self.listed(&whole, scores, free);
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
    fn listed(&self, reading: &Reading, scores: &[StateScores], free: &[FreeFrame]) -> (Verdict, View) {
        let (words, variants) = self.expectation.with_variants_of(reading.phrase);
        let Some(mut laid) = self.lay(words, reading.reach, scores, free) else {
            return (Verdict::NOTHING, View::nothing());
        };
        let mut wording = Wording::default();
        let (text, phrase, fit) = match reading.reach {
            Reach::End { extendable } => {
                let mut said = self.expectation.texts[reading.phrase].as_str();
                let weighed = slips::weigh(
                    words,
                    variants,
                    &self.expectation.courtesies,
                    self.expectation.language,
                    scores,
                );
                wording.right = weighed.right;
                if let Some((number, margin)) = weighed.likeliest
                    && let Some(slipped) = self.lay(&variants[number].words, reading.reach, scores, free)
                    && slips::is_borne_out(slipped.alignment.goodness_of(variants[number].changed.clone()))
                {
                    (said, laid) = (&variants[number].text, slipped);
                    wording.slips.push(OwnWords {
                        at: variants[number].at.clone(),
                        confidence: slips::confidence(margin, self.expectation.language),
                    });
                }
                let (text, start) = self.expectation.text(said, laid.before, laid.after);
                wording.shift(start);
                let fit = if extendable { Fit::Extendable } else { Fit::Complete };
                (text, Some(reading.phrase), fit)
            }
            Reach::Within(node) => {
                let words = self.expectation.phrases.words_until(reading.phrase, node);
                (self.expectation.beginning(reading.phrase, words), None, Fit::Beginning)
            }
        };
        let mut words = laid.alignment.timings();
        words.retain(|word| word.end > word.start);
        let transcript = Transcript {
            text,
            phrase,
            confidence: laid.verdict.confidence(self.expectation.language),
            words,
            wording,
        };
        (laid.verdict, View { transcript, fit })
    }

    /// The words of a phrase, laid over the sound by themselves.
    fn lay(&self, words: &[SpokenWord], reach: Reach, scores: &[StateScores], free: &[FreeFrame]) -> Option<Laid> {
        let alone = PhraseNetwork::new(&[words], &self.expectation.courtesies);
        let mut trellis = Trellis::new(Arc::clone(alone.network()));
        let trail = trellis.advance_recording(scores);
        let own = match reach {
            Reach::End { .. } => alone.nearest(&trellis),
            Reach::Within(_) => alone.read(&trellis),
        }?;
        let path = trail.path(&trellis, scores, alone.ending(&own, &trellis));
        let alignment = Alignment::of_path(&path, words, free);
        Some(Laid {
            verdict: Verdict::of(&path, &alignment, free),
            before: self.meant(alone.courtesy_before(&path), free),
            after: self.meant(alone.courtesy_after(own.phrase, &path), free),
            alignment,
        })
    }

    /// The courtesy on a part of a path, if it fits as well as an answer has to: a breath is no "hi".
    fn meant(&self, courtesy: Option<(usize, &[Span])>, free: &[FreeFrame]) -> Option<usize> {
        let (number, path) = courtesy?;
        (confidence(goodness(path, free), self.expectation.language) >= ACCEPTED).then_some(number)
    }

    /// Any words that fit.
    fn unlisted(&self, scores: &[StateScores], free: &[FreeFrame]) -> View {
        let word_loop = self.expectation.word_loop();
        let mut trellis = Trellis::new(Arc::clone(word_loop.network()));
        let trail = trellis.advance_recording(scores);
        let path = trail.path(&trellis, scores, word_loop.ending(&trellis));
        let (words, path) = word_loop.words_on(&path);
        let alignment = Alignment::of_path(&path, &words, free);
        let text: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        // Only a hesitation, or a cough: nobody has said anything yet.
        let open = words
            .last()
            .is_none_or(|word| courtesy::is_open_ended(self.expectation.language, &word.text));
        View {
            transcript: Transcript {
                text: text.join(" "),
                phrase: None,
                confidence: UNLISTED_TRUST * Verdict::of(&path, &alignment, free).confidence(self.expectation.language),
                words: alignment.timings(),
                wording: Wording::default(),
            },
            fit: Fit::Unlisted { open },
        }
    }
}

/// Words laid over sound.
struct Laid {
    verdict: Verdict,
    alignment: Alignment,
    /// The courtesies around them, by their numbers.
    before: Option<usize>,
    after: Option<usize>,
}

impl View {
    fn nothing() -> Self {
        Self {
            transcript: Transcript::default(),
            fit: Fit::Unlisted { open: false },
        }
    }
}

/// The confidence from which a phrase is taken as said.
const ACCEPTED: f32 = 0.5;
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
/// Any words fit better than a given phrase, so they prove less.
const UNLISTED_TRUST: f32 = 0.6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::acoustic::likelihood::STATE_COUNT;
    use crate::acoustic::model::STATES;
    use crate::acoustic::phone::Phone;
    use crate::acoustic::pronunciation::{Pronouncer, SpokenWord};
    use crate::engine::{Expected, ExpectedPhrase};
    use crate::language::Language;

    /// A recogniser of phrases in IPA, a group a word.
    fn recognizer(phrases: &[&str]) -> Recognizer {
        let pronouncer = Pronouncer::with_program("no-such-program-here");
        let language = Language::English;
        let around = courtesy::before(language).iter().chain(courtesy::after(language));
        for text in around {
            pronouncer.learn(language, text, [SpokenWord::from_ipa(text, "f_ɔ_f_ɔ")].into());
        }
        for phrase in phrases {
            let words: Vec<SpokenWord> = phrase.split(' ').map(|word| SpokenWord::from_ipa(word, word)).collect();
            pronouncer.learn(language, phrase, words.into());
        }
        let phrases = phrases.iter().map(|text| ExpectedPhrase {
            text: (*text).to_owned(),
            spoken: None,
        });
        let expected = Expected {
            phrases: phrases.collect(),
            vocabulary: Vec::new(),
        };
        Recognizer::new(Arc::new(
            Expectation::prepare(&pronouncer, language, &expected).unwrap(),
        ))
    }

    /// Six frames a sound, in which the named phones score as told and all others badly.
    fn frames(sounds: &[&[(&str, f32)]]) -> Vec<StateScores> {
        let frame = |sound: &&[(&str, f32)]| {
            let mut scores = [-10.0; STATE_COUNT];
            for (name, score) in *sound {
                let phone = Phone::named(name).unwrap().index();
                scores[phone * STATES..(phone + 1) * STATES].fill(*score);
            }
            [scores; 6]
        };
        sounds.iter().flat_map(frame).collect()
    }

    fn best_listed(recognizer: &Recognizer, scores: &[StateScores]) -> (String, Fit) {
        let (_, view) = recognizer
            .best_listed(&recognizer.search(scores), scores, &phone_loop(scores))
            .unwrap();
        (view.transcript.text, view.fit)
    }

    #[test]
    fn another_phrase_stands_for_one_that_was_begun_only_if_it_fits_better() {
        let recognizer = recognizer(&["s_iː m_iː", "s_iː m_aɪ z_uː"]);
        let said = |last: &[(&str, f32)]| {
            frames(&[
                &[("SIL", 0.0)],
                &[("S", 0.0)],
                &[("IY", 0.0)],
                &[("M", 0.0)],
                last,
                &[("SIL", 0.0)],
            ])
        };
        // Nearly "s_iː m_iː", so little worse that a bad last word of the phrase itself would be forgiven.
        let begun = said(&[("AY", 0.0), ("IY", -1.0)]);
        assert_eq!(
            best_listed(&recognizer, &begun),
            ("s_iː m_aɪ".to_owned(), Fit::Beginning)
        );
        let whole = said(&[("AY", -2.0), ("IY", 0.0)]);
        assert_eq!(
            best_listed(&recognizer, &whole),
            ("s_iː m_iː".to_owned(), Fit::Complete)
        );
    }

    #[test]
    fn a_last_word_that_was_said_badly_is_a_last_word() {
        let recognizer = recognizer(&["s_iː m_iː", "s_iː m_aɪ z_uː"]);
        let scores = frames(&[
            &[("SIL", 0.0)],
            &[("S", 0.0)],
            &[("IY", 0.0)],
            &[("M", 0.0)],
            &[("AY", 0.0)],
            &[("Z", 0.0)],
            &[("Z", 0.0), ("UW", -1.0)],
        ]);
        assert_eq!(
            best_listed(&recognizer, &scores),
            ("s_iː m_aɪ z_uː".to_owned(), Fit::Complete)
        );
    }

    #[test]
    fn speech_as_loud_as_the_word_that_faded_at_the_pause_makes_a_view_stale() {
        let mut recognizer = recognizer(&["s_iː"]);
        let mut seed = 1u32;
        let mut noise = |samples: usize, loudness: i32| -> Vec<i16> {
            (0..samples)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (((seed >> 16) as i32 - 32_768) * loudness / 32_768) as i16
                })
                .collect()
        };
        recognizer.hear(&noise(8_000, 8));
        recognizer.hear(&noise(8_000, 8_000));
        // The pause is asked about before the word has died away.
        let pause = recognizer.listening.frames();
        recognizer.hear(&noise(3_200, 8));
        assert!(!recognizer.spoke_since(pause));
        recognizer.hear(&noise(4_800, 8_000));
        assert!(recognizer.spoke_since(pause));
    }
}
