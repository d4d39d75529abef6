//! Sounds against those that learners put in their place, as synthetic voices say both, and people the latter: the trials of
//! `examples/assess -- pairs`.

use colloquy_agents::assessment::speech::distinction::is_scored;
use colloquy_agents::language::Language;

use crate::pairs::{OF_PEOPLE, Pair, pairs, tell, tell_from_people};
use crate::read;
use crate::trials::auc;

/// What is told apart no better than this has no score.
const LEAST: f64 = 0.75;

fn vowels(language: Language) -> impl Iterator<Item = Pair> {
    let is_vowel =
        move |pair: &&Pair| pair.ipa.starts_with(|sign| "yuʊøœə".contains(sign)) && is_scored(pair.ipa, language);
    pairs(language).iter().filter(is_vowel).copied()
}

fn assert_vowels_are_told_apart(language: Language) {
    assert!(vowels(language).count() >= 7);
    for pair in vowels(language) {
        let told = tell(language, pair).unwrap();
        println!("{language}: {} from {}: {:.3}", pair.ipa, pair.rival, told.auc());
        assert!(told.right.len() >= 8, "{pair:?}");
        assert!(told.auc() >= LEAST, "{language}: {pair:?} {}", told.auc());
    }
}

#[test]
fn french_vowels_that_are_scored_are_told_from_those_that_learners_say() {
    assert_vowels_are_told_apart(Language::French);
}

#[test]
fn german_vowels_that_are_scored_are_told_from_those_that_learners_say() {
    assert_vowels_are_told_apart(Language::German);
}

#[test]
fn the_back_and_the_spread_vowels_of_people_are_no_rounded_front_ones() {
    let people = read(Language::Spanish);
    for pair in OF_PEOPLE {
        let right = tell(
            Language::French,
            *pairs(Language::French).iter().find(|of| of.ipa == pair.ipa).unwrap(),
        );
        let wrong = tell_from_people(Language::French, pair, &people);
        let figure = auc(&right.unwrap().right, &wrong);
        println!("{} from {}: {figure:.3} of {}", pair.ipa, pair.rival, wrong.len());
        assert!(wrong.len() >= 15 && figure >= LEAST, "{pair:?}: {figure}");
    }
}
