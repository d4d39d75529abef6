//! What people say around an answer without changing it, and the words after which more must come, by language.

use crate::language::Language;

/// What may be said before an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// A greeting, thanks, or a word to begin with, which is a sentence of its own.
    Greeting(&'static str),
    /// A "yes", which is one, too. What follows it answers the question.
    Assent(&'static str),
    /// How a request begins whose object the answer is.
    Request(&'static str),
    /// The same before a vowel, with the sound that links them, in IPA.
    Liaison(&'static str, &'static str),
}

impl Before {
    /// Its words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Greeting(text) | Self::Assent(text) | Self::Request(text) | Self::Liaison(text, _) => text,
        }
    }

    /// The sound that links it to what follows, in IPA, if there is one.
    pub fn liaison(self) -> Option<&'static str> {
        match self {
            Self::Liaison(_, sound) => Some(sound),
            _ => None,
        }
    }

    /// Whether what follows goes on with its sentence.
    pub fn is_request(self) -> bool {
        matches!(self, Self::Request(_) | Self::Liaison(..))
    }
}

/// Greetings, thanks and assents before an answer, and after them, how requests begin.
pub fn before(language: Language) -> &'static [Before] {
    use Before::{Assent, Greeting, Liaison, Request};
    match language {
        Language::English => &[
            Greeting("hello"),
            Greeting("hi"),
            Greeting("good evening"),
            Assent("yes"),
            Greeting("well"),
            Greeting("okay"),
            Greeting("thank you"),
            Request("I would like"),
            Request("I'd like"),
            Request("could I have"),
            Request("can I have"),
            Request("I'll have"),
            Request("we'd like"),
        ],
        Language::Spanish => &[
            Greeting("hola"),
            Greeting("buenos días"),
            Greeting("buenas tardes"),
            Greeting("buenas noches"),
            Assent("sí"),
            Greeting("bueno"),
            Greeting("gracias"),
            Request("quisiera"),
            Request("quiero"),
            Request("me gustaría"),
        ],
        Language::French => &[
            Greeting("bonjour"),
            Greeting("bonsoir"),
            Assent("oui"),
            Greeting("alors"),
            Greeting("merci"),
            Request("je voudrais"),
            Request("on voudrait"),
            Request("j'aimerais"),
            Request("je prends"),
            Liaison("je voudrais", "z"),
            Liaison("on voudrait", "t"),
            Liaison("j'aimerais", "z"),
        ],
        Language::German => &[
            Greeting("hallo"),
            Greeting("guten Tag"),
            Greeting("guten Abend"),
            Assent("ja"),
            Greeting("also"),
            Greeting("danke"),
            Request("ich möchte"),
            Request("ich hätte gern"),
            Request("ich nehme"),
            Request("wir hätten gern"),
        ],
        Language::Italian => &[
            Greeting("buongiorno"),
            Greeting("buonasera"),
            Greeting("salve"),
            Assent("sì"),
            Greeting("allora"),
            Greeting("grazie"),
            Request("vorrei"),
            Request("vorremmo"),
            Request("prendo"),
        ],
        Language::Portuguese => &[
            Greeting("olá"),
            Greeting("bom dia"),
            Greeting("boa tarde"),
            Greeting("boa noite"),
            Assent("sim"),
            Request("eu queria"),
            Request("queria"),
        ],
        Language::Chinese | Language::Japanese => &[],
    }
}

/// Requests and thanks after an answer.
pub fn after(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["please", "thank you"],
        Language::Spanish => &["por favor", "gracias"],
        Language::French => &["s'il vous plaît", "merci"],
        Language::German => &["bitte", "danke"],
        Language::Italian => &["per favore", "grazie"],
        Language::Portuguese => &["por favor", "obrigado"],
        Language::Chinese | Language::Japanese => &[],
    }
}

/// An answer with the courtesies that were said around it: "Good evening. A table for two, please". A greeting is a sentence of
/// its own, so that what follows keeps its capital; a request goes on with the answer: "I would like a table for two".
pub fn around(answer: &str, before: &[Before], after: Option<&str>) -> String {
    let mut text = String::with_capacity(answer.len() + 32);
    for before in before {
        let mut letters = before.text().chars();
        text.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        text.push_str(letters.as_str());
        text.push_str(if before.is_request() { " " } else { ". " });
    }
    let goes_on = before.last().is_some_and(|before| before.is_request());
    let lowered = goes_on.then(|| lowered(answer));
    let answer = lowered.as_deref().unwrap_or(answer);
    let words = answer.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    match after {
        Some(after) => text.extend([words, ", ", after, &answer[words.len()..]]),
        None => text.push_str(answer),
    }
    text
}

/// An answer in the middle of a sentence. What can't lose its capital keeps its length, too.
fn lowered(answer: &str) -> String {
    let first = answer.split(' ').next().unwrap_or_default();
    let stays = first == "I" || first.starts_with("I'") || first.starts_with("I’");
    let mut letters = answer.chars();
    match letters.next() {
        Some(letter) if !stays => letter.to_lowercase().chain(letters).collect(),
        _ => answer.to_owned(),
    }
}

/// How many words at the end of an answer only make it polite (", please"). They are no part of what it says.
pub fn polite_words(language: Language, answer: &str) -> usize {
    let mut after = after(language).iter();
    after
        .find_map(|after| without(answer, after).map(|_| after.split(' ').count()))
        .unwrap_or(0)
}

