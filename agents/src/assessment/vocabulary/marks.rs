//! The words and endings by which clauses and times are told in each language. Only the most frequent ones: what is missed makes
//! an answer look simpler than it is, never harder.

use crate::language::Language;

/// A time other than the present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    Past,
    Future,
    Conditional,
}

impl Time {
    pub(super) const ALL: [Self; 3] = [Self::Past, Self::Future, Self::Conditional];
}

/// What marks one time.
#[derive(Debug)]
pub(super) struct TimeMarks {
    /// Whole words; in languages without spaces, any signs.
    pub words: &'static [&'static str],
    /// Ends of longer words.
    endings: &'static [&'static str],
    /// Words that mark it together with the next word's ending.
    pairs: Pairs,
}

/// An auxiliary and the ends of the words that may follow it.
#[derive(Debug)]
struct Pairs {
    first: &'static [&'static str],
    second: &'static [&'static str],
}

/// The marks of a language.
#[derive(Debug)]
pub(super) struct Marks {
    /// Words that begin a subordinate clause.
    pub subordinators: &'static [&'static str],
    /// Words after which they don't (`est-ce que`).
    unless_after: &'static [&'static str],
    past: TimeMarks,
    future: TimeMarks,
    conditional: TimeMarks,
}

/// Letters that a word has at least beside its ending.
const STEM: usize = 2;
const NO_PAIRS: Pairs = Pairs {
    first: &[],
    second: &[],
};

impl Marks {
    pub(super) fn time(&self, time: Time) -> &TimeMarks {
        match time {
            Time::Past => &self.past,
            Time::Future => &self.future,
            Time::Conditional => &self.conditional,
        }
    }

    pub(super) fn begins_clause(&self, words: &[&str], at: usize) -> bool {
        let before = at.checked_sub(1).map(|before| words[before]);
        self.subordinators.contains(&words[at]) && !before.is_some_and(|before| self.unless_after.contains(&before))
    }

    pub(super) fn has_time(&self, words: &[&str], time: Time) -> bool {
        let marks = self.time(time);
        let ends = |word: &str, endings: &[&str]| {
            let stem = |ending: &&str| {
                word.strip_suffix(*ending)
                    .is_some_and(|stem| stem.chars().count() >= STEM)
            };
            endings.iter().any(stem)
        };
        let is_pair = |pair: &[&str]| marks.pairs.first.contains(&pair[0]) && ends(pair[1], marks.pairs.second);
        words
            .iter()
            .any(|word| marks.words.contains(word) || ends(word, marks.endings))
            || words.windows(2).any(is_pair)
    }
}

const fn words(words: &'static [&'static str]) -> TimeMarks {
    TimeMarks {
        words,
        endings: &[],
        pairs: NO_PAIRS,
    }
}

const fn words_and_endings(words: &'static [&'static str], endings: &'static [&'static str]) -> TimeMarks {
    TimeMarks {
        words,
        endings,
        pairs: NO_PAIRS,
    }
}

const fn words_and_pairs(
    words: &'static [&'static str],
    first: &'static [&'static str],
    second: &'static [&'static str],
) -> TimeMarks {
    TimeMarks {
        words,
        endings: &[],
        pairs: Pairs { first, second },
    }
}

pub(super) fn of(language: Language) -> &'static Marks {
    match language {
        Language::English => &ENGLISH,
        Language::French => &FRENCH,
        Language::Spanish => &SPANISH,
        Language::German => &GERMAN,
        Language::Italian => &ITALIAN,
        Language::Portuguese => &PORTUGUESE,
        Language::Chinese => &CHINESE,
        Language::Japanese => &JAPANESE,
    }
}

static ENGLISH: Marks = Marks {
    subordinators: &[
        "because", "although", "though", "if", "unless", "when", "while", "since", "until", "before", "after", "that",
        "which", "who", "whose", "where", "whether",
    ],
    unless_after: &["like", "is", "for"],
    past: words_and_pairs(
        &[
            "was", "were", "had", "did", "didn't", "went", "came", "saw", "ate", "made", "took", "thought", "said",
            "got", "wanted", "liked", "visited", "ordered", "tried", "looked",
        ],
        &["i've", "have", "has", "you've", "we've", "i", "we", "you", "they"],
        &["ed"],
    ),
    future: words_and_endings(&["will", "won't", "shall", "gonna"], &["'ll"]),
    conditional: words(&[
        "would", "could", "might", "i'd", "you'd", "we'd", "wouldn't", "couldn't",
    ]),
};

