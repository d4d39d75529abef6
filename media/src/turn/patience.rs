//! How long a pause is waited for: cost x P(end | pause so far), after Raux & Eskenazi (2009).
//!
//! Pauses inside a turn last about as long as the speaker's own mean says, and long ones are exponentially rare; a turn
//! that has ended stays ended. So the odds that the turn is over grow as `prior * exp(silence / mean pause)`, and the
//! cost of waiting grows with the silence. The turn ends when waiting on costs more than cutting in:
//! `silence * odds >= cut cost`.

use std::time::Duration;

use super::Fit;
use crate::prosody::{Closing, Contour};

/// How patient to be, by the speaker's level (CEFR): who still learns to speak pauses more and longer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Patience {
    /// Breakthrough.
    A1,
    /// Waystage.
    A2,
    /// Threshold.
    #[default]
    B1,
    /// Vantage.
    B2,
    /// Effective operational proficiency.
    C1,
    /// Mastery.
    C2,
}

/// What a pause calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Wait on.
    Hold,
    /// Wait on, and offer help.
    Help,
    /// The turn is over.
    End,
}

/// Silence after which a complete answer ends the turn.
const COMPLETE: Duration = Duration::from_millis(160);
/// The same after one that lacks but its "please": whoever hesitates before that is not to be cut off.
const POLITE: Duration = Duration::from_millis(1_000);
/// The cost of cutting in, in ms of waiting: makes a pause of unlisted speech about 1.2 s at level B1.
const CUT_COST: f32 = 10_600.0;
/// Unlisted speech is never cut sooner, whatever the cues say.
const SHORTEST_UNLISTED: Duration = Duration::from_millis(600);
/// Silence after an unfinished answer that calls for help.
const HELP: Duration = Duration::from_millis(1_500);
/// The speaker's own mean pause stays in these bounds, in ms.
const MEAN_BOUNDS: std::ops::RangeInclusive<f32> = 200.0..=1_500.0;
/// How much of the mean pause stays at each pause.
const ALPHA: f32 = 0.9;
/// The same after a false end of turn, which tells more.
const ALPHA_FALSE_END: f32 = 0.7;
/// A stretch this much longer than usual is lengthened.
const LENGTHENED: f32 = 1.3;
/// The weight of lengthening under a closing contour: a mild cue, not measured on its own.
const LENGTHENING_ODDS: f32 = 1.2;

impl Patience {
    /// The mean pause inside a turn that is expected before the speaker's own are known.
    fn mean_pause(self) -> Duration {
        Duration::from_millis([900, 720, 550, 450, 380, 320][self as usize])
    }

    /// How long an answer is waited for that is also the beginning of a longer one.
    fn extendable(self) -> Duration {
        Duration::from_millis([700, 660, 620, 580, 540, 500][self as usize])
    }

    /// How long speech that is not expected is waited for at most, whatever the cues say.
    fn unlisted(self) -> Duration {
        Duration::from_millis([3_000, 3_000, 3_000, 2_700, 2_400, 2_200][self as usize])
    }

    /// How long the rest of an unfinished answer is waited for once help was offered: it has to be read first.
    fn helped(self) -> Duration {
        Duration::from_millis([8_000, 7_000, 6_000, 6_000, 6_000, 6_000][self as usize])
    }
}

/// Decides whether a pause ends the turn, and learns the speaker's own pauses.
#[derive(Clone, Debug)]
pub struct PauseModel {
    patience: Patience,
    /// The speaker's mean pause inside a turn, in ms.
    mean: f32,
}

impl PauseModel {
    /// For a speaker of this level, of whom nothing else is known.
    pub fn new(patience: Patience) -> Self {
        Self {
            patience,
            mean: milliseconds(patience.mean_pause()),
        }
    }

    /// What a pause of `silence` calls for, by the recogniser's view, if there is one yet, and how the speech closed.
    /// `helped`: the silence since help was offered in it, if it was. Help starts the wait again.
    pub fn verdict(&self, silence: Duration, helped: Option<Duration>, view: Option<Fit>, closing: Closing) -> Verdict {
        let end = match view {
            Some(Fit::Complete) => silence >= COMPLETE,
            Some(Fit::Extendable { politely: true }) => silence >= POLITE,
            Some(Fit::Extendable { politely: false }) => silence >= self.patience.extendable(),
            Some(Fit::Beginning | Fit::Unlisted { open: true }) => match helped {
                Some(helped) => helped >= self.patience.helped(),
                None if silence >= HELP => return Verdict::Help,
                None => false,
            },
            Some(Fit::Unlisted { open: false }) | None => self.unlisted_ends(silence, closing),
        };
        if end { Verdict::End } else { Verdict::Hold }
    }

    /// A pause inside the turn lasted this long.
    pub fn learn_pause(&mut self, pause: Duration) {
        self.learn(pause, ALPHA);
    }

    /// The speaker went on `pause` after the last word though the turn had been taken for over.
    pub fn learn_false_end(&mut self, pause: Duration) {
        self.learn(pause, ALPHA_FALSE_END);
    }

    /// The mean pause inside a turn.
    pub fn mean_pause(&self) -> Duration {
        Duration::from_secs_f32(self.mean / 1_000.0)
    }

    /// The profile.
    pub fn patience(&self) -> Patience {
        self.patience
    }

