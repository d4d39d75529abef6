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

    /// Whether the voice may rise at the end of a text all the same: a question that a question word asks falls by itself, and rises where it is
    /// asked with interest or courtesy.
    pub fn may_rise(text: &str, language: Language) -> bool {
        Self::of(text, language) == Self::Falling && last_sentence(text).ends_with(['?', '？'])
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
            Self::RiseFall => {
                let last = last_sentence(bare);
                let start = last.as_ptr() as usize - bare.as_ptr() as usize;
                let at = choice(last, language).map(|at| start + at);
                match at.map(|at| (bare[..at].trim_end(), &bare[at..])) {
                    Some((first, choice)) if !first.ends_with([',', ':', ';', '，']) => format!("{first}, {choice}."),
                    _ => format!("{bare}."),
                }
            }
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

/// Whether a question word asks it. A preposition may come first ("À quelle heure", "De dónde", "Und mit wem"), and so may a clause
/// that asks nothing ("Tell me, when does it open?"). One that asks is answered by yes or no, whatever else belongs to it ("Wissen
/// Sie, wo der Bahnhof ist?"), unless another question is added to it ("Are you coming, and when?").
fn has_question_word(sentence: &str, language: Language) -> bool {
    if language == Language::Chinese {
        return ["什么", "谁", "哪", "几", "怎", "多少", "为何"]
            .iter()
            .any(|word| sentence.contains(word));
    }
    // What stands before the mark is no part of a Spanish question, and what leads to a colon asks only by a question word.
    let question = sentence.rsplit('¿').next().unwrap_or(sentence);
    let mut colons = question.matches(':').count();
    let mut is_asked = false;
    for clause in question.split_inclusive([',', ';', ':', '，']) {
        let words: Vec<&str> = words_of(clause).into_iter().map(|(_, word)| word).collect();
        let lead = words.iter().take_while(|word| leads(language).contains(word)).count();
        let is_added = words
            .first()
            .is_some_and(|word| ["and", "y", "et", "und", "e", "ed"].contains(word));
        if (!is_asked || is_added) && asks_by_word(&words[lead..], language) {
            return true;
        }
        is_asked |= colons == 0 && asks_yes_or_no(&words[lead..], clause, language);
        colons -= usize::from(clause.ends_with(':'));
    }
    false
}

/// Whether a clause begins with a question word, or says "what" in Italian, where a topic may come before it: "Nella vita che cosa fa".
fn asks_by_word(words: &[&str], language: Language) -> bool {
    let asks = |word: &&str| question_words(language).contains(word);
    let says_what = language == Language::Italian && words.windows(2).any(|pair| pair == ["che", "cosa"]);
    words.first().is_some_and(asks)
        || (says_what && !words.first().is_some_and(|word| openers(language).contains(word)))
}

/// Whether a clause has the form of a question that is answered by yes or no.
fn asks_yes_or_no(words: &[&str], clause: &str, language: Language) -> bool {
    // "Vous avez choisi" asks, "vous" by itself addresses.
    let [first, second, ..] = words else {
        return false;
    };
    let opens = openers(language).contains(first);
    match language {
        // "The viewing, is it, ..." asks nothing yet.
        Language::English => (opens && words.len() > 2) || (first.ends_with('n') && *second == "t"),
        // The verb comes first: "Wissen Sie", "Ist das", not "Sagen Sie mir".
        Language::German => {
            let is_verb = opens || ["en", "st", "t", "te"].iter().any(|end| first.ends_with(end));
            is_verb && !NO_QUESTIONS_GERMAN.contains(first) && SUBJECTS_GERMAN.contains(second)
        }
        // "Vous-même" addresses, and "vous venez d'où" asks by its last word.
        Language::French => {
            let inverted = ["-vous", "-tu", "-il", "-elle", "-on", "-nous", "est-ce qu"];
            let asks = opens || inverted.iter().any(|end| clause.contains(end));
            let is_word_last = words.last().is_some_and(|word| question_words(language).contains(word));
            asks && *second != "même" && !is_word_last
        }
        Language::Spanish | Language::Italian | Language::Portuguese => opens,
        Language::Chinese | Language::Japanese => false,
    }
}

/// The words that questions begin with which are answered by yes or no: auxiliaries, the verbs of polite questions, and in French
/// the subject.
fn openers(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[
            "am", "are", "can", "could", "did", "do", "does", "had", "has", "have", "is", "may", "might", "must",
            "shall", "should", "was", "were", "will", "would",
        ],
        Language::German => &[
            "darf", "habe", "hätte", "kann", "mag", "muss", "soll", "war", "wäre", "will", "wird", "würde",
        ],
        Language::French => &["vous", "tu", "il", "elle", "on", "nous", "ils", "elles", "je", "j", "y"],
        Language::Italian => &[
            "avete",
            "c",
            "ci",
            "conosce",
            "crede",
            "desidera",
            "gradisce",
            "ha",
            "hai",
            "pensa",
            "possiamo",
            "posso",
            "potrebbe",
            "preferisce",
            "può",
            "puoi",
            "sa",
            "sai",
            "sapete",
            "si",
            "vorrebbe",
            "vuoi",
            "vuole",
            "è",
        ],
        Language::Portuguese => &[
            "acha", "conhece", "deseja", "gostaria", "há", "pode", "podemos", "poderia", "posso", "prefere", "quer",
            "sabe", "tem", "vai", "você", "vocês",
        ],
        Language::Spanish => &[
            "conoce", "cree", "desea", "es", "está", "hay", "le", "les", "prefiere", "puede", "puedo", "podemos",
            "podría", "quiere", "quieren", "sabe", "sabes", "te", "tiene", "tienen", "va",
        ],
        Language::Chinese | Language::Japanese => &[],
    }
}

