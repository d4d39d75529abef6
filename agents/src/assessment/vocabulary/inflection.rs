//! From an English word as it stands in a text to the headwords that it may be a form of.

/// Verbs, nouns and adjectives whose forms no ending tells.
#[rustfmt::skip]
const IRREGULAR: &[(&str, &str)] = &[
    ("am", "be"), ("is", "be"), ("are", "be"), ("was", "be"), ("were", "be"), ("been", "be"), ("has", "have"),
    ("had", "have"), ("does", "do"), ("did", "do"), ("done", "do"), ("went", "go"), ("gone", "go"), ("cannot", "can"),
    ("ate", "eat"), ("eaten", "eat"), ("beaten", "beat"), ("became", "become"), ("began", "begin"),
    ("begun", "begin"), ("bent", "bend"), ("bit", "bite"), ("bitten", "bite"), ("bled", "bleed"), ("blew", "blow"),
    ("blown", "blow"), ("broke", "break"), ("broken", "break"), ("brought", "bring"), ("built", "build"), ("burnt", "burn"),
    ("bought", "buy"), ("caught", "catch"), ("chose", "choose"), ("chosen", "choose"), ("came", "come"), ("dealt", "deal"),
    ("dug", "dig"), ("drew", "draw"), ("drawn", "draw"), ("dreamt", "dream"), ("drank", "drink"), ("drunk", "drink"),
    ("drove", "drive"), ("driven", "drive"), ("fell", "fall"), ("fallen", "fall"), ("fed", "feed"), ("felt", "feel"),
    ("fought", "fight"), ("found", "find"), ("flew", "fly"), ("flown", "fly"), ("forgot", "forget"), ("forgotten", "forget"),
    ("forgave", "forgive"), ("forgiven", "forgive"), ("froze", "freeze"), ("frozen", "freeze"), ("got", "get"),
    ("gotten", "get"), ("gave", "give"), ("given", "give"), ("grew", "grow"), ("grown", "grow"), ("hung", "hang"),
    ("heard", "hear"), ("hid", "hide"), ("hidden", "hide"), ("held", "hold"), ("kept", "keep"), ("knew", "know"),
    ("known", "know"), ("laid", "lay"), ("led", "lead"), ("learnt", "learn"), ("left", "leave"), ("lent", "lend"),
    ("lain", "lie"), ("lit", "light"), ("lost", "lose"), ("made", "make"), ("meant", "mean"), ("met", "meet"),
    ("paid", "pay"), ("rode", "ride"), ("ridden", "ride"), ("rang", "ring"), ("rung", "ring"), ("rose", "rise"),
    ("risen", "rise"), ("ran", "run"), ("said", "say"), ("saw", "see"), ("seen", "see"), ("sought", "seek"),
    ("sold", "sell"), ("sent", "send"), ("shook", "shake"), ("shaken", "shake"), ("shone", "shine"), ("shot", "shoot"),
    ("showed", "show"), ("shown", "show"), ("sang", "sing"), ("sung", "sing"), ("sank", "sink"), ("sunk", "sink"),
    ("sat", "sit"), ("slept", "sleep"), ("slid", "slide"), ("smelt", "smell"), ("spoke", "speak"), ("spoken", "speak"),
    ("spent", "spend"), ("spelt", "spell"), ("spilt", "spill"), ("stood", "stand"), ("stole", "steal"), ("stolen", "steal"),
    ("stuck", "stick"), ("struck", "strike"), ("swore", "swear"), ("sworn", "swear"), ("swept", "sweep"), ("swam", "swim"),
    ("swum", "swim"), ("took", "take"), ("taken", "take"), ("taught", "teach"), ("tore", "tear"), ("torn", "tear"),
    ("told", "tell"), ("thought", "think"), ("threw", "throw"), ("thrown", "throw"), ("understood", "understand"),
    ("woke", "wake"), ("woken", "wake"), ("wore", "wear"), ("worn", "wear"), ("won", "win"), ("wound", "wind"),
    ("wrote", "write"), ("written", "write"), ("children", "child"), ("feet", "foot"), ("geese", "goose"), ("men", "man"),
    ("mice", "mouse"), ("people", "person"), ("teeth", "tooth"), ("women", "woman"), ("halves", "half"), ("knives", "knife"),
    ("leaves", "leaf"), ("lives", "life"), ("loaves", "loaf"), ("shelves", "shelf"), ("thieves", "thief"), ("wives", "wife"),
    ("better", "good"), ("best", "good"), ("worse", "bad"), ("worst", "bad"), ("further", "far"), ("furthest", "far"), ("dying", "die"),
    ("lying", "lie"), ("tying", "tie"), ("untying", "untie"), ("awoke", "awake"), ("awoken", "awake"), ("arose", "arise"),
    ("arisen", "arise"), ("bore", "bear"), ("born", "bear"), ("borne", "bear"), ("bade", "bid"), ("bidden", "bid"),
    ("bound", "bind"), ("bred", "breed"), ("clung", "cling"), ("crept", "creep"), ("dove", "dive"), ("dwelt", "dwell"), ("fled", "flee"),
    ("flung", "fling"), ("forbade", "forbid"), ("forbidden", "forbid"), ("ground", "grind"), ("knelt", "kneel"), ("lay", "lie"),
    ("leant", "lean"), ("leapt", "leap"), ("mown", "mow"), ("proven", "prove"), ("sawn", "saw"), ("sewn", "sew"),
    ("shrank", "shrink"), ("shrunk", "shrink"), ("slung", "sling"), ("sown", "sow"), ("spat", "spit"), ("sped", "speed"), ("spun", "spin"),
    ("sprang", "spring"), ("sprung", "spring"), ("stank", "stink"), ("strode", "stride"), ("strove", "strive"),
    ("striven", "strive"), ("strung", "string"), ("stung", "sting"), ("stunk", "stink"), ("swollen", "swell"), ("swung", "swing"),
    ("trod", "tread"), ("trodden", "tread"), ("wept", "weep"), ("wove", "weave"),
    ("woven", "weave"), ("elder", "old"), ("eldest", "old"), ("farther", "far"), ("farthest", "far"), ("oxen", "ox"), ("bacteria", "bacterium"),
    ("criteria", "criterion"), ("curricula", "curriculum"), ("formulae", "formula"), ("fungi", "fungus"), ("indices", "index"),
    ("matrices", "matrix"), ("media", "medium"), ("nuclei", "nucleus"), ("phenomena", "phenomenon"), ("stadia", "stadium"),
    ("stimuli", "stimulus"), ("salespeople", "salesperson"),
];

