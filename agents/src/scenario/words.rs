//! Words as they are compared: without case, accents and punctuation, numbers and short forms written out.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::format::Courtesy;

/// The longest text that is looked at, in words. What comes after is not compared.
const LONGEST: usize = 120;

/// The words of a text, ready to be compared. Each Han or kana character counts as a word.
pub(super) fn words(text: &str, courtesy: &Courtesy) -> Vec<String> {
    let text: String = text
        .chars()
        .map(|c| if matches!(c, '’' | 'ʼ' | '‘') { '\'' } else { c })
        .flat_map(char::to_lowercase)
        .collect();
    let mut words = Vec::new();
    for chunk in text.split(|c: char| !(c.is_alphanumeric() || c == '\'' || is_combining_mark(c))) {
        let chunk = chunk.trim_matches('\'');
        if chunk.is_empty() {
            continue;
        }
        if words.len() >= LONGEST {
            break;
        }
        if let Some(whole) = courtesy.short_forms.get(chunk) {
            split(whole, &mut words);
        } else if let Some(number) = chunk.parse().ok().and_then(|n: usize| courtesy.numbers.get(n)) {
            split(number, &mut words);
        } else {
            let start = words.len();
            split(chunk, &mut words);
            if chunk.chars().any(is_syllabic) {
                words[start..].iter_mut().for_each(|word| spell_out(word, courtesy));
            }
        }
    }
    words.truncate(LONGEST);
    words
}

/// Whether two words are the same but for a slip of the finger or the ear. Two slips are not forgiven in the same word as another
/// beginning: "toilettes" is no slip of "noisettes".
pub(super) fn alike(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    let allowed = match slips_forgiven(a.chars().count().min(b.chars().count())) {
        0 => return false,
        2 if a.chars().next() != b.chars().next() => 1,
        allowed => allowed,
    };
    distance(a, b) <= allowed
}

/// How many slips are forgiven at most in two words, the shorter of which has so many letters.
pub(super) fn slips_forgiven(letters: usize) -> usize {
    match letters {
        0..=4 => 0,
        5..=8 => 1,
        _ => 2,
    }
}

/// Where `part` begins in `whole`, word by word. Only long words forgive a slip here, where no other word bears them out.
pub(super) fn find(whole: &[String], part: &[String]) -> Option<usize> {
    find_all(whole, part).next()
}

/// All places where `part` begins in `whole`, as [`find`] compares them.
pub(super) fn find_all<'a>(whole: &'a [String], part: &'a [String]) -> impl Iterator<Item = usize> + 'a {
    const LONG: usize = 7;
    let same = |a: &String, b: &String| a == b || (a.len().min(b.len()) >= LONG && alike(a, b));
    whole
        .windows(part.len().max(1))
        .enumerate()
        .filter(move |(_, window)| !part.is_empty() && window.iter().zip(part).all(|(a, b)| same(a, b)))
        .map(|(at, _)| at)
}

/// Splits a chunk without spaces or punctuation but apostrophes into bare words.
fn split(text: &str, words: &mut Vec<String>) {
    for part in text
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c))
    {
        let mut word = String::new();
        for c in part.nfkd().filter(|&c| !is_combining_mark(c)) {
            match c {
                'ß' => word.push_str("ss"),
                'œ' => word.push_str("oe"),
                'æ' => word.push_str("ae"),
                c if is_syllabic(c) => {
                    if !word.is_empty() {
                        words.push(std::mem::take(&mut word));
                    }
                    words.push(c.to_string());
                }
                c => word.push(c),
            }
        }
        if !word.is_empty() {
            words.push(word);
        }
    }
}

/// Writes out a number among words that are written without spaces: `2` of `2个人`. One that takes more than a character
/// stays as it is.
fn spell_out(word: &mut String, courtesy: &Courtesy) {
    let number = word.parse().ok().and_then(|n: usize| courtesy.numbers.get(n));
    if let Some(number) = number.filter(|number| number.chars().count() == 1) {
        word.clone_from(number);
    }
}

