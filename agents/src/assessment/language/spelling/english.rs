//! The same English word as others spell it: a dictionary knows one kind of English, American or British.
//!
//! Each pattern holds where the two differ by rule, and no further: a pattern that takes one letter for two anywhere in a word makes
//! words of its commonest misspellings ("untill", "realy", "wellcome").

/// Stems before "-our": "colour", "favourite", "neighbourhood".
const OUR: [&str; 28] = [
    "arm",
    "behavi",
    "cand",
    "clam",
    "col",
    "demean",
    "endeav",
    "fav",
    "ferv",
    "flav",
    "glam",
    "harb",
    "hon",
    "hum",
    "lab",
    "misdemean",
    "neighb",
    "od",
    "parl",
    "ranc",
    "rig",
    "rum",
    "sav",
    "splend",
    "tum",
    "val",
    "vap",
    "vig",
];
/// What may stand before such a stem.
const BEFORE_OUR: [&str; 4] = ["", "un", "dis", "be"];
/// Before these both kinds have "-or-": "humorous", "honorary", "vaporise".
const AFTER_OR: [&str; 8] = ["ous", "ious", "ary", "ific", "ation", "ist", "is", "iz"];
/// Stems before "-re" that are "-er" in American English: "centre", "kilometres".
const RE: [&str; 10] = [
    "calib", "cent", "fib", "lit", "lust", "meag", "met", "somb", "spect", "theat",
];
/// The endings of a verb in "-ise" or "-yse", and of what is made of it, behind the "s".
const AFTER_S: [&str; 11] = [
    "e", "ed", "es", "er", "ers", "ing", "able", "ation", "ations", "ational", "ingly",
];
/// Endings before which British English doubles an l that isn't stressed: "travelled".
const AFTER_LL: [&str; 5] = ["ed", "ing", "er", "ers", "ings"];
/// Parts of words from Greek and Latin, British and American.
const CLASSICAL: [(&str, &str); 13] = [
    ("aesthet", "esthet"),
    ("anaem", "anem"),
    ("anaesth", "anesth"),
    ("archaeo", "archeo"),
    ("foet", "fet"),
    ("gynaec", "gynec"),
    ("haem", "hem"),
    ("leukaem", "leukem"),
    ("mediaev", "mediev"),
    ("oesoph", "esoph"),
    ("oestr", "estr"),
    ("paed", "ped"),
    ("rrhoea", "rrhea"),
];

/// Whether a dictionary that lists a word in one kind of English only means this word, in lower case, of the other kind.
pub(super) fn is_of_other_kind(word: &str, knows: &impl Fn(&str) -> bool) -> bool {
    // One that lists "color" needs no American spelling made of a British one, and the other way round.
    if knows("color") {
        american(word, knows).iter().any(|word| knows(word))
    } else {
        british(word).iter().any(|word| knows(word))
    }
}

/// A British word as Americans may spell it.
fn american(word: &str, knows: &impl Fn(&str) -> bool) -> Vec<String> {
    let mut words = regular(word, Kind::British);
    // "smilling" is no British word: nothing is "to smil".
    let doubled = AFTER_LL
        .iter()
        .filter_map(|end| Some((word.strip_suffix(end)?.strip_suffix("ll")?, end)));
    for (stem, end) in doubled {
        let verb = format!("{stem}l");
        if is_unstressed(stem) && knows(&verb) {
            words.push(format!("{verb}{end}"));
        }
    }
    words
}

/// An American word as the British may spell it.
fn british(word: &str) -> Vec<String> {
    let mut words = regular(word, Kind::American);
    let single = AFTER_LL
        .iter()
        .filter_map(|end| Some((word.strip_suffix(end)?.strip_suffix('l')?, end)));
    words.extend(
        single
            .filter(|(stem, _)| is_unstressed(stem))
            .map(|(stem, end)| format!("{stem}ll{end}")),
    );
    words
}

/// Which kind of English a word may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    British,
    American,
}

