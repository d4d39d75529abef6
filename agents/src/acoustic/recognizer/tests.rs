use super::super::judgement::tests::expectation;
use super::*;

#[test]
fn speech_as_loud_as_the_word_that_faded_at_the_pause_makes_a_view_stale() {
    let mut recognizer = Recognizer::new(Arc::new(expectation(&["s_iː"])));
    let mut seed = 1u32;
    let mut noise = |samples: usize, loudness: i32| -> Vec<i16> {
        (0..samples)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (((seed >> 16) as i32 - 32_768) * loudness / 32_768) as i16
            })
            .collect()
    };
    recognizer.hear(&noise(8_000, 8));
    recognizer.hear(&noise(8_000, 8_000));
    // The pause is asked about before the word has died away.
    let pause = recognizer.listening.frames();
    recognizer.hear(&noise(3_200, 8));
    assert!(!recognizer.spoke_since(pause));
    recognizer.hear(&noise(4_800, 8_000));
    assert!(recognizer.spoke_since(pause));
}

#[test]
fn two_guesses_agree_in_the_words_with_which_both_begin() {
    assert_eq!(agreed("Une table", "Une table pour"), "Une table");
    assert_eq!(agreed("Une table pour deux", "Une tarte"), "Une");
    assert_eq!(agreed("Goodbye", "Good evening"), "");
    assert_eq!(agreed("", "Oui"), "");
    assert_eq!(agreed("Très bien", "Très bien"), "Très bien");
}