/// What irregular verbs are made into others with: "overheard", "withdrew", "misunderstood".
const PREFIXES: [&str; 10] = ["be", "fore", "mis", "out", "over", "re", "un", "under", "up", "with"];

/// What is left of a noun or a verb without its ending, and what is put in its place.
#[rustfmt::skip]
const FORMS: &[(&str, &str)] = &[
    ("ies", "y"), ("es", ""), ("s", ""), ("ied", "y"), ("ed", ""), ("ed", "e"), ("ked", ""), ("ing", ""), ("ing", "e"), ("king", ""),
    ("ses", "sis"), ("ves", "f"), ("ves", "fe"), ("men", "man"), ("children", "child"),
];

/// The same of an adjective that is compared. Many a word that ends so is none: "corner", "forest".
#[rustfmt::skip]
const COMPARISONS: &[(&str, &str)] = &[
    ("ier", "y"), ("er", ""), ("er", "e"), ("iest", "y"), ("est", ""), ("est", "e"),
];

/// Letters that are left of a word, at least.
const SHORTEST: usize = 2;

/// The nouns and verbs that a word in lower case may be a form of, itself not included. Of a word with an apostrophe, what stands
/// before it ("didn't", "we'll", "Anna's").
pub(super) fn headwords(word: &str) -> Vec<String> {
    if let Some((before, after)) = word.split_once('\'') {
        let before = match (before, after) {
            ("won", "t") => "will",
            ("shan", "t") => "shall",
            ("can", "t") => "can",
            (before, "t") => before.strip_suffix('n').unwrap_or(before),
            (before, _) => before,
        };
        let mut all = vec![before.to_owned()];
        all.extend(headwords(before));
        return all;
    }
    let mut all: Vec<String> = irregular(word).map(str::to_owned).collect();
    for prefix in PREFIXES {
        if let Some(rest) = word.strip_prefix(prefix) {
            all.extend(irregular(rest).map(|head| format!("{prefix}{head}")));
        }
    }
    all.extend(without(word, FORMS));
    all
}

/// The adjectives that a word in lower case may be a comparison of.
pub(super) fn adjectives(word: &str) -> Vec<String> {
    without(word, COMPARISONS).collect()
}

fn irregular(form: &str) -> impl Iterator<Item = &'static str> {
    IRREGULAR
        .iter()
        .filter(move |(own, _)| *own == form)
        .map(|(_, head)| *head)
}

fn without<'a>(word: &'a str, endings: &'a [(&str, &str)]) -> impl Iterator<Item = String> + 'a {
    endings.iter().flat_map(|(ending, instead)| {
        let stem = word.strip_suffix(ending).filter(|stem| stem.len() >= SHORTEST);
        let single = stem.and_then(undoubled).filter(|_| instead.is_empty());
        let whole = stem.map(|stem| format!("{stem}{instead}"));
        whole.into_iter().chain(single.map(str::to_owned))
    })
}

/// A stem without the second of two equal consonants: "stopp", "bigg".
fn undoubled(stem: &str) -> Option<&str> {
    let mut letters = stem.chars().rev();
    let (last, before) = (letters.next()?, letters.next()?);
    let is_doubled = last == before && last.is_ascii_lowercase() && !"aeiou".contains(last);
    is_doubled.then(|| &stem[..stem.len() - 1])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn forms_lead_to_their_headwords() {
        for (form, headword) in [
            ("tickets", "ticket"),
            ("dishes", "dish"),
            ("cities", "city"),
            ("stopped", "stop"),
            ("arrived", "arrive"),
            ("carried", "carry"),
            ("running", "run"),
            ("making", "make"),
            ("lying", "lie"),
            ("bigger", "big"),
            ("nicest", "nice"),
            ("happier", "happy"),
            ("went", "go"),
            ("children", "child"),
            ("overheard", "overhear"),
            ("withdrew", "withdraw"),
            ("misunderstood", "misunderstand"),
            ("panicking", "panic"),
            ("policewomen", "policewoman"),
            ("grandchildren", "grandchild"),
            ("wolves", "wolf"),
            ("housewives", "housewife"),
            ("hypotheses", "hypothesis"),
            ("criteria", "criterion"),
            ("didn't", "do"),
            ("won't", "will"),
            ("can't", "can"),
            ("they've", "they"),
            ("anna's", "anna"),
        ] {
            let mut found = headwords(form);
            found.extend(adjectives(form));
            assert!(found.iter().any(|word| word == headword), "{form}: {found:?}");
        }
        assert_eq!(headwords("us"), [""; 0]);
        assert_eq!(headwords("table"), [""; 0]);
    }

    proptest! {
        #[test]
        fn any_word_is_taken(word in "\\PC{0,12}|[a-zé']{0,12}(ss|ed|ing|est|'t|'s)") {
            headwords(&word);
            adjectives(&word);
        }
    }
}
