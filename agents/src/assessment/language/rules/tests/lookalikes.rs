//! Right sentences that look like what a rule finds (`lookalikes` in `agents/tests/data/grammar`): the same words in a right order,
//! with other meanings, or cut by pauses that a recogniser doesn't write. And wrong ones that look unlike the rules' examples.

use super::corpus::corpus;
use super::{TAUGHT, alarms_in, corrected, grammar};
use crate::language::Language;

/// The same faults in other words than the rules' own examples: what is found, and how it is right.
#[rustfmt::skip]
const WRONG: &[(Language, &str, &str)] = &[
    (Language::Spanish, "Mañana puedo lo traer.", "Mañana puedo traerlo."),
    (Language::Spanish, "¿Puedes nos esperar?", "¿Puedes esperarnos?"),
    (Language::Spanish, "Vamos a les ayudar.", "Vamos a ayudarles."),
    (Language::Spanish, "Hay que lo reservar.", "Hay que reservarlo."),
    (Language::Spanish, "La me recomienda?", "Me la recomienda?"),
    (Language::Spanish, "No encanta me la idea.", "No me encanta la idea."),
    (Language::Spanish, "Me no duele nada.", "No me duele nada."),
    (Language::Spanish, "¿Cómo el hotel es?", "¿Cómo es el hotel?"),
    (Language::Spanish, "Compro otra azul camiseta.", "Compro otra camiseta azul."),
    (Language::Italian, "Devo li comprare.", "Devo comprarli."),
    (Language::Italian, "Posso le dire una cosa?", "Posso dirle una cosa?"),
    (Language::Italian, "Domani ti lo do.", "Domani te lo do."),
    (Language::Italian, "Mi non interessa.", "Non mi interessa."),
    (Language::Italian, "Porto una nera gonna.", "Porto una gonna nera."),
    (Language::French, "On les peut essayer.", "On peut les essayer."),
    (Language::French, "Je parfois travaille le soir.", "Je travaille parfois le soir."),
    (Language::French, "Nous aimons la musique beaucoup.", "Nous aimons beaucoup la musique."),
    (Language::English, "They speak fluently French.", "They speak French fluently."),
    (Language::English, "We take usually the bus.", "We usually take the bus."),
    (Language::German, "Wir ankommen morgen um acht.", "Wir kommen morgen um acht an."),
    (Language::German, "Wir haben gebucht ein Zimmer.", "Wir haben ein Zimmer gebucht."),
];

#[test]
fn right_sentences_that_look_like_faults_are_left_alone() {
    let mut alarms = String::new();
    for language in TAUGHT {
        let sentences = corpus(language).lookalikes;
        assert!(sentences.len() >= 100, "{language}");
        for sentence in sentences {
            for text in [bare(&sentence), Some(sentence)].into_iter().flatten() {
                alarms.push_str(&alarms_in(language, &text));
            }
        }
    }
    assert!(alarms.is_empty(), "\n{alarms}");
}

/// A sentence as recognisers write it, unless marks inside of it tell how it is meant.
fn bare(sentence: &str) -> Option<String> {
    let inner = sentence
        .trim_end_matches(['.', '!', '?', ' '])
        .trim_start_matches(['¿', '¡']);
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '\'' | '-');
    inner.chars().all(is_plain).then(|| inner.to_lowercase())
}

#[test]
fn words_in_the_wrong_order_are_put_in_order() {
    for (language, wrong, right) in WRONG {
        let judgement = grammar(*language).judge(wrong);
        assert_eq!(corrected(wrong, &judgement), *right, "{language}: {wrong}");
    }
}
