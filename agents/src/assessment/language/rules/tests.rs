//! The rules against their examples, against everything that the scenarios say, and against faults of their own format.

mod corpus;
mod lookalikes;

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::{Grammar, Grammars, Judgement};
use crate::exercises::{Difficulty, Exercises, Items};
use crate::language::Language;
use crate::scenario::{Catalogue, Level};

/// From the files as they are now, so that writing rules builds nothing anew.
static GRAMMARS: LazyLock<Grammars> = LazyLock::new(|| {
    let content = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../content");
    Grammars::load(&content).unwrap_or_else(|error| panic!("{error}"))
});

pub(in crate::assessment::language) const TAUGHT: [Language; 5] = [
    Language::English,
    Language::French,
    Language::German,
    Language::Italian,
    Language::Spanish,
];

fn grammar(language: Language) -> &'static Grammar {
    GRAMMARS.grammar(language).expect("it has rules")
}

fn corrected(text: &str, judgement: &Judgement) -> String {
    let mut corrected = text.to_owned();
    for finding in judgement.findings.iter().rev() {
        corrected.replace_range(finding.span.clone(), &finding.suggestion);
    }
    corrected
}

#[test]
fn every_rule_finds_its_examples_and_its_suggestion_makes_them_right() {
    for language in TAUGHT {
        let grammar = grammar(language);
        for rule in grammar.rules() {
            for (wrong, right) in &rule.examples {
                let judgement = grammar.judge(wrong);
                let found = judgement.findings.iter().any(|finding| finding.rule == rule.id);
                assert!(found, "{} finds nothing in {wrong:?}", rule.id);
                assert_eq!(&corrected(wrong, &judgement), right, "{}", rule.id);
                assert_eq!(grammar.judge(right).findings, [], "{}: {right:?} is right", rule.id);
            }
        }
    }
}

#[test]
fn every_taught_language_has_rules_of_many_kinds() {
    assert_eq!(GRAMMARS.languages().count(), TAUGHT.len());
    for language in TAUGHT {
        let rules = grammar(language).rules();
        assert!(rules.len() >= 60, "{language}: {}", rules.len());
        let concepts: BTreeSet<&str> = rules.iter().map(|rule| rule.concept.as_str()).collect();
        for concept in ["subject_verb", "preposition", "word_order", "false_friend", "verb_form"] {
            assert!(concepts.contains(concept), "{language} {concept}");
        }
    }
}

/// Agreement, articles, verb forms and word order, by ERRANT's types.
#[test]
fn every_taught_language_has_five_rules_of_each_of_the_four_kinds() {
    let kinds: [(&str, &[&str]); 4] = [
        ("agreement", &["R:VERB:SVA", "R:ADJ:FORM", "R:NOUN:NUM"]),
        ("articles", &["R:DET", "M:DET", "U:DET", "R:CONTR"]),
        (
            "verb forms",
            &["R:VERB:FORM", "M:VERB:FORM", "R:VERB:INFL", "R:VERB:TENSE"],
        ),
        ("word order", &["R:WO"]),
    ];
    for language in TAUGHT {
        for (kind, codes) in kinds {
            let rules = grammar(language).rules().iter();
            let count = rules.filter(|rule| codes.contains(&rule.code.as_str())).count();
            assert!(count >= 5, "{language}: {count} rules of {kind}");
        }
    }
}

/// Everything that is right by the standard of whoever wrote it, in one language.
pub(in crate::assessment::language) fn right_texts(language: Language) -> BTreeSet<String> {
    let catalogue = Catalogue::built_in();
    let topics = catalogue.topics(language, None);
    let ids = topics
        .iter()
        .flat_map(|category| category.topics.iter().map(|topic| topic.id.as_str()));
    let scripts = ids.filter_map(|id| catalogue.script(id, language, Level::Intermediate));
    let mut texts: BTreeSet<String> = scripts.flat_map(|script| script.every_text()).collect();
    for exercise in Exercises::built_in().list(language, None, Difficulty::Any) {
        match &exercise.items {
            Items::Words(words) => texts.extend(words.iter().map(|word| word.text.clone())),
            Items::Sentences(sentences) => texts.extend(sentences.iter().map(|sentence| sentence.text.clone())),
        }
    }
    texts
}

