//! Splits a streamed reply from the translation that follows it.

/// What stands between the two, on a line of its own.
pub(super) const SEPARATOR: &str = "###";

/// Tells the text of a reply from its translation while both arrive in pieces.
///
/// Space, and what may be the beginning of the separator, is held back until it is known to belong to the text: the text
/// neither begins nor ends with space.
#[derive(Debug, Default)]
pub(super) struct Split {
    held: String,
    begun: bool,
    translation: Option<String>,
}

impl Split {
    /// Takes the next piece; gives the text that it completes, which may be empty.
    pub(super) fn push(&mut self, piece: &str) -> String {
        if let Some(translation) = &mut self.translation {
            translation.push_str(piece);
            return String::new();
        }
        self.held.push_str(piece);
        if let Some((text, translation)) = self.held.split_once(SEPARATOR) {
            self.translation = Some(translation.to_owned());
            let text = text.trim_end().to_owned();
            self.held.clear();
            return self.begin(text);
        }
        let sure = self
            .held
            .trim_end_matches(|letter: char| letter.is_whitespace() || SEPARATOR.contains(letter))
            .len();
        let rest = self.held.split_off(sure);
        let text = std::mem::replace(&mut self.held, rest);
        self.begin(text)
    }

    /// Whether the text is whole and what comes now is its translation.
    pub(super) fn is_translating(&self) -> bool {
        self.translation.is_some()
    }

    /// Ends the reply: what is left of the text, and the translation if there is one.
    pub(super) fn finish(mut self) -> (String, Option<String>) {
        let held = std::mem::take(&mut self.held);
        let text = self.begin(held.trim_end().to_owned());
        // A separator that came doubled, or that encloses, is no translation.
        let translation = self.translation.map(|translation| {
            let trimmed = |letter: char| letter.is_whitespace() || SEPARATOR.contains(letter);
            translation.trim_matches(trimmed).to_owned()
        });
        (text, translation.filter(|translation| !translation.is_empty()))
    }

    /// Drops the space before the first word.
    fn begin(&mut self, text: String) -> String {
        if self.begun {
            return text;
        }
        let text = text.trim_start();
        self.begun = !text.is_empty();
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split<'a>(pieces: impl IntoIterator<Item = &'a str>) -> (String, Option<String>) {
        let mut split = Split::default();
        let mut text: String = pieces.into_iter().map(|piece| split.push(piece)).collect();
        let (rest, translation) = split.finish();
        text.push_str(&rest);
        (text, translation)
    }

    #[test]
    fn text_and_translation_are_told_apart() {
        let two = |text: &str, translation: Option<&str>| (text.to_owned(), translation.map(str::to_owned));
        for (reply, expected) in [
            (
                "Bonsoir ! Ça va ?\n###\nGood evening!",
                two("Bonsoir ! Ça va ?", Some("Good evening!")),
            ),
            (" Oui.###Yes. ", two("Oui.", Some("Yes."))),
            ("Oui.", two("Oui.", None)),
            ("Numéro # 1 ##", two("Numéro # 1 ##", None)),
            ("Oui.\n###\n", two("Oui.", None)),
            ("Oui.\n###\nYes.\n###", two("Oui.", Some("Yes."))),
            ("###\nYes.", two("", Some("Yes."))),
            ("", two("", None)),
        ] {
            assert_eq!(split([reply]), expected, "{reply:?}");
        }
    }

    #[test]
    fn text_is_given_before_the_separator_comes() {
        let mut split = Split::default();
        assert_eq!(split.push("Bonsoir"), "Bonsoir");
        assert_eq!(split.push(" !\n#"), " !");
        assert!(!split.is_translating());
        assert_eq!(split.push("##\nGood "), "");
        assert!(split.is_translating());
        assert_eq!(split.push("evening!"), "");
        assert_eq!(split.finish(), (String::new(), Some("Good evening!".to_owned())));
    }

    proptest! {
        #[test]
        fn pieces_of_any_length_give_the_parts_of_the_whole(reply in "[ \na#é]{0,30}", cut in 1usize..5) {
            let letters: Vec<char> = reply.chars().collect();
            let pieces: Vec<String> = letters.chunks(cut).map(|piece| piece.iter().collect()).collect();
            prop_assert_eq!(split(pieces.iter().map(String::as_str)), split([reply.as_str()]));
        }
    }
}