/// An answer without what only makes it polite at its end; none if nothing does.
pub fn without_politeness(language: Language, answer: &str) -> Option<String> {
    after(language).iter().find_map(|after| without(answer, after))
}

fn without(answer: &str, after: &str) -> Option<String> {
    let words = answer.trim_end_matches(|letter: char| !letter.is_alphanumeric());
    let rest = words.strip_suffix(after)?.strip_suffix(", ")?;
    Some(rest.to_owned() + &answer[words.len()..])
}

/// Whether a clause that ends in `word` is unfinished: a conjunction, preposition, article, possessive or hesitation.
pub fn is_open_ended(language: Language, word: &str) -> bool {
    let word = word.to_lowercase();
    let listed: &[&str] = match language {
        Language::English => &[
            "a", "an", "the", "and", "or", "but", "because", "so", "if", "that", "to", "of", "for", "with", "in", "on",
            "at", "from", "my", "your", "our", "um", "uh", "er", "hmm", "some", "i'd", "i'm", "would", "very",
        ],
        Language::Spanish => &[
            "un", "una", "unos", "unas", "el", "la", "los", "las", "y", "e", "o", "pero", "porque", "que", "si", "de",
            "del", "a", "al", "para", "por", "con", "sin", "en", "mi", "su", "muy", "eh", "este", "em",
        ],
        Language::French => &[
            "un", "une", "des", "le", "la", "les", "du", "de", "et", "ou", "mais", "parce", "que", "qui", "si", "à",
            "au", "aux", "pour", "avec", "sans", "dans", "en", "sur", "mon", "ma", "mes", "je", "très", "euh",
        ],
        Language::German => &[
            "ein", "eine", "einen", "einem", "einer", "der", "die", "das", "den", "dem", "und", "oder", "aber", "weil",
            "dass", "wenn", "für", "mit", "ohne", "in", "im", "an", "auf", "von", "zu", "mein", "meine", "sehr", "äh",
            "ähm",
        ],
        Language::Italian => &[
            "un", "uno", "una", "il", "lo", "la", "i", "gli", "le", "e", "o", "ma", "perché", "che", "se", "di", "del",
            "a", "al", "da", "per", "con", "senza", "in", "su", "mio", "mia", "molto", "ehm",
        ],
        Language::Portuguese => &[
            "um", "uma", "o", "a", "os", "as", "e", "ou", "mas", "porque", "que", "se", "de", "do", "da", "para",
            "por", "com", "sem", "em", "no", "na", "meu", "minha", "muito", "é",
        ],
        Language::Chinese | Language::Japanese => &[],
    };
    listed.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn courtesies_are_written_around_an_answer() {
        let answer = "On peut manger au comptoir ?";
        assert_eq!(around(answer, &[], None), answer);
        assert_eq!(
            around(answer, &[Before::Greeting("bonsoir")], Some("s'il vous plaît")),
            "Bonsoir. On peut manger au comptoir, s'il vous plaît ?"
        );
        assert_eq!(
            around("Ein Tisch", &[Before::Greeting("guten Abend")], None),
            "Guten Abend. Ein Tisch"
        );
        assert_eq!(
            around("A table for two", &[Before::Request("I would like")], Some("please")),
            "I would like a table for two, please"
        );
        assert_eq!(
            around("I'm early", &[Before::Greeting("well")], None),
            "Well. I'm early"
        );
        assert_eq!(
            around("De la fièvre", &[Before::Assent("oui")], None),
            "Oui. De la fièvre"
        );
    }

    #[test]
    fn a_request_may_follow_a_greeting() {
        let before = [Before::Greeting("bonsoir"), Before::Liaison("je voudrais", "z")];
        let text = around("Une table pour deux", &before, Some("s'il vous plaît"));
        assert_eq!(text, "Bonsoir. Je voudrais une table pour deux, s'il vous plaît");
    }

    #[test]
    fn what_only_makes_an_answer_polite_is_known() {
        let polite = |language, answer| (polite_words(language, answer), without_politeness(language, answer));
        assert_eq!(
            polite(Language::French, "Une table pour deux, s'il vous plaît ?"),
            (3, Some("Une table pour deux ?".to_owned()))
        );
        assert_eq!(
            polite(Language::English, "A table for two, please"),
            (1, Some("A table for two".to_owned()))
        );
        assert_eq!(polite(Language::English, "Yes please"), (0, None));
        assert_eq!(polite(Language::German, "Einen Tisch"), (0, None));
    }

    #[test]
    fn every_language_with_courtesies_has_greetings_requests_and_one_assent() {
        for language in Language::ALL {
            let before = before(language);
            let assents = before
                .iter()
                .filter(|before| matches!(before, Before::Assent(_)))
                .count();
            assert_eq!(assents, usize::from(!before.is_empty()), "{language}");
            let requests = before.iter().filter(|before| before.is_request()).count();
            assert_eq!(requests >= 2, !before.is_empty(), "{language}");
            assert!(requests < before.len().max(1), "{language}");
            assert!(before.is_sorted_by_key(|before| before.is_request()), "{language}");
        }
    }

    #[test]
    fn articles_conjunctions_and_hesitations_leave_a_clause_open() {
        assert!(is_open_ended(Language::French, "Une"));
        assert!(is_open_ended(Language::German, "ähm"));
        assert!(is_open_ended(Language::English, "and"));
        assert!(!is_open_ended(Language::English, "table"));
        assert!(!is_open_ended(Language::Chinese, "a"));
    }
}