/// The words of a text with a space around each: what is part of it is found as whole words.
pub(super) fn whole_words(text: &str, courtesy: &Courtesy) -> String {
    format!(" {} ", words(text, courtesy).join(" "))
}

/// Whether a text has an insult or an obscenity in it.
pub(super) fn is_rude(text: &str, courtesy: &Courtesy) -> bool {
    let said = whole_words(text, courtesy);
    courtesy.rude_words.iter().any(|rude| said.contains(rude.as_str()))
}

/// How a text reads: its words in one, kana as hiragana, and particles as they sound. Two texts of the same reading were said
/// alike, however they are written: a learner types pinyin without tones, or kana for kanji.
pub(super) fn reading(text: &str, courtesy: &Courtesy) -> String {
    const KATAKANA: std::ops::RangeInclusive<char> = '\u{30a1}'..='\u{30f6}';
    const KATAKANA_TO_HIRAGANA: u32 = 0x60;
    let words = words(text, courtesy).concat();
    let hiragana = words.chars().map(|c| match c {
        c if KATAKANA.contains(&c) => char::from_u32(c as u32 - KATAKANA_TO_HIRAGANA).unwrap_or(c),
        c => c,
    });
    hiragana
        .map(|c| match c {
            'は' => 'わ',
            'へ' => 'え',
            'を' => 'お',
            c => c,
        })
        .collect()
}

/// Whether a character is a word by itself: Han, hiragana, katakana.
pub(super) fn is_syllabic(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Whether a character is hiragana or katakana.
pub(super) fn is_kana(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}')
}

/// Edit distance with transpositions of neighbours counted once; `usize::MAX` if the lengths differ by more than 2.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let mut before = vec![0; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let changed = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = changed.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn french() -> Courtesy {
        Courtesy::sample(
            r#"
            numbers = ["zéro", "un", "deux"]
            short_forms = { svp = "s'il vous plaît" }
            "#,
        )
    }

    #[test]
    fn accents_numbers_short_forms_and_apostrophes_do_not_matter() {
        let courtesy = french();
        let whole = words("Une table pour deux, s’il vous plaît !", &courtesy);
        assert_eq!(whole, ["une", "table", "pour", "deux", "s", "il", "vous", "plait"]);
        assert_eq!(words("une TABLE pour 2 svp", &courtesy), whole);
        assert_eq!(words("cœur E\u{301}te\u{301}", &courtesy), ["coeur", "ete"]);
        assert_eq!(words("我要茶", &courtesy), ["我", "要", "茶"]);
    }

    #[test]
    fn numbers_are_written_out_where_no_space_sets_them_apart() {
        let courtesy = Courtesy::sample(r#"numbers = ["零", "一", "二"]"#);
        assert_eq!(words("2个人", &courtesy), ["二", "个", "人"]);
        assert_eq!(words("２人", &courtesy), ["二", "人"]);
        assert_eq!(words("20块", &courtesy), ["20", "块"]);
        assert_eq!(words("2", &courtesy), ["二"]);
    }

    #[test]
    fn texts_that_sound_alike_have_one_reading() {
        let courtesy = Courtesy::sample("");
        for (one, other) in [
            ("wǒ yào yì bēi chá", "wo yao yibei cha"),
            ("わたしわ けんです", "わたしはケンです。"),
        ] {
            assert_eq!(reading(one, &courtesy), reading(other, &courtesy));
        }
        assert_ne!(reading("わたし", &courtesy), reading("わたくし", &courtesy));
    }

    #[test]
    fn long_words_forgive_a_slip_and_short_ones_do_not() {
        assert!(alike("reservation", "reservatoin"));
        assert!(alike("table", "tabel"));
        assert!(!alike("vin", "vingt"));
        assert!(!alike("kein", "mein"));
        assert!(!alike("table", "terrasse"));
        assert!(!alike("toilettes", "noisettes"));
    }
}
