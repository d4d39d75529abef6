//! The areas of a language that findings belong to, by names that people understand: what progress calls weak and strong.

use colloquy_agents::assessment::language::Finding;

/// The area of grammar that a finding belongs to; none where there is no name for it, or it isn't about grammar.
pub fn of_finding(finding: &Finding) -> Option<&'static str> {
    // ERRANT has no types for these, and they are what learners of most languages struggle with. The rules' ids name them.
    let names = |parts: &[&str]| parts.iter().any(|part| finding.rule.contains(part));
    if names(&["nominative", "accusative", "dative", "genitive"]) {
        return Some("cases");
    }
    if names(&["gender", "feminine", "masculine", "neuter"]) {
        return Some("gender_agreement");
    }
    let (_, kind) = finding.code.as_str().split_once(':')?;
    Some(match kind {
        "DET" => "articles",
        "ADJ" | "ADJ:FORM" => "adjectives",
        "ADV" => "adverbs",
        "CONJ" => "conjunctions",
        "CONTR" => "contractions",
        "MORPH" => "word_formation",
        "NOUN" => "nouns",
        "NOUN:INFL" | "NOUN:NUM" => "plurals",
        "NOUN:POSS" => "possessives",
        "ORTH" | "SPELL" => "spelling",
        "PART" => "particles",
        "PREP" => "prepositions",
        "PRON" => "pronouns",
        "PUNCT" => "punctuation",
        "VERB" => "verbs",
        "VERB:FORM" | "VERB:INFL" => "verb_forms",
        "VERB:SVA" => "subject_verb_agreement",
        "VERB:TENSE" => "verb_tenses",
        "WO" => "word_order",
        _ => return None,
    })
}

/// The area of pronunciation that a sound belongs to, by its IPA.
pub fn of_sound(ipa: &str) -> Option<&'static str> {
    let mut signs = ipa.chars().filter(|sign| !matches!(sign, 'ˈ' | 'ˌ' | 'ː' | 'ˑ'));
    let (first, second) = (signs.next()?, signs.next());
    if ipa.contains('\u{303}') {
        return Some("nasal_vowels");
    }
    Some(match (first, second) {
        ('t' | 'd', Some('ʃ' | 'ʒ' | 's' | 'z')) | ('ʧ' | 'ʤ', _) | ('p', Some('f')) => "affricates",
        ('ʁ' | 'ʀ' | 'r' | 'ɾ' | 'ɹ' | 'ɻ', _) => "r_sound",
        ('l' | 'ɫ' | 'ʎ', _) => "l_sound",
        ('θ' | 'ð', _) => "th_sound",
        ('ʃ' | 'ʒ' | 'ʂ' | 'ɕ' | 'ʑ', _) => "sh_sound",
        ('ç' | 'x' | 'χ' | 'ɣ', _) => "ch_sound",
        ('h' | 'ɦ', _) => "h_sound",
        ('s' | 'z', _) => "s_sound",
        ('f' | 'v' | 'β' | 'ʋ' | 'ɸ', _) => "f_and_v",
        ('p' | 't' | 'k' | 'b' | 'd' | 'ɡ' | 'g' | 'ʔ', _) => "stops",
        ('m' | 'n' | 'ɲ' | 'ŋ' | 'ɱ' | 'ɴ', _) => "nasal_consonants",
        ('˥' | '˦' | '˧' | '˨' | '˩', _) => "tones",
        ('j' | 'w' | 'ɥ' | 'ʝ', _) => "semivowels",
        ('y' | 'ʏ' | 'ø' | 'œ', _) => "rounded_front_vowels",
        ('ə' | 'ɐ' | 'ɜ' | 'ɚ' | 'ɝ' | 'ᵻ' | 'ɨ', _) => "central_vowels",
        ('a' | 'e' | 'o' | 'i' | 'u' | 'ɛ' | 'ɔ' | 'ɪ' | 'ʊ' | 'æ' | 'ɑ' | 'ɒ' | 'ʌ', Some(second))
            if second.is_alphabetic() && !matches!(second, 'ʲ') =>
        {
            "diphthongs"
        }
        ('i' | 'ɪ' | 'e' | 'ɛ' | 'æ' | 'a', _) => "front_vowels",
        ('u' | 'ʊ' | 'o' | 'ɔ' | 'ɑ' | 'ɒ' | 'ʌ' | 'ɯ' | 'ɤ', _) => "back_vowels",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use colloquy_agents::assessment::articulation::Phonemes;
    use colloquy_agents::assessment::language::{Certainty, Code, Kind, Source};
    use colloquy_agents::language::Language;

    #[test]
    fn findings_belong_to_areas_that_people_know() {
        let finding = |code: &str, rule: &str| Finding {
            kind: Kind::Grammar,
            code: Code::parse(code).unwrap(),
            span: 0..2,
            word: "le".to_owned(),
            suggestion: "la".to_owned(),
            explanation: String::new(),
            explanation_native: None,
            source: Source::Rules,
            rule: rule.to_owned(),
            certainty: Certainty::High,
        };
        for (code, rule, area) in [
            ("R:DET", "french.article_feminine", Some("gender_agreement")),
            ("R:DET", "german.dative_feminine", Some("cases")),
            ("M:DET", "languagetool.X", Some("articles")),
            ("R:VERB:SVA", "english.x", Some("subject_verb_agreement")),
            ("R:WO", "german.x", Some("word_order")),
            ("R:OTHER", "x", None),
        ] {
            assert_eq!(of_finding(&finding(code, rule)), area, "{code}");
        }
    }

    #[test]
    fn sounds_belong_to_areas_that_people_know() {
        for (ipa, area) in [
            ("ʁ", "r_sound"),
            ("ɑ\u{303}", "nasal_vowels"),
            ("ˈiː", "front_vowels"),
            ("tʃ", "affricates"),
            ("t", "stops"),
            ("aɪ", "diphthongs"),
            ("θ", "th_sound"),
            ("y", "rounded_front_vowels"),
        ] {
            assert_eq!(of_sound(ipa), Some(area), "{ipa}");
        }
        assert_eq!((of_sound(""), of_sound("ː")), (None, None));
    }

    #[test]
    fn every_sound_that_is_taught_has_an_area() {
        let phonemes = Phonemes::built_in();
        for language in Language::ALL {
            for phoneme in phonemes.of(language) {
                assert!(of_sound(&phoneme.ipa).is_some(), "{language}: {}", phoneme.ipa);
            }
        }
    }
}
