//! Sounds against those that learners put in their place, as people and synthetic voices say both: the trials of
//! `examples/assess -- pairs`, fewer of them.

use colloquy_agents::acoustic::Pronouncer;
use colloquy_agents::assessment::speech::assess;
use colloquy_agents::assessment::speech::distinction::is_told_from;
use colloquy_agents::language::Language;

use crate::pairs::{FEWEST, OF_PEOPLE, People, pairs, pairs_of_people, tell};
use crate::read;
use crate::synthetic::Script;
use crate::trials::auc;

/// What is told apart no better than this is not told: the sound has no score, or the other isn't named.
const LEAST: f64 = 0.7;

fn assert_told_of_people(language: Language, least_pairs: usize) {
    let people = People::of(read(language));
    let mut count = 0;
    for pair in pairs_of_people(language).filter(|pair| is_told_from(pair.ipa, pair.rival, language)) {
        let told = people.tell(pair);
        if told.right.len().min(told.wrong.len()) < FEWEST {
            continue;
        }
        count += 1;
        let figure = told.auc();
        println!("{language}: {} from {}: {figure:.3}", pair.ipa, pair.rival);
        assert!(figure >= LEAST, "{language}: {pair:?} {figure}");
    }
    assert!(count >= least_pairs, "{language}: {count}");
}

#[test]
fn what_is_told_apart_in_english_and_spanish_was_told_apart_of_people() {
    assert_told_of_people(Language::English, 25);
    assert_told_of_people(Language::Spanish, 18);
}

#[test]
fn what_is_told_apart_in_french_and_italian_was_told_apart_of_people() {
    assert_told_of_people(Language::French, 12);
    assert_told_of_people(Language::Italian, 12);
}

fn assert_told_of_voices(language: Language, least_pairs: usize) {
    let told = pairs(language)
        .iter()
        .filter(|pair| is_told_from(pair.ipa, pair.rival, language));
    let mut count = 0;
    for &pair in told {
        let told = tell(language, pair, 1).unwrap();
        let figure = told.auc();
        println!(
            "{language}: {} from {}: {figure:.3} of {}",
            pair.ipa,
            pair.rival,
            told.right.len()
        );
        assert!(figure >= LEAST, "{language}: {pair:?} {figure}");
        count += 1;
    }
    assert!(count >= least_pairs, "{language}: {count}");
}

#[test]
fn what_is_told_apart_in_french_and_italian_is_told_apart_of_synthetic_voices() {
    assert_told_of_voices(Language::French, 7);
    assert_told_of_voices(Language::Italian, 4);
}

#[test]
fn what_is_told_apart_in_german_and_portuguese_is_told_apart_of_synthetic_voices() {
    assert_told_of_voices(Language::German, 12);
    assert_told_of_voices(Language::Portuguese, 5);
}

#[test]
fn the_back_and_the_spread_vowels_of_people_are_no_rounded_front_ones() {
    let people = People::of(read(Language::Spanish));
    for pair in OF_PEOPLE {
        let own = pairs(Language::French).iter().find(|of| of.ipa == pair.ipa).unwrap();
        let right = tell(Language::French, *own, 1).unwrap().right;
        let wrong = people.wrong(Language::French, pair);
        let figure = auc(&right, &wrong);
        println!("{} from {}: {figure:.3} of {}", pair.ipa, pair.rival, wrong.len());
        assert!(wrong.len() >= 15 && figure >= LEAST, "{pair:?}: {figure}");
    }
}

/// Sentences whose first [y] makes another word, or none, as [u]: rue and roue, bu and bout, vue and vous.
const MINIMAL: [&str; 8] = [
    "La rue est jolie, mais la table est grande.",
    "Il a bu le café avec son ami.",
    "Madame, la vue est très belle ce matin.",
    "Il est sur la table avec le livre.",
    "Elle a lu la lettre de son ami.",
    "Il est nu dans le bain de sa maison.",
    "Elle mange du pain avec son ami.",
    "Monsieur, il n'a plus de place ici.",
];
/// Variants of espeak-ng's voices that nothing was set by.
const HELD_OUT: [&str; 8] = ["f1", "f3", "f4", "m2", "m4", "m7", "klatt2", "klatt3"];

#[test]
fn u_in_the_place_of_a_french_y_mostly_scores_less_and_is_named_where_it_does() {
    let (mut scored, mut alarms, mut left_out, mut less, mut low, mut named) = (0, 0, 0, 0, 0, 0);
    for text in MINIMAL {
        let script = Script::of(text, Language::French).unwrap();
        let place = script.places("y")[0];
        let pronouncer = Pronouncer::with_program("not-to-be-run");
        pronouncer.learn(Language::French, text, script.words().into());
        for voice in HELD_OUT {
            let told = |change| {
                let pcm = [vec![0; 4800], script.say(voice, change).unwrap(), vec![0; 3200]].concat();
                let told = assess(&pronouncer, &pcm, text, Language::French).unwrap();
                let mut words = told.words.into_iter().filter(|word| !word.text.is_empty());
                let word = words.nth(place.word)?;
                let sound = word.phonemes.into_iter().nth(place.sound)?;
                Some((sound.score?, sound.heard))
            };
            let (right, wrong) = (told(None), told(Some((place, "u"))));
            println!("{text} {voice}: {right:?} {wrong:?}");
            let Some((right, _)) = right else { continue };
            scored += 1;
            alarms += u32::from(right < 60);
            // A word that is taken for left out is told as such: nobody praises it.
            let Some((wrong, heard)) = wrong else {
                left_out += 1;
                continue;
            };
            less += u32::from(wrong < right);
            low += u32::from(wrong < 40);
            named += u32::from(heard.as_deref() == Some("u"));
        }
    }
    println!("of {scored}, {alarms} below 60; as [u] {left_out} left out, {less} less, {low} below 40, {named} named");
    assert!(scored >= 40 && alarms * 20 <= scored, "{alarms} of {scored}");
    assert!(
        (less + left_out) * 100 >= scored * 90,
        "{less} and {left_out} of {scored}"
    );
    assert!(low * 100 >= (scored - left_out) * 60, "{low} of {scored}");
    assert!(named * 10 >= low * 9, "{named} of {low}");
}
