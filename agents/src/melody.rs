//! How the voice moves in a sentence of a kind: what exercises teach, what a voice is asked for, and what a learner is held against.

use serde::{Deserialize, Serialize};

use crate::assessment::speech::Pattern;
use crate::language::Language;

/// How the melody of a sentence goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Melody {
    /// Up at the end: a question that is answered by yes or no.
    Rising,
    /// Down at the end: a statement, or a question that a question word asks already.
    Falling,
    /// Up where there is more to come, down at the end: a choice, a list, a sentence of two parts.
    RiseFall,
}

impl Melody {
    /// That of the last sentence of a text. A choice goes up on the first and down on the last of what there is to choose;
    /// questions with a question word fall, as they do in all these languages but Japanese; other questions rise.
    ///
    /// Lists and sentences of two parts end as statements do, and are taken for such: where they rise before, the text doesn't tell
    /// for sure.
    pub fn of(text: &str, language: Language) -> Self {
        let sentence = last_sentence(text);
        let asks = sentence.ends_with(['?', '？']);
        let sentence = sentence.trim_end_matches(is_end).to_lowercase();
        if language == Language::Japanese {
            let asks = asks || sentence.ends_with('か');
            return if asks { Self::Rising } else { Self::Falling };
        }
        if !asks {
            return Self::Falling;
        }
        if leaves_a_choice(&sentence, language) {
            Self::RiseFall
        } else if has_question_word(&sentence, language) {
            Self::Falling
        } else {
            Self::Rising
        }
    }

    /// How it ends.
    pub fn end(self) -> Pattern {
        match self {
            Self::Rising => Pattern::Rising,
            Self::Falling | Self::RiseFall => Pattern::Falling,
        }
    }

    /// A sentence with the marks that make a voice go so which knows melodies by marks alone: a question mark for a rise, a full
    /// stop for a fall, and a comma before the last choice.
    pub fn marked(self, text: &str, language: Language) -> String {
        let text = text.trim().trim_start_matches(['¿', '¡']);
        let bare = text.trim_end_matches(|sign: char| is_end(sign) || sign.is_whitespace());
        match self {
            Self::Rising => format!("{bare}?"),
            Self::Falling => format!("{bare}."),
            Self::RiseFall => match choice(bare, language).filter(|_| !bare.contains(',')) {
                Some(at) => format!("{}, {}.", bare[..at].trim_end(), &bare[at..]),
                None => format!("{bare}."),
            },
        }
    }
}

fn is_end(sign: char) -> bool {
    matches!(sign, '.' | '!' | '?' | '…' | '。' | '！' | '？')
}

/// The last sentence, with its mark.
fn last_sentence(text: &str) -> &str {
    let closes = |sign: char| sign.is_whitespace() || matches!(sign, '"' | '»' | '”' | '“' | ')' | '」');
    let text = text.trim_end_matches(closes);
    let body = text.trim_end_matches(is_end);
    let start = body
        .rfind(is_end)
        .map_or(0, |at| at + body[at..].chars().next().map_or(1, char::len_utf8));
    &text[start..]
}

/// Whether a question leaves a choice. At its end the word for "or" asks for assent: "Du kommst, oder?".
fn leaves_a_choice(sentence: &str, language: Language) -> bool {
    choice(sentence, language).is_some()
}

/// Where the last choice begins, with the word for "or".
fn choice(sentence: &str, language: Language) -> Option<usize> {
    let words: &[&str] = match language {
        Language::English => &["or"],
        Language::Spanish => &["o", "u"],
        Language::French | Language::Portuguese => &["ou"],
        Language::German => &["oder"],
        Language::Italian => &["o", "oppure"],
        Language::Chinese => return sentence.find("还是").filter(|at| *at > 0),
        Language::Japanese => return None,
    };
    let spoken = words_of(sentence);
    let last = spoken.len().checked_sub(1)?;
    let is_choice = |index: &usize| *index > 0 && *index < last && words.contains(&&*spoken[*index].1.to_lowercase());
    (0..spoken.len()).rev().find(is_choice).map(|index| spoken[index].0)
}

/// Whether a clause of it begins with a question word. A preposition may come first: "À quelle heure", "De dónde", "Mit wem"; so
/// may another clause: "Tell me, when does it open?".
fn has_question_word(sentence: &str, language: Language) -> bool {
    if language == Language::Chinese {
        return ["什么", "谁", "哪", "几", "怎", "多少", "为何"]
            .iter()
            .any(|word| sentence.contains(word));
    }
    let clauses = sentence.split([',', ';', ':', '，']);
    clauses
        .flat_map(|clause| words_of(clause).into_iter().take(2))
        .any(|(_, word)| question_words(language).contains(&word))
}

