//! When a listener has heard all that was given to be said, at the earliest.

use std::time::Duration;

use tokio::time::Instant;

/// Counts what was given to be said. No voice is asked how long it takes, so that whoever only writes the words knows, too: it is
/// taken to speak as fast as any voice does, and to begin at once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Silence {
    from: Option<Instant>,
}

impl Silence {
    /// More words were given to be said.
    pub(crate) fn handle_words(&mut self, words: &str, now: Instant) {
        let letters = words.chars().filter(|letter| letter.is_alphanumeric()).count();
        let begun = self.from.map_or(now, |from| from.max(now));
        self.from = Some(begun + LETTER * u32::try_from(letters).unwrap_or(u32::MAX));
    }

    /// From when on nothing is heard, if nothing more comes; none while nothing was to be heard at all.
    pub(crate) fn from(&self) -> Option<Instant> {
        self.from
    }
}

/// How long a letter takes at least: twice as fast as voices mostly speak.
const LETTER: Duration = Duration::from_millis(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_heard_one_after_the_other_and_pauses_are_not_made_up_for() {
        let (mut silence, now) = (Silence::default(), Instant::now());
        let ms = Duration::from_millis;
        assert_eq!(silence.from(), None);
        silence.handle_words("Je regarde.", now);
        assert_eq!(silence.from(), Some(now + ms(270)));
        silence.handle_words("Oui !", now + ms(100));
        assert_eq!(silence.from(), Some(now + ms(360)));
        silence.handle_words("Oui !", now + ms(1000));
        assert_eq!(silence.from(), Some(now + ms(1090)));
        silence.handle_words(" … ", now + ms(2000));
        assert_eq!(silence.from(), Some(now + ms(2000)));
    }
}
