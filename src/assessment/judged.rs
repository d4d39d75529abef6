//! What is known of a recording of somebody who says a text.

use colloquy_agents::assessment::speech::{Assessment, Delivery, Fluency, Intonation};

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

    /// All of it in one: mostly how the sounds were made, and how they flow. None without a score of the sounds.
    pub fn overall(&self) -> Option<u8> {
        let of = |score: Option<u8>, weight: u32| score.map(|score| (u32::from(score) * weight, weight));
        let pronunciation = of(Some(self.assessment()?.pronunciation.score?), 3);
        let scores = [
            pronunciation,
            of(self.fluency().score, 1),
            of(self.intonation().score, 1),
        ];
        let measured = scores.into_iter().flatten();
        let (sum, weights) = measured.fold((0, 0), |(sum, weights), (score, weight)| {
            (sum + score, weights + weight)
        });
        u8::try_from((sum + weights / 2) / weights).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sounds::tests::assessment;
    use super::*;

    #[test]
    fn overall_is_mostly_the_sounds_and_never_without_them() {
        let mut of = assessment(Vec::new());
        let overall = |of: &Assessment| Judged::Assessed(Box::new(of.clone())).overall();
        // (3 x 72 + 80 + 70) / 5
        assert_eq!(overall(&of), Some(73));
        of.intonation.score = None;
        assert_eq!(overall(&of), Some(74));
        of.pronunciation.score = None;
        assert_eq!(overall(&of), None);
    }
}
