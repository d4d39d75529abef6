//! Steps that somebody else than the script holds for done.

use super::{Progress, Script};

impl Script {
    /// Where the script stands when the current step's goal is reached by something that its answers don't foresee. Steps that
    /// need not be played because of what is known are passed, too.
    pub fn pass_step(&self, progress: &Progress) -> Progress {
        let mut after = progress.clone();
        after.reprompts = 0;
        after.questions = 0;
        let filling = self.filling(&progress.slots, &[]);
        let steps = &self.scenario.steps;
        let is_skipped = |next: usize| {
            let step = steps.get(next).and_then(|step| step.skip_when.as_ref());
            step.is_some_and(|when| filling.holds(when))
        };
        let mut next = progress.step + 1;
        while is_skipped(next) {
            next += 1;
        }
        if self.is_complete(progress) || next >= steps.len() {
            after.complete = true;
        } else {
            after.step = next;
        }
        after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_can_be_passed_and_the_last_one_completes_the_script() {
        let script = Script::sample();
        let mut progress = Progress {
            reprompts: 2,
            questions: 2,
            ..Progress::default()
        };
        for _ in 0..script.step_count() {
            assert!(!script.is_complete(&progress));
            let after = script.pass_step(&progress);
            assert!(after.step > progress.step || after.complete, "{after:?}");
            assert_eq!((after.reprompts, after.questions), (0, 0));
            progress = after;
            if progress.complete {
                break;
            }
        }
        assert!(script.is_complete(&progress));
        assert!(script.pass_step(&progress).complete);
    }
}
