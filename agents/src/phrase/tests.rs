use proptest::prelude::*;

use super::*;

fn split(language: Language, text: &str) -> Vec<String> {
    let mut splitter = PhraseSplitter::new(language);
    splitter.push(text);
    splitter.finish();
    std::iter::from_fn(|| splitter.poll_phrase())
        .map(|phrase| phrase.text)
        .collect()
}

#[test]
fn speech_starts_with_the_first_sentence_however_short() {
    assert_eq!(
        split(
            Language::French,
            "Bonsoir ! Bienvenue dans notre bistro. Vous êtes combien ?"
        ),
        ["Bonsoir !", "Bienvenue dans notre bistro.", "Vous êtes combien ?"]
    );
}

#[test]
fn a_first_clause_is_spoken_before_the_sentence_is_whole() {
    let mut splitter = PhraseSplitter::new(Language::English);
    splitter.push("That sounds very good, s");
    assert_eq!(splitter.poll_phrase().expect("a clause").text, "That sounds very good,");
    splitter.push("o what would you like to drink with it? I c");
    assert_eq!(
        splitter.poll_phrase().expect("a sentence").text,
        "so what would you like to drink with it?"
    );
    assert_eq!(splitter.poll_phrase(), None);
}

#[test]
fn one_word_before_a_comma_waits_for_its_clause() {
    assert_eq!(
        split(Language::French, "Oui, bien sûr. Je vous écoute."),
        ["Oui, bien sûr.", "Je vous écoute."]
    );
}

#[test]
fn numbers_times_and_prices_stay_whole() {
    for (language, text) in [
        (Language::English, "It is 12.50 at 8:30 for 1,000 people."),
        (Language::French, "Cela fait 12,50 euros à 20:30 précises."),
        (Language::German, "Am 3. Mai um 8.30 Uhr haben wir auf."),
        (Language::English, "1. Soup of the day"),
    ] {
        assert_eq!(split(language, text), [text]);
    }
}

#[test]
fn abbreviations_do_not_end_a_sentence() {
    for (language, text) in [
        (Language::English, "Good evening Mr. Smith and Dr. Jones."),
        (Language::French, "Bonsoir M. Martin et J. Dupont."),
        (Language::German, "Wir haben z.B. Suppe und Salat usw. im Angebot."),
        (Language::Spanish, "Buenas tardes Sra. García de EE.UU. y familia."),
        (Language::Italian, "Buonasera Sig. Rossi."),
    ] {
        assert_eq!(split(language, text), [text]);
    }
}

#[test]
fn closing_quotes_stay_with_their_sentence() {
    assert_eq!(
        split(Language::French, "Elle a dit « Bonsoir. » Puis elle est partie."),
        ["Elle a dit « Bonsoir. »", "Puis elle est partie."]
    );
    assert_eq!(
        split(
            Language::English,
            "He said \"good evening.\" \"Thank you so much,\" she said."
        ),
        ["He said \"good evening.\"", "\"Thank you so much,\" she said."]
    );
}

#[test]
fn full_width_marks_need_no_space() {
    assert_eq!(
        split(Language::Chinese, "你好！欢迎来到我们的餐厅。请问几位？"),
        ["你好！", "欢迎来到我们的餐厅。", "请问几位？"]
    );
    assert_eq!(
        split(
            Language::Japanese,
            "はい、かしこまりました。お飲み物は何になさいますか。"
        ),
        ["はい、かしこまりました。", "お飲み物は何になさいますか。"]
    );
}

#[test]
fn an_ellipsis_is_one_mark() {
    assert_eq!(
        split(Language::English, "Let me see... yes, that works."),
        ["Let me see...", "yes, that works."]
    );
}

#[test]
fn text_without_marks_is_cut_between_words() {
    let text = "word ".repeat(100);
    let phrases = split(Language::English, &text);
    assert!(phrases.len() > 2);
    assert!(
        phrases
            .iter()
            .all(|phrase| phrase.len() <= LONGEST && phrase.ends_with("word"))
    );
    assert_eq!(phrases.join(" "), text.trim());
    let text = "字".repeat(300);
    let phrases = split(Language::Chinese, &text);
    assert!(phrases.len() > 2);
    assert_eq!(phrases.concat(), text);
}

#[test]
fn what_cannot_be_said_is_no_phrase() {
    assert_eq!(split(Language::English, " … 🙂 -- "), Vec::<String>::new());
    assert_eq!(split(Language::English, "Hello. 🙂"), ["Hello."]);
}

proptest! {
    #[test]
    fn phrases_do_not_depend_on_how_the_text_arrives(text in TEXT, cuts in proptest::collection::vec(0usize..12, 0..40)) {
        let whole = split(Language::French, &text);
        let mut splitter = PhraseSplitter::new(Language::French);
        let mut rest = text.as_str();
        for cut in cuts {
            let at = rest.char_indices().nth(cut).map_or(rest.len(), |(at, _)| at);
            splitter.push(&rest[..at]);
            rest = &rest[at..];
        }
        splitter.push(rest);
        splitter.finish();
        let phrases: Vec<_> = std::iter::from_fn(|| splitter.poll_phrase()).collect();
        prop_assert_eq!(phrases.iter().map(|phrase| phrase.text.clone()).collect::<Vec<_>>(), whole);
        let mut last = 0;
        for phrase in &phrases {
            prop_assert_eq!(&text[phrase.range.clone()], &phrase.text);
            prop_assert!(phrase.range.start >= last);
            prop_assert!(!text[last..phrase.range.start].chars().any(char::is_alphanumeric));
            last = phrase.range.end;
        }
        prop_assert!(!text[last..].chars().any(char::is_alphanumeric));
    }

    #[test]
    fn any_text_is_split(text in any::<String>()) {
        for language in Language::ALL {
            let said: String = split(language, &text).concat();
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            prop_assert_eq!(letters(&said), letters(&text));
        }
    }
}

const TEXT: &str = "([a-zA-Zé0-9]{1,9}|M\\.|[ ]{1,2}|[.,!?;:»«…—]| [!?] |[。、！字]){0,120}";