/// What a word of this kind is in the other, by the patterns that go both ways.
fn regular(word: &str, kind: Kind) -> Vec<String> {
    let pair = |british, american| match kind {
        Kind::British => (british, american),
        Kind::American => (american, british),
    };
    let mut words = Vec::new();
    let (or, other) = pair("our", "or");
    for stem in OUR {
        for before in BEFORE_OUR {
            let end = word
                .strip_prefix(before)
                .and_then(|rest| rest.strip_prefix(stem)?.strip_prefix(or));
            if let Some(end) = end.filter(|end| !AFTER_OR.iter().any(|after| end.starts_with(after))) {
                words.push(format!("{before}{stem}{other}{end}"));
            }
        }
    }
    let (re, other) = pair("re", "er");
    for (british, american) in [("", ""), ("s", "s"), ("d", "ed"), ("ing", "ing")] {
        let (own, end) = pair(british, american);
        let stem = word.strip_suffix(own).and_then(|bare| bare.strip_suffix(re));
        let known = stem.filter(|stem| RE.iter().any(|known| stem.ends_with(known)));
        words.extend(known.map(|stem| format!("{stem}{other}{end}")));
    }
    for (british, american) in [("is", "iz"), ("ys", "yz")] {
        let (own, other) = pair(british, american);
        let stems = AFTER_S
            .iter()
            .filter_map(|end| Some((word.strip_suffix(end)?.strip_suffix(own)?, end)));
        // "size", "rise": what has no stem is no such verb.
        words.extend(
            stems
                .filter(|(stem, _)| stem.len() >= 3)
                .map(|(stem, end)| format!("{stem}{other}{end}")),
        );
    }
    let (logue, other) = pair("logue", "log");
    for (bare, end) in ["", "s"].iter().filter_map(|end| Some((word.strip_suffix(end)?, end))) {
        words.extend(bare.strip_suffix(logue).map(|stem| format!("{stem}{other}{end}")));
    }
    for (british, american) in CLASSICAL {
        let (own, other) = pair(british, american);
        if word.contains(own) {
            words.push(word.replacen(own, other, 1));
        }
    }
    words
}

/// Whether a verb without its final l may be unstressed there: it has a vowel before, and one by itself at its end ("travel"), or
/// two syllables that meet ("fuel", "dial", "equal").
fn is_unstressed(stem: &str) -> bool {
    let is_vowel = |letter: char| "aeiou".contains(letter);
    let mut letters = stem.chars().rev();
    let (Some(last), Some(before)) = (letters.next(), letters.next()) else {
        return false;
    };
    let meets = matches!((before, last), ('u', 'e') | ('u' | 'i', 'a'));
    is_vowel(last) && (meets || (!is_vowel(before) && letters.any(is_vowel)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a dictionary of American words would.
    fn knows_american(word: &str) -> bool {
        const WORDS: &str = "color colors colored favorite neighborhood dishonor organize organized organization analyze center centers \
            kilometers theater travel traveled traveling traveler cancel canceled fuel fueled dial dialing catalog pediatric \
            anemia humorous feeling smiling surprise exercise she the real letter member sense year";
        WORDS.split_whitespace().any(|known| known == word)
    }

    fn knows_british(word: &str) -> bool {
        const WORDS: &str =
            "colour favourite organise analyse centre centred theatre travelled travelling catalogue paediatric";
        WORDS.split_whitespace().any(|known| known == word)
    }

    #[test]
    fn british_words_are_known_to_an_american_dictionary() {
        for word in [
            "colour",
            "coloured",
            "favourite",
            "neighbourhood",
            "dishonour",
            "organise",
            "organised",
            "organisation",
            "analyse",
            "centre",
            "centres",
            "kilometres",
            "theatre",
            "travelled",
            "travelling",
            "traveller",
            "cancelled",
            "fuelled",
            "dialling",
            "catalogue",
            "paediatric",
            "anaemia",
        ] {
            assert!(is_of_other_kind(word, &knows_american), "{word}");
        }
    }

    #[test]
    fn american_words_are_known_to_a_british_dictionary() {
        for word in [
            "color",
            "favorite",
            "organize",
            "analyze",
            "center",
            "centered",
            "theater",
            "traveled",
            "traveling",
            "catalog",
            "pediatric",
        ] {
            assert!(is_of_other_kind(word, &knows_british), "{word}");
        }
    }

    #[test]
    fn what_only_looks_like_the_other_kind_is_of_neither() {
        for word in [
            "humourous",
            "smilling",
            "feelling",
            "surprize",
            "exercize",
            "shoe",
            "lettre",
            "membre",
            "sence",
            "realy",
            "yeour",
            "",
            "s",
            "ll",
            "our",
            "é",
        ] {
            assert!(!is_of_other_kind(word, &knows_american), "{word}");
        }
    }
}