/// What follows the verb of a German question.
const SUBJECTS_GERMAN: [&str; 26] = [
    "das", "dein", "deine", "denn", "der", "die", "dir", "du", "ein", "eine", "er", "es", "hier", "ich", "ihm",
    "ihnen", "ihr", "ihre", "man", "mir", "noch", "schon", "sie", "uns", "unsere", "wir",
];

/// What looks like the verb of a German question and begins a request, or a phrase: "Nehmen Sie Platz, was darf ich bringen?".
const NO_QUESTIONS_GERMAN: [&str; 25] = [
    "bitte",
    "bleiben",
    "entschuldigen",
    "erst",
    "erzählen",
    "geben",
    "gut",
    "heute",
    "hören",
    "kommen",
    "lassen",
    "morgen",
    "neben",
    "nehmen",
    "nennen",
    "nicht",
    "reden",
    "sagen",
    "setzen",
    "stellen",
    "verraten",
    "verzeihen",
    "warten",
    "wegen",
    "zeigen",
];

/// The words that may stand before a question word: prepositions, conjunctions, and articles that belong to it ("o que").
fn leads(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[
            "about", "and", "around", "at", "but", "by", "for", "from", "in", "of", "oh", "okay", "on", "roughly",
            "since", "so", "then", "to", "until", "well", "with",
        ],
        Language::Spanish => &[
            "a", "bueno", "cada", "con", "de", "desde", "e", "en", "entonces", "hace", "hacia", "hasta", "para",
            "pero", "por", "pues", "según", "sin", "sobre", "tú", "usted", "ustedes", "y",
        ],
        Language::French => &[
            "à", "alors", "avec", "bon", "chez", "contre", "d", "dans", "de", "depuis", "donc", "en", "et", "jusqu",
            "mais", "par", "pendant", "pour", "sans", "sur", "vers",
        ],
        Language::German => &[
            "ab", "aber", "also", "an", "auf", "aus", "bei", "bis", "dann", "denn", "durch", "für", "gegen", "in",
            "mit", "na", "nach", "oder", "seit", "so", "über", "um", "und", "unter", "von", "vor", "zu", "zum", "zur",
        ],
        Language::Italian => &[
            "a", "ad", "allora", "bene", "con", "d", "da", "di", "dunque", "e", "ed", "fin", "fino", "fra", "in",
            "lei", "ma", "per", "quindi", "su", "tra", "tu", "verso", "voi",
        ],
        Language::Portuguese => &[
            "a", "à", "até", "às", "bom", "com", "da", "de", "desde", "do", "e", "em", "então", "há", "mas", "na",
            "no", "o", "para", "por", "pra", "sobre", "são", "é",
        ],
        Language::Chinese | Language::Japanese => &[],
    }
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
            "wohin", "warum", "wieso", "weshalb", "wie", "wieviel", "womit", "wofür", "welchem", "worauf", "worüber",
            "wovon", "wozu",
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
    fn questions_with_a_question_word_may_rise_and_statements_and_choices_may_not() {
        for (language, text, may_rise) in [
            (Language::French, "Comment vous appelez-vous ?", true),
            (Language::English, "Where is it?", true),
            (Language::English, "It is here.", false),
            (Language::English, "Is it here?", false),
            (Language::English, "Which do you prefer, tea or coffee?", false),
            (Language::Japanese, "どこですか。", false),
        ] {
            assert_eq!(Melody::may_rise(text, language), may_rise, "{text}");
        }
    }

    #[test]
    fn sentences_of_a_kind_have_one_melody_in_all_languages() {
        use Melody::{Falling, RiseFall, Rising};
        for (language, text, melody) in [
            (Language::English, "I would like a table.", Falling),
            (Language::English, "Where is it?", Falling),
            (Language::English, "Is it here?", Rising),
            (Language::English, "Tell me, when does it open?", Falling),
            (Language::English, "Do you know when it opens?", Rising),
            (Language::English, "Tell me, at what time?", Falling),
            (Language::English, "Could you come at six, when we open?", Rising),
            (Language::English, "Don't you know, who she is?", Rising),
            (Language::English, "Well, and for how many?", Falling),
            (
                Language::English,
                "It's for the viewing, is it, and what name?",
                Falling,
            ),
            (Language::English, "Would you like tea or coffee?", RiseFall),
            (Language::English, "Which do you prefer, tea or coffee?", RiseFall),
            (Language::English, "I would like tea or coffee.", Falling),
            (Language::English, "He said: “Is it here?”", Rising),
            (Language::English, "", Falling),
            (Language::Spanish, "¿De dónde eres?", Falling),
            (Language::Spanish, "Hola. ¿Qué tal? ¿Todo bien?", Rising),
            (Language::Spanish, "¿Sabe dónde está?", Rising),
            (Language::Spanish, "Perdón, ¿sabe cuándo abre?", Rising),
            (Language::Spanish, "¿Sabe usted, por favor, dónde está?", Rising),
            (Language::Spanish, "Perdón, ¿a qué hora abre?", Falling),
            (Language::Spanish, "Y para beber, ¿qué desea?", Falling),
            (Language::Spanish, "¿Quieres café o té?", RiseFall),
            (Language::French, "Pardon, où est la gare ?", Falling),
            (Language::French, "Et vous, à quelle heure partez-vous ?", Falling),
            (Language::French, "Vous savez où est la gare ?", Rising),
            (Language::French, "Savez-vous, par hasard, où est la gare ?", Rising),
            (Language::French, "Dites-moi, où est la gare ?", Falling),
            (Language::French, "C'est décidé, où est-ce que je signe ?", Falling),
            (Language::French, "Et vous-même, qu'en dites-vous ?", Falling),
            (Language::French, "Et vous venez d'où, de quel pays ?", Falling),
            (Language::French, "Qu'est-ce que c'est ?", Falling),
            (Language::French, "Vous avez choisi ?", Rising),
            (Language::French, "Où est la gare ?", Falling),
            (Language::French, "Le thé ou le café ?", RiseFall),
            (Language::German, "Mit wem kommst du?", Falling),
            (Language::German, "Du kommst morgen, oder?", Rising),
            (Language::German, "Wissen Sie, wo der Bahnhof ist?", Rising),
            (
                Language::German,
                "Entschuldigung, wissen Sie, wo der Bahnhof ist?",
                Rising,
            ),
            (Language::German, "Können Sie mir sagen, wie spät es ist?", Rising),
            (
                Language::German,
                "Haben Sie besondere Wünsche, was den Sitzplatz angeht?",
                Rising,
            ),
            (Language::German, "Darf ich fragen, wie Sie heißen?", Rising),
            (Language::German, "Noch was?", Rising),
            (
                Language::German,
                "Wäre das etwas für Sie, und auf welchen Namen?",
                Falling,
            ),
            (
                Language::German,
                "Reden wir über Zahlen: wie hoch ist das Gehalt?",
                Falling,
            ),
            (Language::German, "Entschuldigung, wo ist der Bahnhof?", Falling),
            (Language::German, "Sagen Sie mir, wann öffnet das Museum?", Falling),
            (Language::German, "Und Sie, woher kommen Sie?", Falling),
            (Language::German, "Wenn Sie fertig sind, was möchten Sie dann?", Falling),
            (Language::German, "Und um wie viel Uhr?", Falling),
            (Language::German, "Möchten Sie Kaffee oder Tee?", RiseFall),
            (Language::Italian, "Com'è?", Falling),
            (Language::Italian, "Scusi, dov'è il bagno?", Falling),
            (Language::Italian, "Scusi, sa dov'è il bagno?", Rising),
            (Language::Italian, "Sa dov'è il bagno?", Rising),
            (Language::Italian, "Pensa che basti?", Rising),
            (Language::Italian, "Vuole che aspetti?", Rising),
            (Language::Italian, "E per quante persone?", Falling),
            (Language::Italian, "Nella vita di che cosa si occupa?", Falling),
            (Language::Italian, "E lei che cosa prende?", Falling),
            (Language::Italian, "Preferisci il caffè o il tè?", RiseFall),
            (Language::Portuguese, "Quer que eu espere?", Rising),
            (Language::Portuguese, "Acha que chove?", Rising),
            (Language::Portuguese, "Desculpe, sabe onde fica?", Rising),
            (Language::Portuguese, "E o que vai beber?", Falling),
            (Language::Portuguese, "De onde você é?", Falling),
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
            (
                Language::German,
                "Wie möchten Sie es: mit Milch oder mit Zucker, bitte?",
                "Wie möchten Sie es: mit Milch, oder mit Zucker, bitte.",
            ),
            (
                Language::English,
                "Well, you did it, or did you? Tea or coffee?",
                "Well, you did it, or did you? Tea, or coffee.",
            ),
            (Language::English, "Tea, coffee, or water?", "Tea, coffee, or water."),
            (
                Language::English,
                "Which do you prefer, tea or coffee?",
                "Which do you prefer, tea, or coffee.",
            ),
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