/// What is found in a text that is right, a line each.
fn alarms_in(language: Language, text: &str) -> String {
    let findings = grammar(language).judge(text).findings;
    let lines = findings.iter().map(|finding| {
        let (rule, word, suggestion) = (&finding.rule, &finding.word, &finding.suggestion);
        format!("{rule}: {word:?} -> {suggestion:?} in {text:?}\n")
    });
    lines.collect()
}

#[test]
fn nothing_that_the_scenarios_say_or_expect_is_found_wrong() {
    let mut alarms = String::new();
    for language in TAUGHT {
        let texts = right_texts(language);
        assert!(texts.len() > 1000, "{language}: {}", texts.len());
        for text in texts {
            alarms.push_str(&alarms_in(language, &text));
        }
    }
    assert!(alarms.is_empty(), "\n{alarms}");
}

/// What the recogniser writes has neither capitals nor marks.
#[test]
fn nor_without_capitals_and_marks() {
    let mut alarms = String::new();
    for language in TAUGHT {
        for text in right_texts(language) {
            // What is said in several sentences is recognised as several.
            for sentence in text.split(['.', '!', '?', '…', ':', ';']) {
                let bare: String = sentence
                    .to_lowercase()
                    .replace([',', '"', '«', '»', '„', '“', '”', '(', ')', '¿', '¡'], " ");
                alarms.push_str(&alarms_in(language, &bare));
            }
        }
    }
    assert!(alarms.is_empty(), "\n{alarms}");
}

#[test]
fn findings_stand_where_they_say_in_any_writing() {
    for (language, text, word, suggestion) in [
        (Language::French, "JE VOUDRAIS UN TABLE", "UN", "Une"),
        (Language::French, "Voilà… la eau est là", "la eau", "l'eau"),
        (Language::French, "C’est ma amie", "ma", "mon"),
        (
            Language::Italian,
            "Sono all’albergo, è un’amico",
            "un’amico",
            "un amico",
        ),
    ] {
        let judgement = grammar(language).judge(text);
        let [finding] = judgement.findings.as_slice() else {
            panic!("{text}: {judgement:?}");
        };
        assert_eq!(&text[finding.span.clone()], word, "{text}");
        assert_eq!(
            (finding.word.as_str(), finding.suggestion.to_lowercase()),
            (word, suggestion.to_lowercase()),
            "{text}"
        );
    }
}

