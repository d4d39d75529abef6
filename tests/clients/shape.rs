//! Whether an answer has the shape of a document's example: its keys, and values of its types.

use serde_json::Value;

/// Only what was never set or could not be measured may be null: no score is ever invented.
const NULLABLE: [&str; 8] = [
    "accuracy",
    "avatar_url",
    "conversation_confidence",
    "expires_at",
    "improvement",
    "retention_rate",
    "score",
    // Without a provider, only what a scenario expects to hear is translated.
    "translation",
];
/// Keys of the example that are its own data.
const OWN_DATA: [&str; 2] = ["vocabulary.categories", "menu_items"];

/// Lists that are never empty where the document's requests are made.
const LISTED: [&str; 6] = [
    ".categories",
    ".topics",
    ".leaders",
    ".daily_breakdown",
    ".available_achievements",
    ".messages",
];

fn is_own_data(at: &str) -> bool {
    OWN_DATA.iter().any(|own| at.ends_with(own))
}

/// Checks an answer against the example of a document; `at` says where in the answer it is.
///
/// # Errors
/// With the place, and what differs there.
pub fn fits(answer: &Value, example: &Value, at: &str) -> Result<(), String> {
    match (answer, example) {
        (Value::Object(answer), Value::Object(example)) => {
            for (key, example) in example {
                let at = format!("{at}.{key}");
                match answer.get(key) {
                    None if is_own_data(&at) => {}
                    None => return Err(format!("{at} is missing")),
                    Some(Value::Null) if is_nullable(key) => {}
                    Some(Value::Object(_)) if is_own_data(&at) && example.is_object() => {}
                    Some(answer) => fits(answer, example, &at)?,
                }
            }
            Ok(())
        }
        (Value::Array(answers), Value::Array(examples))
            if answers.is_empty() && !examples.is_empty() && LISTED.iter().any(|list| at.ends_with(list)) =>
        {
            Err(format!("{at} is empty"))
        }
        // Examples of a list show what kinds of entries it may have.
        (Value::Array(answers), Value::Array(examples)) if !examples.is_empty() => {
            for (n, answer) in answers.iter().enumerate() {
                let at = format!("{at}[{n}]");
                let tried = examples.iter().map(|example| fits(answer, example, &at));
                let refusals: Vec<String> = tried.filter_map(Result::err).collect();
                if refusals.len() == examples.len() {
                    return Err(refusals.join(", or "));
                }
            }
            Ok(())
        }
        (Value::String(answer), Value::String(example)) if !has_form(answer, example) => {
            Err(format!("{at} is {answer:?}, but like {example:?} in the document"))
        }
        (Value::Array(_), Value::Array(_))
        | (Value::String(_), Value::String(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::Bool(_), Value::Bool(_)) => Ok(()),
        _ => Err(format!("{at} is {answer}, but like {example} in the document")),
    }
}

fn is_nullable(key: &str) -> bool {
    key.ends_with("_score") || key.ends_with("_improvement") || NULLABLE.contains(&key)
}

/// Times, dates, addresses and ids with a prefix are told from other texts.
fn has_form(answer: &str, example: &str) -> bool {
    let is_time = |text: &str| text.len() >= 20 && text.as_bytes()[10] == b'T' && text.ends_with('Z');
    let is_date = |text: &str| text.len() == 10 && text.split('-').count() == 3;
    let is_address = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    if is_time(example) {
        return is_time(answer);
    }
    if is_date(example) {
        return is_date(answer);
    }
    if is_address(example) {
        return is_address(answer);
    }
    let prefix = ["user_", "conv_", "msg_", "voice_", "req_"];
    // An example may count its messages within the conversation, such as msg_001; ids are ids there, too.
    let prefix = prefix.into_iter().find(|prefix| example.starts_with(prefix));
    prefix.is_none_or(|prefix| answer.starts_with(prefix))
}

#[test]
fn lists_of_what_there_always_is_are_not_empty() {
    let example = serde_json::json!({"categories": [{"id": "food"}], "errors": [{"type": "tense"}]});
    let answer = |categories: Value| serde_json::json!({"categories": categories, "errors": []});
    assert!(fits(&answer(serde_json::json!([{"id": "travel"}])), &example, "it").is_ok());
    assert!(fits(&answer(serde_json::json!([])), &example, "it").is_err());
    assert!(fits(&serde_json::json!({"errors": []}), &example, "it").is_err());
}

#[test]
fn keys_types_and_forms_are_compared() {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let example =
        parse(r#"{"id": "user_1", "at": "2024-01-15T10:30:00Z", "grammar_score": 1, "n": [{"a": 1}, {"b": ""}]}"#);
    let right =
        r#"{"id": "user_2", "at": "2026-01-15T10:30:00.123Z", "grammar_score": null, "n": [{"b": "x"}], "more": 1}"#;
    assert_eq!(fits(&parse(right), &example, ""), Ok(()));
    for (from, to) in [
        ("\"id\": \"user_2\",", ""),
        ("user_2", "guest_2"),
        ("2026-01-15T10:30:00.123Z", "yesterday"),
        ("null", "\"good\""),
        ("{\"b\": \"x\"}", "{\"b\": 1}"),
        ("[{\"b\": \"x\"}]", "{}"),
        ("\"2026-01-15T10:30:00.123Z\"", "null"),
    ] {
        let wrong = parse(&right.replace(from, to));
        assert!(fits(&wrong, &example, "").is_err(), "{wrong}");
    }
}