/// The words of a text and where they begin.
fn words_of(text: &str) -> Vec<(usize, &str)> {
    let words = text
        .split(|sign: char| !sign.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
        .collect()
}

fn question_words(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["what", "who", "whom", "whose", "which", "when", "where", "why", "how"],
        Language::Spanish => &[
            "qué", "quién", "quiénes", "cuál", "cuáles", "cuándo", "dónde", "adónde", "cómo", "cuánto", "cuánta",
            "cuántos", "cuántas",
        ],
        Language::French => &[
            "qui", "que", "qu", "quoi", "quel", "quelle", "quels", "quelles", "quand", "où", "pourquoi", "comment",
            "combien", "lequel", "laquelle",
        ],
        Language::German => &[
            "wer", "wen", "wem", "wessen", "was", "welche", "welcher", "welches", "welchen", "wann", "wo", "woher",
            "wohin", "warum", "wieso", "wie", "womit", "wofür",
        ],
        Language::Italian => &[
            "chi", "che", "cosa", "cos", "quale", "quali", "qual", "quando", "dove", "dov", "perché", "come", "com",
            "quanto", "quanta", "quanti", "quante",
        ],
        Language::Portuguese => &[
            "quem", "que", "quê", "qual", "quais", "quando", "onde", "aonde", "porque", "como", "quanto", "quanta",
            "quantos", "quantas",
        ],
        Language::Chinese | Language::Japanese => &[],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sentences_of_a_kind_have_one_melody_in_all_languages() {
        use Melody::{Falling, RiseFall, Rising};
        for (language, text, melody) in [
            (Language::English, "I would like a table.", Falling),
            (Language::English, "Where is it?", Falling),
            (Language::English, "Is it here?", Rising),
            (Language::English, "Tell me, when does it open?", Falling),
            (Language::English, "Do you know when it opens?", Rising),
            (Language::English, "Would you like tea or coffee?", RiseFall),
            (Language::English, "Which do you prefer, tea or coffee?", RiseFall),
            (Language::English, "I would like tea or coffee.", Falling),
            (Language::English, "He said: “Is it here?”", Rising),
            (Language::English, "", Falling),
            (Language::Spanish, "¿De dónde eres?", Falling),
            (Language::Spanish, "Hola. ¿Qué tal? ¿Todo bien?", Rising),
            (Language::Spanish, "¿Quieres café o té?", RiseFall),
            (Language::French, "Qu'est-ce que c'est ?", Falling),
            (Language::French, "Vous avez choisi ?", Rising),
            (Language::French, "Où est la gare ?", Falling),
            (Language::French, "Le thé ou le café ?", RiseFall),
            (Language::German, "Mit wem kommst du?", Falling),
            (Language::German, "Du kommst morgen, oder?", Rising),
            (Language::German, "Möchten Sie Kaffee oder Tee?", RiseFall),
            (Language::Italian, "Com'è?", Falling),
            (Language::Italian, "Preferisci il caffè o il tè?", RiseFall),
            (Language::Portuguese, "Você prefere chá ou café?", RiseFall),
            (Language::Chinese, "你叫什么名字？", Falling),
            (Language::Chinese, "你是学生吗？", Rising),
            (Language::Chinese, "你喝茶，还是喝咖啡？", RiseFall),
            (Language::Japanese, "お元気ですか。", Rising),
            (Language::Japanese, "これは何ですか。", Rising),
            (Language::Japanese, "わたしは学生です。", Falling),
        ] {
            assert_eq!(Melody::of(text, language), melody, "{text}");
        }
    }

    #[test]
    fn marks_make_the_melody() {
        for (language, text, marked) in [
            (Language::English, "Are you ready?", "Are you ready?"),
            (Language::German, "Warum kommst du so spät?", "Warum kommst du so spät."),
            (Language::Spanish, "¿Quieres café o té?", "Quieres café, o té."),
            (Language::French, "Le thé ou le café ?", "Le thé, ou le café."),
            (
                Language::French,
                "Lundi, mardi et mercredi.",
                "Lundi, mardi et mercredi.",
            ),
            (Language::French, "Vous avez choisi ?", "Vous avez choisi?"),
        ] {
            assert_eq!(Melody::of(text, language).marked(text, language), marked);
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_melody(text in "\\PC*|[a-zé¿?.!, or]{0,30}") {
            for language in Language::ALL {
                let _ = Melody::of(&text, language).marked(&text, language);
            }
        }
    }
}