    fn unlisted_ends(&self, silence: Duration, closing: Closing) -> bool {
        if silence < SHORTEST_UNLISTED {
            return false;
        }
        if silence >= self.patience.unlisted() {
            return true;
        }
        let waited = milliseconds(silence);
        let odds = closing_odds(closing) * (waited / self.mean).exp();
        waited * odds >= CUT_COST
    }

    fn learn(&mut self, pause: Duration, alpha: f32) {
        let pause = milliseconds(pause).clamp(*MEAN_BOUNDS.start(), *MEAN_BOUNDS.end());
        self.mean = alpha * self.mean + (1.0 - alpha) * pause;
    }
}

/// How much likelier a closing is at the end of a turn than inside it: the published shares of contours, 47, 22 and 13%
/// of turn ends against 25, 9 and 30% of holds.
fn closing_odds(closing: Closing) -> f32 {
    let lengthened = if closing.lengthening >= LENGTHENED {
        LENGTHENING_ODDS
    } else {
        1.0
    };
    match closing.contour {
        Contour::Falling => 47.0 / 25.0 * lengthened,
        Contour::Rising => 22.0 / 9.0 * lengthened,
        Contour::Level => 13.0 / 30.0,
        Contour::Unclear => 1.0,
    }
}

fn milliseconds(duration: Duration) -> f32 {
    duration.as_secs_f32() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closing(contour: Contour) -> Closing {
        Closing {
            contour,
            lengthening: 1.0,
            ..Closing::default()
        }
    }

    /// The silence after which the turn ends, in ms.
    fn wait(model: &PauseModel, view: Option<Fit>, contour: Contour) -> u64 {
        (0..)
            .map(|n| n * 20)
            .find(|&ms| model.verdict(Duration::from_millis(ms), None, view, closing(contour)) == Verdict::End)
            .unwrap()
    }

    const UNLISTED: Option<Fit> = Some(Fit::Unlisted { open: false });

    #[test]
    fn a_complete_answer_ends_within_200_ms_at_every_level() {
        for patience in [Patience::A1, Patience::B1, Patience::C2] {
            assert!(wait(&PauseModel::new(patience), Some(Fit::Complete), Contour::Level) <= 200);
        }
    }

    #[test]
    fn an_extendable_answer_is_waited_for_half_a_second_and_more() {
        assert_eq!(
            wait(
                &PauseModel::new(Patience::A1),
                Some(Fit::Extendable { politely: false }),
                Contour::Falling
            ),
            700
        );
        assert_eq!(
            wait(
                &PauseModel::new(Patience::C2),
                Some(Fit::Extendable { politely: false }),
                Contour::Falling
            ),
            500
        );
        let model = PauseModel::new(Patience::C2);
        let polite = wait(&model, Some(Fit::Extendable { politely: true }), Contour::Falling);
        assert_eq!(polite, 1_000);
    }

    #[test]
    fn an_unfinished_answer_is_offered_help_which_starts_the_wait_again() {
        for patience in [Patience::A1, Patience::B1, Patience::C2] {
            let model = PauseModel::new(patience);
            let verdict = |ms, helped: Option<u64>| {
                model.verdict(
                    Duration::from_millis(ms),
                    helped.map(Duration::from_millis),
                    Some(Fit::Beginning),
                    closing(Contour::Falling),
                )
            };
            assert_eq!(verdict(1_480, None), Verdict::Hold);
            assert_eq!(verdict(1_500, None), Verdict::Help);
            assert_eq!(verdict(20_000, None), Verdict::Help, "never ended without help");
            assert_eq!(verdict(7_480, Some(5_980)), Verdict::Hold);
            assert_eq!(verdict(9_500, Some(8_000)), Verdict::End);
        }
    }

    #[test]
    fn unlisted_speech_is_waited_for_about_1200_ms_shaped_by_its_contour() {
        let model = PauseModel::new(Patience::B1);
        let neutral = wait(&model, UNLISTED, Contour::Unclear);
        assert!((1_100..=1_300).contains(&neutral), "{neutral}");
        assert!(wait(&model, UNLISTED, Contour::Falling) < neutral - 150);
        assert!(wait(&model, UNLISTED, Contour::Level) > neutral + 150);
    }

    #[test]
    fn without_a_view_the_same_wait_holds() {
        let model = PauseModel::new(Patience::B1);
        assert_eq!(
            wait(&model, None, Contour::Unclear),
            wait(&model, UNLISTED, Contour::Unclear)
        );
    }

    #[test]
    fn lower_levels_are_waited_for_longer() {
        let waits = [
            Patience::A1,
            Patience::A2,
            Patience::B1,
            Patience::B2,
            Patience::C1,
            Patience::C2,
        ]
        .map(|patience| wait(&PauseModel::new(patience), UNLISTED, Contour::Unclear));
        assert!(waits.is_sorted_by(|a, b| a > b), "{waits:?}");
    }

    #[test]
    fn a_speaker_of_long_pauses_is_waited_for_longer() {
        let mut model = PauseModel::new(Patience::B1);
        let before = wait(&model, UNLISTED, Contour::Unclear);
        (0..10).for_each(|_| model.learn_pause(Duration::from_millis(1_400)));
        assert!(wait(&model, UNLISTED, Contour::Unclear) > before + 300);
    }

    #[test]
    fn a_false_end_teaches_more_than_a_pause() {
        let mut paused = PauseModel::new(Patience::B1);
        let mut cut = paused.clone();
        paused.learn_pause(Duration::from_millis(1_400));
        cut.learn_false_end(Duration::from_millis(1_400));
        assert!(cut.mean_pause() > paused.mean_pause());
    }
}
