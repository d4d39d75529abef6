//! What is known of a recording of somebody who says a text.

use colloquy_agents::assessment::speech::{Assessment, Delivery, Doubt, Fluency, Intonation};

/// What is known of a recording.
#[derive(Clone, Debug, PartialEq)]
pub enum Judged {
    /// It was held against its text.
    Assessed(Box<Assessment>),
    /// Nobody here knows the sounds of the language: what the sound alone tells.
    Delivered(Box<Delivery>),
}

impl Judged {
    /// What was held against the text.
    pub fn assessment(&self) -> Option<&Assessment> {
        match self {
            Self::Assessed(assessment) => Some(assessment),
            Self::Delivered(_) => None,
        }
    }

    /// Rate, pauses and fillers.
    pub fn fluency(&self) -> &Fluency {
        match self {
            Self::Assessed(assessment) => &assessment.fluency,
            Self::Delivered(delivery) => &delivery.fluency,
        }
    }

    /// The melody.
    pub fn intonation(&self) -> &Intonation {
        match self {
            Self::Assessed(assessment) => &assessment.intonation,
            Self::Delivered(delivery) => &delivery.intonation,
        }
    }

    /// Leaves the melody out, of a text of which nobody knows how it should end: where the voice went is told, and nothing made of it.
    pub fn forget_melody(&mut self) {
        let intonation = match self {
            Self::Assessed(assessment) => &mut assessment.intonation,
            Self::Delivered(delivery) => &mut delivery.intonation,
        };
        (intonation.score, intonation.accuracy) = (None, None);
    }

    /// How far the sound can be judged at all, 0 to 1, and what lowers that, the worst first.
    pub fn confidence(&self) -> (f32, &[Doubt]) {
        match self {
            Self::Assessed(assessment) => (assessment.confidence, &assessment.doubts),
            Self::Delivered(delivery) => (delivery.confidence, &delivery.doubts),
        }
    }

    /// All of it in one: sounds, flow, melody and how much of the text was said. The lowest counts most, by the weights that Microsoft's
    /// documentation gives for Azure's PronScore (2/5, 1/5, 1/5, 1/5 from the lowest of four on; 3/5, 1/5, 1/5 of three; 3/5, 2/5 of two).
    /// Words that were left out so can't be made up for. None without a score of the sounds.
    pub fn overall(&self) -> Option<u8> {
        let pronunciation = self.assessment()?.pronunciation;
        let scores = [
            Some(pronunciation.score?),
            pronunciation.completeness,
            self.fluency().score,
            self.intonation().score,
        ];
        let mut measured: Vec<u32> = scores.into_iter().flatten().map(u32::from).collect();
        measured.sort_unstable();
        let weights: &[u32] = match measured.len() {
            1 => &[5],
            2 => &[3, 2],
            3 => &[3, 1, 1],
            _ => &[2, 1, 1, 1],
        };
        let sum: u32 = measured.iter().zip(weights).map(|(score, weight)| score * weight).sum();
        u8::try_from((sum + 2) / 5).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sounds::tests::assessment;
    use super::*;

    #[test]
    fn overall_is_mostly_the_lowest_score_and_never_without_the_sounds() {
        let mut of = assessment(Vec::new());
        let overall = |of: &Assessment| Judged::Assessed(Box::new(of.clone())).overall();
        // (2 x 70 + 72 + 80 + 100) / 5
        assert_eq!(overall(&of), Some(78));
        of.intonation.score = None;
        // (3 x 72 + 80 + 100) / 5
        assert_eq!(overall(&of), Some(79));
        of.fluency.score = None;
        // (3 x 72 + 2 x 100) / 5
        assert_eq!(overall(&of), Some(83));
        of.pronunciation.completeness = None;
        assert_eq!(overall(&of), Some(72));
        of.pronunciation.score = None;
        assert_eq!(overall(&of), None);
    }

    #[test]
    fn whoever_leaves_out_words_has_less_than_whoever_says_all_of_them() {
        let overall = |completeness| {
            let mut of = assessment(Vec::new());
            (of.pronunciation.score, of.fluency.score, of.intonation.score) = (Some(99), Some(99), Some(99));
            of.pronunciation.completeness = Some(completeness);
            Judged::Assessed(Box::new(of)).overall()
        };
        assert_eq!(overall(100), Some(99));
        assert_eq!(overall(66), Some(86));
        assert_eq!(overall(50), Some(79));
    }
}