static FRENCH: Marks = Marks {
    subordinators: &[
        "que", "qu'il", "qu'elle", "qu'on", "qui", "quand", "lorsque", "parce", "puisque", "comme", "si", "où", "dont",
        "pendant",
    ],
    unless_after: &["ce", "est", "parce", "lorsque", "pendant", "qu'est"],
    past: words_and_pairs(
        &[
            "étais", "était", "étaient", "étions", "avais", "avait", "avaient", "avions", "faisait", "c'était",
            "j'étais", "j'avais", "voulais", "voulait",
        ],
        &[
            "ai", "j'ai", "as", "a", "avons", "avez", "ont", "suis", "es", "est", "sommes", "êtes", "sont", "n'ai",
            "l'ai", "m'a",
        ],
        &[
            "é", "ée", "és", "ées", "pris", "fait", "vu", "bu", "lu", "choisi", "fini",
        ],
    ),
    future: words_and_endings(
        &["vais", "vas", "va", "allons", "allez", "vont"],
        &["rai", "ras", "rons", "rez", "ront"],
    ),
    conditional: words_and_endings(&[], &["rais", "rait", "raient", "rions", "riez"]),
};

static SPANISH: Marks = Marks {
    subordinators: &[
        "que", "porque", "aunque", "si", "cuando", "mientras", "donde", "quien", "como", "pues",
    ],
    unless_after: &["lo", "tiene", "tengo", "hay"],
    past: words_and_endings(
        &[
            "fui", "fue", "era", "estaba", "había", "tenía", "hice", "comí", "bebí", "vi", "he", "hemos", "pedí",
            "quería",
        ],
        &["aba", "aban", "aron", "ieron", "amos"],
    ),
    future: words_and_endings(
        &["voy", "vas", "va", "vamos", "van"],
        &["aré", "eré", "iré", "aremos", "eremos", "irá"],
    ),
    conditional: words_and_endings(
        &["quisiera", "gustaría", "podría", "querría"],
        &["aría", "ería", "iría"],
    ),
};

static GERMAN: Marks = Marks {
    subordinators: &[
        "weil", "dass", "ob", "wenn", "als", "obwohl", "während", "bevor", "nachdem", "damit", "sobald", "falls",
    ],
    unless_after: &["mehr", "besser"],
    past: words(&[
        "war",
        "waren",
        "hatte",
        "hatten",
        "wollte",
        "ging",
        "kam",
        "gegessen",
        "getrunken",
        "gewesen",
        "gehabt",
        "bestellt",
        "reserviert",
        "gemacht",
        "gesehen",
    ]),
    future: words(&["werde", "wirst", "wird", "werden"]),
    conditional: words(&[
        "würde", "würden", "hätte", "hätten", "könnte", "könnten", "möchte", "wäre",
    ]),
};

static ITALIAN: Marks = Marks {
    subordinators: &[
        "che", "perché", "anche", "se", "quando", "mentre", "dove", "sebbene", "siccome", "chi",
    ],
    unless_after: &["c'è"],
    past: words_and_pairs(
        &["ero", "era", "avevo", "aveva", "volevo", "stavo", "c'era"],
        &[
            "ho", "hai", "ha", "abbiamo", "avete", "hanno", "sono", "sei", "è", "siamo",
        ],
        &[
            "ato", "ata", "ati", "ate", "uto", "uta", "ito", "ita", "preso", "visto", "fatto",
        ],
    ),
    future: words_and_endings(&["sarà", "avrò"], &["erò", "irò", "eremo", "iremo", "erà"]),
    conditional: words_and_endings(
        &["vorrei", "vorremmo", "potrei", "potrebbe", "sarebbe"],
        &["erei", "irei", "rebbe", "remmo"],
    ),
};

static PORTUGUESE: Marks = Marks {
    subordinators: &[
        "que", "porque", "embora", "se", "quando", "enquanto", "onde", "quem", "como", "pois",
    ],
    unless_after: &["o", "tem", "tenho"],
    past: words_and_endings(
        &[
            "fui", "foi", "era", "estava", "tinha", "fiz", "comi", "bebi", "vi", "queria", "pedi",
        ],
        &["ava", "avam", "aram", "eram", "iram"],
    ),
    future: words_and_endings(&["vou", "vai", "vamos", "vão"], &["arei", "erei", "irei", "aremos"]),
    conditional: words_and_endings(&["gostaria", "poderia"], &["aria", "eria", "iria"]),
};

static CHINESE: Marks = Marks {
    subordinators: &["因为", "所以", "虽然", "但是", "如果", "的时候", "要是", "不过"],
    unless_after: &[],
    past: words(&["过", "了"]),
    future: words(&["会", "将", "打算"]),
    conditional: words(&["想要", "希望", "可能"]),
};

static JAPANESE: Marks = Marks {
    subordinators: &["から", "ので", "けど", "けれど", "たら", "なら", "とき", "ながら"],
    unless_after: &[],
    past: words(&["ました", "でした", "かった", "だった"]),
    future: words(&["つもり", "予定"]),
    conditional: words(&["たい", "でしょう", "かもしれ"]),
};
