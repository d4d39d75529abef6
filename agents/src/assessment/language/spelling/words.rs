//! Words that dictionaries know without listing them, and those that nobody can know: names.

use super::super::rules::Token;
use super::english;
use crate::language::Language;

/// Words in which hunspell's dictionaries are behind the language: interjections, British and American spelling that no pattern
/// makes of the other, words of late. Everything regular is in [`is_made_of`].
fn listed(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[
            "aeroplane",
            "café",
            "cafés",
            "cheque",
            "cheques",
            "cosy",
            "counsellor",
            "counsellors",
            "defence",
            "defense",
            "distil",
            "draught",
            "enrol",
            "enrolment",
            "fulfil",
            "fulfils",
            "grey",
            "hmm",
            "instalment",
            "instalments",
            "jewellery",
            "kerb",
            "licence",
            "licences",
            "manoeuvre",
            "marvellous",
            "maths",
            "mhm",
            "moustache",
            "mum",
            "mums",
            "offence",
            "offense",
            "okay",
            "plough",
            "practise",
            "pretence",
            "programme",
            "programmes",
            "pyjamas",
            "skilful",
            "storey",
            "toastie",
            "tyre",
            "tyres",
            "uh",
            "uhm",
            "um",
            "whisky",
            "wilful",
            "woollen",
            "yoghurt",
        ],
        Language::German => &[
            "ah",
            "kipferl",
            "melange",
            "moin",
            "sachertorte",
            "topfenknödel",
            "wärmstens",
            "aha",
            "ahm",
            "aua",
            "autsch",
            "ciao",
            "hey",
            "hm",
            "hmm",
            "igitt",
            "jein",
            "mhm",
            "na",
            "naja",
            "nee",
            "nö",
            "oje",
            "okay",
            "puh",
            "tja",
            "uff",
            "äh",
            "ähm",
        ],
        Language::Spanish => &["londres", "ajá", "ay", "eh", "ehm", "hmm", "okey", "uf", "uy"],
        Language::French => &["aïe", "bah", "bof", "euh", "hein", "hm", "hmm", "miam", "okay", "ouf"],
        Language::Italian => &["giudia", "ahi", "beh", "boh", "ehm", "hmm", "mah", "okay", "uffa"],
        Language::Portuguese => &[
            "parmegiana",
            "vegana",
            "vegano",
            "ai",
            "ah",
            "hum",
            "né",
            "oi",
            "opa",
            "tchau",
            "ué",
        ],
        Language::Chinese | Language::Japanese => &[],
    }
}

/// Words that are the same everywhere, and too young or too foreign for some dictionaries.
const EVERYWHERE: [&str; 8] = ["halal", "large", "okay", "spritz", "surf", "sushi", "wifi", "vegan"];

/// Whether a word in lower case is right, though the dictionary doesn't list it: because it is made of words that it does.
pub(super) fn is_made_of(word: &str, language: Language, knows: &impl Fn(&str) -> bool) -> bool {
    if listed(language).contains(&word) || EVERYWHERE.contains(&word) {
        return true;
    }
    let parts = |mark: char| {
        word.contains(mark)
            && word
                .split(mark)
                .all(|part| listed(language).contains(&part) || knows(part))
    };
    if parts('-') || is_contracted(word, knows) {
        return true;
    }
    match language {
        Language::English => english::is_of_other_kind(word, knows),
        Language::German => is_compound(word, knows),
        Language::Spanish => has_enclitics(word, knows) || is_graded(word, knows) || is_prefixed(word, knows),
        _ => false,
    }
}

/// A genitive or a contraction: "mum's", "war's", "gibt's".
fn is_contracted(word: &str, knows: &impl Fn(&str) -> bool) -> bool {
    const ENDS: [&str; 6] = ["s", "d", "ll", "re", "ve", "n"];
    let split = word.split_once('\'');
    split.is_some_and(|(stem, end)| ENDS.contains(&end) && (knows(stem) || listed(Language::English).contains(&stem)))
}

/// Two words in one: "Neinsagen", "hingesteckt".
fn is_compound(word: &str, knows: &impl Fn(&str) -> bool) -> bool {
    const PREFIXES: [&str; 14] = [
        "ab", "an", "auf", "aus", "ein", "her", "hin", "mit", "nach", "vor", "weg", "weiter", "zu", "zurück",
    ];
    /// Letters of each part.
    const PART: usize = 4;
    let is_word = |part: &str| knows(part) || knows(&super::capitalised(part));
    let places = word.char_indices().map(|(at, _)| at).skip(1);
    places.map(|at| word.split_at(at)).any(|(first, rest)| {
        rest.chars().count() >= PART
            && is_word(rest)
            && (PREFIXES.contains(&first) || (first.chars().count() >= PART && is_word(first)))
    })
}

