//! What people read aloud as it is written has no slips of grammar in it.

use std::sync::Arc;

use colloquy_agents::acoustic::{Expectation, Pronouncer, Recognizer};
use colloquy_agents::assessment::language::Grammars;
use colloquy_agents::language::Language;

use crate::corpus::{Corpus, expected};

/// Expected beside what is read.
const LISTED: usize = 20;

#[test]
fn no_slips_are_heard_in_what_people_read_aloud() {
    let (pronouncer, grammars) = (Pronouncer::new(), Grammars::built_in());
    for language in [Language::English, Language::Spanish] {
        let corpus = Corpus::read(language);
        let (mut clips, mut variants, mut alarms, mut right) = (0, 0, 0, 0);
        for clip in corpus.clips() {
            let phrases = corpus.among(clip, LISTED);
            let sentences: Vec<&str> = phrases.iter().map(String::as_str).collect();
            let made = grammars.variants(&sentences, language);
            if made[0].is_empty() {
                continue;
            }
            let expectation = Expectation::prepare(&pronouncer, language, &expected(&phrases)).unwrap();
            let expectation = Arc::new(expectation.with_variants(&pronouncer, &made).unwrap());
            let audible = expectation.variants_of(0).count();
            if audible == 0 {
                continue;
            }
            let mut recognizer = Recognizer::new(Arc::clone(&expectation));
            for piece in corpus.sound(clip).chunks(320) {
                recognizer.hear(piece);
            }
            let heard = recognizer.view().transcript;
            clips += 1;
            variants += audible;
            if !heard.wording.slips.is_empty() {
                println!("{:?} is heard as {heard:?}", corpus.rows[clip].text);
                alarms += 1;
            }
            right += usize::from(heard.phrase == Some(0) && heard.wording.right > 0);
        }
        println!(
            "{language}: {clips} clips with {variants} variants, {alarms} heard to have a slip, {right} to be right"
        );
        assert!(clips >= 20, "{language}: {clips}");
        assert!(alarms * 50 <= clips, "{language}: {alarms} of {clips}");
        assert!(right * 2 >= clips, "{language}: {right} of {clips}");
    }
}
