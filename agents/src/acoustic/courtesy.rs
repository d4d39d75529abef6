//! What people say around an answer without changing it, and the words after which more must come, by language.

use crate::language::Language;

/// Greetings and assents before an answer, and how a request begins whose object the answer is.
pub fn before(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[
            "hello",
            "hi",
            "good evening",
            "yes",
            "well",
            "okay",
            "I would like",
            "I'd like",
            "could I have",
        ],
        Language::Spanish => &[
            "hola",
            "buenos días",
            "buenas tardes",
            "buenas noches",
            "sí",
            "bueno",
            "quisiera",
            "quiero",
            "me gustaría",
        ],
        Language::French => &["bonjour", "bonsoir", "oui", "alors", "je voudrais", "on voudrait"],
        Language::German => &[
            "hallo",
            "guten Tag",
            "guten Abend",
            "ja",
            "also",
            "ich möchte",
            "ich hätte gern",
        ],
        Language::Italian => &["buongiorno", "buonasera", "salve", "sì", "allora", "vorrei", "vorremmo"],
        Language::Portuguese => &["olá", "bom dia", "boa tarde", "boa noite", "sim", "eu queria", "queria"],
        Language::Chinese | Language::Japanese => &[],
    }
}

/// Whether one of these leads into the answer rather than standing before it.
fn is_request(before: &str) -> bool {
    let last = before.rsplit(' ').next().unwrap_or_default();
    let words = [
        "like",
        "have",
        "quisiera",
        "quiero",
        "gustaría",
        "voudrais",
        "voudrait",
        "möchte",
        "gern",
        "vorrei",
        "vorremmo",
        "queria",
    ];
    words.contains(&last)
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
/// its own, so that the answer keeps its capital; a request goes on with the answer: "I would like a table for two".
pub fn around(answer: &str, before: Option<&str>, after: Option<&str>) -> String {
    let mut text = String::with_capacity(answer.len() + 32);
    if let Some(before) = before {
        let mut letters = before.chars();
        text.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        text.push_str(letters.as_str());
        text.push_str(if is_request(before) { " " } else { ". " });
    }
    let lowered = before.filter(|before| is_request(before)).map(|_| lowered(answer));
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
        assert_eq!(around(answer, None, None), answer);
        assert_eq!(
            around(answer, Some("bonsoir"), Some("s'il vous plaît")),
            "Bonsoir. On peut manger au comptoir, s'il vous plaît ?"
        );
        assert_eq!(around("Ein Tisch", Some("guten Abend"), None), "Guten Abend. Ein Tisch");
        assert_eq!(
            around("A table for two", Some("I would like"), Some("please")),
            "I would like a table for two, please"
        );
        assert_eq!(around("I'm early", Some("well"), None), "Well. I'm early");
    }

    #[test]
    fn every_request_is_one_and_no_greeting_is() {
        for language in Language::ALL {
            let requests = before(language).iter().filter(|text| is_request(text)).count();
            let greetings = ["hello", "hola", "bonjour", "hallo", "salve", "olá"];
            assert_eq!(requests >= 2, !before(language).is_empty(), "{language}");
            assert!(!greetings.into_iter().any(is_request));
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