#[test]
fn explanations_come_in_every_language() {
    for (concept, texts) in GRAMMARS.concepts() {
        let explained: Vec<Language> = texts.keys().copied().collect();
        let others: Vec<Language> = Language::ALL.into_iter().filter(|l| *l != Language::English).collect();
        assert_eq!(explained, others, "{concept}");
        assert!(texts.values().all(|text| text.contains("{suggestion}")), "{concept}");
    }
    let judgement = GRAMMARS
        .judge("un table", Language::French, Language::Japanese)
        .expect("rules");
    let told = judgement.findings[0].explanation_native.as_deref();
    assert!(told.is_some_and(|told| told.contains("「une」")), "{told:?}");
    for native in [Language::English, Language::French] {
        let judgement = GRAMMARS.judge("un table", Language::French, native).expect("rules");
        assert_eq!(judgement.findings[0].explanation_native, None, "{native}");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_told_all_at_once() {
    let file = r#"
        language = "french"
        judged = ["@nowhere"]
        [classes]
        noun = { words = "table carte" }
        open = { endings = "tion" }
        [forms]
        f = "un une, pair"
        [[rules]]
        id = "a"
        code = "R:DET"
        concept = "gender"
        pattern = "un @noun"
        suggest = "{1:f} {3}"
        explain = ""
        examples = [["a", "b"]]
        [[rules]]
        id = "a"
        code = "R:DET"
        concept = "gender"
        pattern = "@open"
        suggest = "{1:f}"
        explain = ""
        examples = [["a", "b"]]
        [[rules]]
        id = "B"
        code = "R:DET"
        concept = "gender"
        pattern = "(un)"
        suggest = "{x}"
        explain = ""
        examples = []
        [[rules]]
        id = "c"
        code = "R:DET"
        concept = "gender"
        pattern = "une @noun"
        suggest = "{1:f} {2/s/}"
        explain = ""
        examples = [["a", "b"]]
    "#;
    let faults = Grammar::parse(file).expect_err("it has faults").join("\n");
    for part in [
        "\"nowhere\"",
        "no pair",
        "{3} is more",
        "may be any word",
        "there twice",
        "takes nothing",
        "lacks \"une\"",
    ] {
        assert!(faults.contains(part), "{part}: {faults}");
    }
    assert!(Grammar::parse("language = 3").is_err());
}

const SMALL: &str = r#"
    language = "german"
    judged = ["weil ich|er (*) (*) @finite $"]
    rules = []
    [classes]
    verb = { words = "gehe" }
    finite = { of = "verb", words = "komme" }
"#;

#[test]
fn what_an_open_place_takes_is_not_judged() {
    let grammar = Grammar::parse(SMALL).expect("it is a grammar");
    let judged = |text| grammar.judge(text).judged;
    assert_eq!(judged("weil ich gehe"), 3);
    assert_eq!(judged("weil ich oft komme"), 3);
    assert_eq!(judged("weil ich mein Hund gehe"), 3);
}

#[test]
fn classes_and_tables_that_nothing_uses_are_told() {
    let file = format!("{SMALL}\nalone = {{ of = \"part\" }}\npart = {{ words = \"der\" }}\n[forms]\nf = \"der die\"");
    let faults = Grammar::parse(&file).expect_err("it has faults");
    assert_eq!(
        faults,
        [
            "nothing uses class \"alone\"",
            "nothing uses class \"part\"",
            "nothing uses forms.f"
        ]
    );
}

#[test]
fn the_documentation_lists_every_rule() {
    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/grammar.md");
    const MARKS: [&str; 2] = ["<!-- rules -->\n", "<!-- /rules -->\n"];
    let mut list = String::new();
    for language in TAUGHT {
        let rules = grammar(language).rules();
        let _ = writeln!(list, "\n### {}: {} rules\n", language.english_name(), rules.len());
        list.push_str("| rule | type | wrong | right |\n|---|---|---|---|\n");
        for rule in rules {
            let (wrong, right) = &rule.examples[0];
            let _ = writeln!(list, "| `{}` | `{}` | {wrong} | {right} |", rule.id, rule.code);
        }
    }
    list.push('\n');
    let documentation = std::fs::read_to_string(PATH).expect("it is there");
    let (before, rest) = documentation.split_once(MARKS[0]).expect("it has the mark");
    let (_, after) = rest.split_once(MARKS[1]).expect("it has the mark");
    let expected = format!("{before}{}{list}{}{after}", MARKS[0], MARKS[1]);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(PATH, &expected).expect("it can be written");
    } else {
        assert!(
            documentation == expected,
            "docs/grammar.md is behind: run this test with UPDATE_DOCS=1"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text_is_judged(
        text in "\\PC{0,60}|((je|un|table|ne|pas|veux|ich|weil|bin|a|hour|más|l'|la|eau|il|you|what|are)[ ,.?!']{1,2}){0,30}",
        language in 0usize..5,
    ) {
        let judgement = grammar(TAUGHT[language]).judge(&text);
        let mut end = 0;
        for finding in &judgement.findings {
            prop_assert!(finding.span.start >= end && finding.span.end > finding.span.start);
            prop_assert_eq!(&text[finding.span.clone()], &finding.word);
            prop_assert!(finding.word != finding.suggestion);
            end = finding.span.end;
        }
        prop_assert!(judgement.judged <= judgement.words);
        prop_assert_eq!(judgement.concepts.len(), judgement.findings.len());
    }
}
