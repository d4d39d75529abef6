//! What people read aloud as it is written has no slips of grammar in it.
//!
//! The rules know few of the prompts' constructions, so that the variants are made here: words that learners take for each other,
//! leave out, or give another end.

use std::sync::Arc;

use colloquy_agents::acoustic::{Expectation, Pronouncer, Recognizer};
use colloquy_agents::assessment::language::Variant;
use colloquy_agents::language::Language;

use crate::corpus::{Corpus, expected};

/// Expected beside what is read.
const LISTED: usize = 20;
/// Right words and wrong ones.
const ENGLISH: [(&str, &str); 14] = [
    ("the", "a"),
    ("the", ""),
    ("a", "an"),
    ("a", ""),
    ("is", "are"),
    ("are", "is"),
    ("has", "have"),
    ("have", "has"),
    ("been", "be"),
    ("your", "you"),
    ("for", "to"),
    ("to", "for"),
    ("in", "on"),
    ("of", "from"),
];
const SPANISH: [(&str, &str); 14] = [
    ("la", "el"),
    ("el", "la"),
    ("la", ""),
    ("el", ""),
    ("una", "un"),
    ("un", "una"),
    ("ha", "he"),
    ("ha", "has"),
    ("de", "del"),
    ("de", ""),
    ("por", "para"),
    ("en", "a"),
    ("su", "sus"),
    ("es", "está"),
];

#[test]
fn no_slips_are_heard_in_what_people_read_aloud() {
    let pronouncer = Pronouncer::new();
    let (mut clips, mut alarms) = (0, 0);
    for (language, pairs) in [(Language::English, ENGLISH), (Language::Spanish, SPANISH)] {
        let corpus = Corpus::read(language);
        let (mut read, mut tried, mut heard_slips, mut right) = (0, 0, 0, 0);
        for clip in corpus.clips() {
            let phrases = corpus.among(clip, LISTED);
            let mut variants = vec![Vec::new(); phrases.len()];
            variants[0] = pairs.iter().filter_map(|pair| variant(&phrases[0], *pair)).collect();
            let expectation = Expectation::prepare(&pronouncer, language, &expected(&phrases)).unwrap();
            expectation.learn_variants(&pronouncer, &variants).unwrap();
            let expectation = Arc::new(expectation);
            let audible = expectation.variants_of(0).count();
            if audible == 0 {
                continue;
            }
            let mut recognizer = Recognizer::new(Arc::clone(&expectation));
            for piece in corpus.sound(clip).chunks(320) {
                recognizer.hear(piece);
            }
            let heard = recognizer.view().transcript;
            read += 1;
            tried += audible;
            if !heard.wording.slips.is_empty() {
                println!("{:?} is heard as {heard:?}", corpus.rows[clip].text);
                heard_slips += 1;
            }
            right += usize::from(heard.phrase == Some(0) && heard.wording.right > 0);
        }
        println!(
            "{language}: {read} clips with {tried} variants, {heard_slips} heard to have a slip, {right} to be right"
        );
        assert!(right * 2 >= read, "{language}: {right} of {read}");
        clips += read;
        alarms += heard_slips;
    }
    assert!(clips >= 40, "{clips}");
    assert!(alarms * 50 <= clips, "{alarms} of {clips}");
}

/// A text with one of its words replaced.
fn variant(text: &str, (right, wrong): (&str, &str)) -> Option<Variant> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let at = words.iter().position(|word| word.eq_ignore_ascii_case(right))?;
    match wrong {
        "" => drop(words.remove(at)),
        _ => words[at] = wrong,
    }
    let start = words[..at].iter().map(|word| word.len() + 1).sum::<usize>();
    let length = words.get(at)?.len();
    Some(Variant {
        text: words.join(" "),
        at: start..start + length,
        rule: "test".to_owned(),
    })
}
