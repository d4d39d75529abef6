//! Whether a clause that was said or typed is left open.

use crate::language::Language;

/// Whether a text ends in a word that a clause seldom ends with: a conjunction, article, preposition or filler. More must
/// come then.
pub(crate) fn is_left_open(text: &str, language: Language) -> bool {
    let is_mark = |letter: char| !letter.is_alphanumeric();
    // "What is it for?" may end in a preposition.
    let is_question = text.trim_end().ends_with(['?', '？']);
    let last = text
        .split_whitespace()
        .map(|word| word.trim_matches(is_mark).to_lowercase())
        .rfind(|word| !word.is_empty());
    !is_question && last.is_some_and(|last| open_words(language).contains(&last.replace('’', "'").as_str()))
}

/// Those that often do end one are left out: German `das` and `mit`, English `that` and `in`.
fn open_words(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[
            "and", "or", "but", "because", "so", "if", "then", "a", "an", "the", "my", "your", "our", "of", "to",
            "for", "with", "from", "at", "i", "i'd", "i'm", "um", "uh", "erm", "hmm", "er",
        ],
        Language::Spanish => &[
            "y", "e", "o", "u", "pero", "porque", "que", "si", "el", "la", "los", "las", "un", "una", "mi", "su", "de",
            "del", "a", "al", "para", "por", "con", "sin", "en", "este", "eh", "em", "pues",
        ],
        Language::French => &[
            "et", "ou", "mais", "parce", "que", "si", "donc", "le", "la", "les", "l", "un", "une", "des", "du", "de",
            "d", "mon", "ma", "mes", "à", "au", "aux", "pour", "avec", "sans", "chez", "je", "j", "euh", "ben",
            "alors",
        ],
        Language::German => &[
            "und", "oder", "aber", "weil", "dass", "wenn", "ein", "eine", "einen", "einem", "einer", "mein", "meine",
            "für", "von", "vom", "zum", "zur", "im", "am", "ich", "äh", "ähm", "hm", "also",
        ],
        Language::Italian => &[
            "e", "ed", "o", "ma", "perché", "che", "se", "il", "lo", "la", "i", "gli", "le", "l", "un", "uno", "una",
            "di", "del", "della", "a", "al", "per", "con", "senza", "in", "ehm", "eh", "allora",
        ],
        Language::Portuguese => &[
            "e", "ou", "mas", "porque", "que", "se", "o", "a", "os", "as", "um", "uma", "meu", "minha", "de", "do",
            "da", "para", "por", "com", "sem", "em", "no", "na", "eh", "hum", "então",
        ],
        Language::Chinese => &["和", "或者", "但是", "因为", "的", "嗯", "那个"],
        Language::Japanese => &[
            "と",
            "や",
            "けど",
            "から",
            "の",
            "は",
            "が",
            "を",
            "に",
            "えっと",
            "あの",
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_conjunctions_and_contractions_leave_a_clause_open() {
        for (language, text) in [
            (Language::English, "Yes, I’d"),
            (Language::English, "a table for..."),
            (Language::French, "Je voudrais une"),
            (Language::French, "un verre d'"),
            (Language::German, "Ich möchte ein"),
            (Language::Spanish, "una mesa para"),
            (Language::Italian, "vorrei un"),
        ] {
            assert!(is_left_open(text, language), "{text}");
        }
        for (language, text) in [
            (Language::English, "What is it for?"),
            (Language::English, "A table for two"),
            (Language::French, "Il est là"),
            (Language::German, "Ich nehme das."),
            (Language::German, ""),
            (Language::Spanish, "¿?"),
        ] {
            assert!(!is_left_open(text, language), "{text}");
        }
    }
}
