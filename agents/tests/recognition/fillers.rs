//! "Um" in the middle of recordings of people, made of a vowel of their own.

use colloquy_agents::acoustic::listening::Listening;
use colloquy_agents::acoustic::{AcousticModel, Phone, align};
use colloquy_agents::assessment::speech::{assess, deliver};
use colloquy_agents::language::Language;

use crate::corpus::{Corpus, noise};

/// The recording with a vowel of no clear colour, held for 400 ms, between the words at its middle; none if it has no such vowel.
fn with_a_hesitation(corpus: &Corpus, clip: usize) -> Option<Vec<i16>> {
    let sound = corpus.sound(clip);
    let mut listening = Listening::new(AcousticModel::embedded());
    listening.hear(&sound);
    let words = align(&mut listening, &corpus.rows[clip].words)?.words;
    let is_vowel = |phone: Phone| ["AH", "ER"].into_iter().any(|name| Phone::named(name) == Some(phone));
    let sounds = words.iter().flat_map(|word| &word.sounds);
    let vowel = sounds
        .filter(|sound| is_vowel(sound.heard) && sound.goodness > -0.5)
        .max_by_key(|sound| sound.frames.len())
        .filter(|sound| sound.frames.len() >= 7)?;
    // Its middle, forth and back, so that it joins without a click.
    let middle = &sound[(vowel.frames.start + 2) * 160..(vowel.frames.end - 2) * 160];
    let mirrored: Vec<i16> = middle.iter().chain(middle.iter().rev()).copied().collect();
    let held: Vec<i16> = mirrored.iter().copied().cycle().take(6_400).collect();
    let cut = words[words.len() / 2].frames.start * 160;
    Some([&sound[..cut], &noise(2_400), &held, &noise(2_400), &sound[cut..]].concat())
}

#[test]
fn a_hesitation_is_counted_and_fluent_speech_has_none() {
    let (mut fluent, mut all, mut found, mut hesitant) = (0, 0, 0, 0);
    for language in [Language::English, Language::Spanish] {
        let corpus = Corpus::read(language);
        for clip in corpus.clips() {
            let text = &corpus.rows[clip].text;
            let hear = |sound: &[i16]| assess(&corpus.pronouncer, sound, text, language).unwrap();
            let plain = hear(&corpus.sound(clip));
            fluent += u32::from(plain.fluency.filler_words == 0 && plain.is_text);
            all += 1;
            if let Some(sound) = with_a_hesitation(&corpus, clip) {
                hesitant += 1;
                found += u32::from(hear(&sound).fluency.filler_words == plain.fluency.filler_words + 1);
            }
        }
    }
    println!("none in {fluent} of {all} fluent recordings, one more in {found} of {hesitant} with an um");
    assert!(fluent * 20 >= all * 19, "{fluent} of {all}");
    assert!(hesitant >= 15 && found * 10 >= hesitant * 8, "{found} of {hesitant}");
}

#[test]
fn a_hesitation_that_stands_alone_is_counted_without_the_text() {
    let (mut fluent, mut all, mut found, mut hesitant) = (0, 0, 0, 0);
    for language in [Language::English, Language::Spanish] {
        let corpus = Corpus::read(language);
        for clip in corpus.clips() {
            let hear = |sound: &[i16]| deliver(sound, "", language).fluency.filler_words;
            let plain = hear(&corpus.sound(clip));
            fluent += u32::from(plain == 0);
            all += 1;
            if let Some(sound) = with_a_hesitation(&corpus, clip) {
                hesitant += 1;
                found += u32::from(hear(&sound) == plain + 1);
            }
        }
    }
    println!("none in {fluent} of {all} fluent recordings, one more in {found} of {hesitant} with an um");
    assert!(fluent * 20 >= all * 19, "{fluent} of {all}");
    assert!(hesitant >= 15 && found * 10 >= hesitant * 7, "{found} of {hesitant}");
}
