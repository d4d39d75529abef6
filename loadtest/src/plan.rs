//! What callers set out to do. Every decision is made beforehand, from the seed: what a caller does in a turn doesn't depend on
//! what others do, or on how fast the server is.

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::clip::Clip;
use crate::network::Conditions;
use crate::repair::Repair;
use crate::surface::{Mix, Surface};

/// Thinking takes at least and at most so many times its usual time.
const THINKING_RANGE: (f64, f64) = (0.3, 4.0);
/// The spread of its logarithm.
const THINKING_SIGMA: f64 = 0.5;
/// How long a hesitation lasts.
const HESITATION: (Duration, Duration) = (Duration::from_millis(300), Duration::from_millis(900));
/// How long the agent has spoken when somebody interrupts.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(500), Duration::from_millis(1_500));
/// How long somebody is away who has lost the connection.
const AWAY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

/// How callers behave. Shares are from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Behaviour {
    /// The usual time to think before an answer, in ms: the median when it varies.
    #[serde(rename = "thinking_ms", serialize_with = "milliseconds")]
    pub thinking: Duration,
    /// Whether it varies.
    pub varies: bool,
    /// Part of the answers that are said with a pause in the middle.
    pub hesitate: f64,
    /// Part of the answers that are begun while the agent still speaks.
    pub interrupt: f64,
    /// Part of the conversations in which the connection is lost without a word, and come back to after a few seconds.
    pub drop: f64,
    /// Part of the conversations in which the caller's address changes while the agent speaks.
    pub rebind: f64,
}

impl Behaviour {
    /// Like people.
    pub fn people(thinking: Duration) -> Self {
        Self {
            thinking,
            varies: true,
            hesitate: 0.1,
            interrupt: 0.05,
            drop: 0.02,
            rebind: 0.0,
        }
    }

    /// Like clockwork: what a figure is compared with.
    pub fn steady(thinking: Duration) -> Self {
        Self {
            thinking,
            varies: false,
            hesitate: 0.0,
            interrupt: 0.0,
            drop: 0.0,
            rebind: 0.0,
        }
    }
}

/// What all callers together set out to do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many callers there are.
    pub callers: usize,
    /// How many of them start a second.
    pub ramp: f64,
    /// How long callers go on beginning conversations, from the start of the run; one each when there is none.
    pub length: Option<Duration>,
    /// What to say in a conversation, in this order.
    pub answers: Vec<Arc<Clip>>,
    /// How.
    pub behaviour: Behaviour,
    /// Over what.
    pub mix: Mix,
    /// Through which network.
    pub conditions: Conditions,
    /// What is offered against its loss.
    pub repair: Repair,
    /// What decides.
    pub seed: u64,
}

/// How one conversation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Course {
    /// After which answer the connection is lost, and for how long.
    pub drop: Option<(usize, Duration)>,
    /// Before which answer the address changes.
    pub rebind: Option<usize>,
}

/// How one answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// After how much thinking.
    pub thinking: Duration,
    /// With a pause in its middle.
    pub hesitation: Option<Duration>,
    /// Over the agent, once it has spoken for so long.
    pub interrupts_after: Option<Duration>,
}

/// What one caller will do.
#[derive(Clone, Debug)]
pub struct Script {
    behaviour: Behaviour,
    answers: Vec<Arc<Clip>>,
    seed: u64,
    caller: u64,
}

impl Plan {
    /// When a caller starts, from the start of the run.
    pub fn starts_after(&self, caller: usize) -> Duration {
        Duration::from_secs_f64(caller as f64 / self.ramp.max(0.1))
    }

    /// Over what a caller talks.
    pub fn surface(&self, caller: usize) -> Surface {
        self.mix.surface(caller)
    }

    /// What a caller will do.
    pub fn script(&self, caller: usize) -> Script {
        Script {
            behaviour: self.behaviour,
            answers: self.answers.clone(),
            seed: self.seed,
            caller: caller as u64,
        }
    }

    /// What decides about a caller's line, there and back.
    pub fn line_seeds(&self, caller: usize) -> [u64; 2] {
        [1, 2].map(|way| mixed(&[self.seed, caller as u64, u64::MAX - way]))
    }
}

impl Script {
    /// A script that leaves nothing to chance.
    pub fn steady(answers: Vec<Arc<Clip>>, thinking: Duration) -> Self {
        Self {
            behaviour: Behaviour::steady(thinking),
            answers,
            seed: 0,
            caller: 0,
        }
    }

    /// What to say, in this order.
    pub fn answers(&self) -> &[Arc<Clip>] {
        &self.answers
    }

    /// How the conversation of this number goes.
    pub fn course(&self, conversation: u64) -> Course {
        let mut random = self.random(&[conversation]);
        let Behaviour { drop, rebind, .. } = self.behaviour;
        // Drawn whether they are needed or not: one share doesn't change what another one decides.
        let [drops, rebinds] = [drop, rebind].map(|share| random.random::<f64>() < share);
        let turns = self.answers.len();
        let dropped_after = random.random_range(0..turns.max(1));
        let away = random.random_range(AWAY.0..=AWAY.1);
        let rebound_before = random.random_range(0..turns.max(1));
        Course {
            // After the last answer there is nothing to come back for.
            drop: (drops && dropped_after + 1 < turns).then_some((dropped_after, away)),
            rebind: rebinds.then_some(rebound_before),
        }
    }