/// A Spanish verb with pronouns at its end: "póngame", "hablarlo", "dándomelo".
fn has_enclitics(word: &str, knows: &impl Fn(&str) -> bool) -> bool {
    const PRONOUNS: [&str; 11] = ["me", "te", "se", "nos", "os", "lo", "la", "los", "las", "le", "les"];
    /// Letters of a verb.
    const VERB: usize = 3;
    let strip = |word: &str| -> Vec<String> {
        let stems = PRONOUNS.iter().filter_map(|pronoun| word.strip_suffix(pronoun));
        stems
            .filter(|stem| stem.chars().count() >= VERB)
            .map(str::to_owned)
            .collect()
    };
    let one = strip(word);
    let two: Vec<String> = one.iter().flat_map(|stem| strip(stem)).collect();
    // The accent that keeps the stress where it was goes with the pronouns.
    one.iter()
        .chain(&two)
        .any(|verb| knows(verb) || knows(&unaccented(verb)))
}

/// A Spanish word made smaller or greater: "frasquito", "malísima".
fn is_graded(word: &str, knows: &impl Fn(&str) -> bool) -> bool {
    const ENDS: [&str; 12] = [
        "ito", "ita", "itos", "itas", "ísimo", "ísima", "ísimos", "ísimas", "cito", "cita", "citos", "citas",
    ];
    ENDS.iter().filter_map(|end| word.strip_suffix(end)).any(|stem| {
        let hard = stem.strip_suffix("qu").map(|stem| format!("{stem}c"));
        let voiced = stem.strip_suffix("gu").map(|stem| format!("{stem}g"));
        let stems = [Some(stem.to_owned()), hard, voiced];
        stem.chars().count() >= 3
            && stems.iter().flatten().any(|stem| {
                ["", "o", "a", "e", "os", "as"]
                    .iter()
                    .any(|end| knows(&format!("{stem}{end}")))
            })
    })
}

fn is_prefixed(word: &str, knows: &impl Fn(&str) -> bool) -> bool {
    const PREFIXES: [&str; 7] = ["anti", "auto", "mini", "pre", "super", "tele", "video"];
    let rest = PREFIXES.iter().filter_map(|prefix| word.strip_prefix(prefix));
    rest.filter(|rest| rest.chars().count() >= 4).any(knows)
}

fn unaccented(word: &str) -> String {
    let plain = |c| match c {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' => 'u',
        other => other,
    };
    word.chars().map(plain).collect()
}

/// What stands before the name of a person or a place.
fn naming(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &[
            "name is", "name's", "called", "call me", "mr", "mrs", "ms", "miss", "from", "live in", "lives in",
            "born in", "under",
        ],
        Language::French => &[
            "appelle",
            "nom est",
            "nom de",
            "prénom est",
            "monsieur",
            "madame",
            "mademoiselle",
            "habite à",
            "viens de",
            "né à",
            "née à",
        ],
        Language::German => &[
            "heiße", "heißt", "name ist", "namen", "herr", "herrn", "frau", "aus", "wohne in", "lebe in",
        ],
        Language::Spanish => &[
            "llamo",
            "llama",
            "nombre es",
            "nombre de",
            "apellido es",
            "señor",
            "señora",
            "vivo en",
            "soy de",
            "vengo de",
        ],
        Language::Italian => &[
            "chiamo",
            "chiama",
            "nome è",
            "nome di",
            "a nome",
            "cognome è",
            "signor",
            "signore",
            "signora",
            "abito a",
            "vivo a",
            "vengo da",
            "sono di",
        ],
        Language::Portuguese => &[
            "chamo", "nome é", "nome de", "senhor", "senhora", "moro em", "sou de", "venho de",
        ],
        Language::Chinese | Language::Japanese => &[],
    }
}

/// Whether a word is the first or second of a name, by what stands before it: no dictionary lists all people and places.
pub(super) fn is_named(tokens: &[Token], at: usize, language: Language) -> bool {
    let ends_in = |words: &[Token], phrase: &str| {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        let Some(from) = words.len().checked_sub(phrase.len()) else {
            return false;
        };
        words[from..].iter().map(|token| token.lower.as_str()).eq(phrase)
    };
    let follows = |at: usize| naming(language).iter().any(|phrase| ends_in(&tokens[..at], phrase));
    // A second word is part of a name only if nothing but a name's first word is between.
    follows(at) || (at > 0 && tokens[at - 1].is_word && tokens[at - 1].is_capitalised() && follows(at - 1))
}

/// Whether a German word with a capital is a noun rather than a name, by the word before it.
pub(super) fn is_noun_after(before: &Token) -> bool {
    const DETERMINERS: [&str; 24] = [
        "ein", "eine", "einen", "einem", "einer", "eines", "kein", "keine", "keinen", "keinem", "keiner", "mein",
        "meine", "meinen", "meinem", "meiner", "viel", "viele", "zwei", "drei", "vier", "fünf", "sechs", "etwas",
    ];
    before.is_word && DETERMINERS.contains(&before.lower.as_str())
}