    /// How an answer of a conversation is given.
    pub fn manner(&self, conversation: u64, answer: usize) -> Manner {
        let mut random = self.random(&[conversation, answer as u64]);
        let Behaviour {
            hesitate, interrupt, ..
        } = self.behaviour;
        let [hesitates, interrupts] = [hesitate, interrupt].map(|share| random.random::<f64>() < share);
        let hesitation = random.random_range(HESITATION.0..=HESITATION.1);
        let patience = random.random_range(PATIENCE.0..=PATIENCE.1);
        let factor = match self.behaviour.varies {
            true => (THINKING_SIGMA * normal(&mut random))
                .exp()
                .clamp(THINKING_RANGE.0, THINKING_RANGE.1),
            false => 1.0,
        };
        Manner {
            thinking: self.behaviour.thinking.mul_f64(factor),
            hesitation: hesitates.then_some(hesitation),
            interrupts_after: interrupts.then_some(patience),
        }
    }

    fn random(&self, what: &[u64]) -> SmallRng {
        SmallRng::seed_from_u64(mixed(&[&[self.seed, self.caller, what.len() as u64], what].concat()))
    }
}

/// A normally distributed number, near enough (Irwin-Hall with twelve).
fn normal(random: &mut SmallRng) -> f64 {
    (0..12).map(|_| random.random::<f64>()).sum::<f64>() - 6.0
}

/// One number from several, by the finaliser of SplitMix64.
fn mixed(numbers: &[u64]) -> u64 {
    numbers.iter().fold(0x9e37_79b9_7f4a_7c15, |mixed: u64, number| {
        let mut state = (mixed ^ number).wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^ (state >> 31)
    })
}

fn milliseconds<S: serde::Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(span.as_secs_f64() * 1000.0)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::clip::tests::tone;

    /// A script of the first caller's, decided by the number 1.
    pub(crate) fn script(behaviour: Behaviour, answers: Vec<Arc<Clip>>) -> Script {
        Script {
            behaviour,
            answers,
            seed: 1,
            caller: 0,
        }
    }

    fn plan(seed: u64) -> Plan {
        Plan {
            callers: 100,
            ramp: 20.0,
            length: None,
            answers: vec![tone("one"), tone("two"), tone("three")],
            behaviour: Behaviour {
                hesitate: 0.3,
                interrupt: 0.2,
                drop: 0.5,
                rebind: 0.4,
                ..Behaviour::people(Duration::from_millis(400))
            },
            mix: Mix::default(),
            conditions: Conditions::default(),
            repair: Repair::default(),
            seed,
        }
    }

    fn decisions(plan: &Plan) -> Vec<(Course, Manner)> {
        let each = |caller| {
            let script = plan.script(caller);
            (0..20).map(move |number| (script.course(number), script.manner(number, number as usize % 3)))
        };
        (0..plan.callers).flat_map(each).collect()
    }

    #[test]
    fn the_same_seed_decides_the_same_and_another_one_something_else() {
        assert_eq!(decisions(&plan(7)), decisions(&plan(7)));
        assert_ne!(decisions(&plan(7)), decisions(&plan(8)));
    }

    #[test]
    fn decisions_keep_their_shares() {
        let decisions = decisions(&plan(7));
        let share = |of: &dyn Fn(&(Course, Manner)) -> bool| {
            decisions.iter().filter(|decision| of(decision)).count() as f64 / decisions.len() as f64
        };
        let hesitating = share(&|(_, manner)| manner.hesitation.is_some());
        assert!((0.26..0.34).contains(&hesitating), "{hesitating}");
        let interrupting = share(&|(_, manner)| manner.interrupts_after.is_some());
        assert!((0.17..0.23).contains(&interrupting), "{interrupting}");
        // Of three answers, two have something after them.
        let dropping = share(&|(course, _)| course.drop.is_some());
        assert!((0.29..0.38).contains(&dropping), "{dropping}");
        let slow = share(&|(_, manner)| manner.thinking > Duration::from_millis(400));
        assert!((0.45..0.55).contains(&slow), "{slow}");
    }

    #[test]
    fn one_share_changes_nothing_of_the_others() {
        let with = plan(7);
        let mut without = plan(7);
        without.behaviour.hesitate = 0.0;
        without.behaviour.drop = 0.0;
        let of = |plan: &Plan| -> Vec<_> {
            decisions(plan)
                .into_iter()
                .map(|(course, manner)| (course.rebind, manner.interrupts_after, manner.thinking))
                .collect()
        };
        assert_eq!(of(&with), of(&without));
    }

    #[test]
    fn clockwork_leaves_nothing_to_chance() {
        let script = Script::steady(vec![tone("one")], Duration::from_millis(250));
        for number in 0..50 {
            assert_eq!(
                script.course(number),
                Course {
                    drop: None,
                    rebind: None
                }
            );
            let manner = script.manner(number, 0);
            assert_eq!(manner.thinking, Duration::from_millis(250));
            assert_eq!((manner.hesitation, manner.interrupts_after), (None, None));
        }
    }

    #[test]
    fn callers_start_at_the_pace_of_the_ramp() {
        assert_eq!(plan(7).starts_after(0), Duration::ZERO);
        assert_eq!(plan(7).starts_after(40), Duration::from_secs(2));
    }
}
