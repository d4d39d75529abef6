//! The right forms of what a learner said wrong, and where they are heard: beside the tutor's messages, under the name of the message with
//! a hash of the form, since mistakes that were told at once may be dropped once it is known how they sounded. What is said there is kept with
//! the analysis, and goes with the conversation.

use colloquy_agents::assessment::language::Finding;
use colloquy_agents::correction::Slip;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::audio::AudioName;
use crate::ids::{ConversationId, MessageId};

/// The right forms of a turn's words.
#[derive(Clone, Debug, Default)]
pub struct RightForms {
    /// What the rules found in it at once, with what a recast says of each.
    pub slips: Vec<Slip>,
    /// What it is kept as; none where nobody could ask for its sound.
    pub message: Option<(ConversationId, MessageId)>,
}

/// Stands between a message's id and the hash of the form.
const MARK: &str = "-right-";
/// Bytes of that hash.
const HASHED: usize = 3;
/// As long as what the name of a kept file ends with.
const ANY_VERSION: &str = "000000000000";

impl RightForms {
    /// What is said of a finding: what a recast would say, else what belongs in the place of the wrong words. None where that is nothing
    /// that one could say.
    pub fn of<'a>(&'a self, finding: &'a Finding) -> Option<&'a str> {
        let is_it = |slip: &&Slip| slip.at == finding.span && slip.right == finding.suggestion;
        let phrase = self.slips.iter().find(is_it).map(|slip| slip.phrase.as_str());
        let mut forms = phrase.into_iter().chain([finding.suggestion.as_str()]);
        forms.find(|form| form.contains(char::is_alphanumeric))
    }

    /// Where a right form is heard: a path on this server. None where nobody could ask for it.
    pub fn path(&self, form: &str) -> Option<String> {
        let (conversation, message) = self.message.as_ref()?;
        let name = AudioName::of(conversation, &format!("{}{MARK}{}", message.as_str(), hash(form)))?;
        name.version(ANY_VERSION).map(|_| name.url(""))
    }
}

/// The message, and the hash of a right form of its words, that a file is named after.
pub fn named(name: &str) -> Option<(MessageId, &str)> {
    let (message, hash) = name.rsplit_once(MARK)?;
    let is_hash = hash.len() == 2 * HASHED && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    MessageId::parse(message)
        .filter(|_| is_hash)
        .map(|message| (message, hash))
}

/// What is said there, as an analysis was kept.
pub fn kept<'a>(analysis: &'a Value, hashed: &str) -> Option<&'a str> {
    let errors = analysis.get("errors")?.as_array()?;
    let mut forms = errors.iter().filter_map(|error| error.get("example")?.as_str());
    forms.find(|form| hash(form) == hashed)
}

/// Whether an analysis tells where a right form is heard.
pub fn are_heard(analysis: &Map<String, Value>) -> bool {
    let errors = analysis.get("errors").and_then(Value::as_array);
    errors.into_iter().flatten().any(is_heard)
}

/// Takes out of an analysis where its right forms are heard.
pub fn silence(analysis: &mut Map<String, Value>) {
    let errors = analysis.get_mut("errors").and_then(Value::as_array_mut);
    for error in errors.into_iter().flatten().filter(|error| is_heard(error)) {
        error[EXAMPLE] = Value::Null;
    }
}

fn is_heard(error: &Value) -> bool {
    let path = error.get(EXAMPLE).and_then(Value::as_str);
    let name = path.and_then(|path| path.rsplit('/').next()?.strip_suffix(".mp3"));
    name.and_then(named).is_some()
}

/// The field of a mistake that tells where it is heard how it is said.
const EXAMPLE: &str = "audio_example";

fn hash(form: &str) -> String {
    let hash = Sha256::digest(form);
    hash[..HASHED].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use colloquy_agents::assessment::language::{Certainty, Code, Kind, Source};
    use serde_json::json;

    use super::*;

    fn finding(suggestion: &str) -> Finding {
        Finding {
            kind: Kind::Grammar,
            code: Code::parse("R:DET").unwrap(),
            span: 12..14,
            word: "un".to_owned(),
            suggestion: suggestion.to_owned(),
            explanation: String::new(),
            explanation_native: None,
            source: Source::Rules,
            rule: "french.x".to_owned(),
            certainty: Certainty::High,
        }
    }

    fn slip(right: &str, phrase: &str) -> Slip {
        Slip {
            at: 12..14,
            right: right.to_owned(),
            phrase: phrase.to_owned(),
            explanation: String::new(),
            kind: Kind::Grammar,
            code: "R:DET".to_owned(),
            rule: "french.x".to_owned(),
            certainty: 1.0,
        }
    }

    #[test]
    fn what_a_recast_says_is_heard_or_else_what_is_suggested() {
        let forms = |slips| RightForms { slips, message: None };
        for (slips, suggestion, form) in [
            (vec![slip("une", "une table")], "une", Some("une table")),
            (vec![slip("une", "")], "une", Some("une")),
            (vec![slip("des", "des tables")], "une", Some("une")),
            (vec![], "une", Some("une")),
            (vec![slip("", "je vois")], "", Some("je vois")),
            (vec![], "", None),
            (vec![], ",", None),
        ] {
            assert_eq!(
                forms(slips.clone()).of(&finding(suggestion)),
                form,
                "{slips:?} {suggestion}"
            );
        }
    }

    #[test]
    fn a_right_form_is_named_after_its_message_and_found_again() {
        let (conversation, message) = (ConversationId::new(), MessageId::new());
        let forms = RightForms {
            slips: Vec::new(),
            message: Some((conversation.clone(), message.clone())),
        };
        let path = forms.path("une table").unwrap();
        let hashed = hash("une table");
        assert_eq!(path, format!("/audio/{conversation}/{message}-right-{hashed}.mp3"));
        assert_eq!(
            named(&format!("{message}-right-{hashed}")),
            Some((message, hashed.as_str()))
        );
        for other in [
            "msg_1",
            "msg_1-right-",
            "msg_1-right-12345",
            "msg_1-right-12345g",
            "-right-123456",
            "../x-right-123456",
        ] {
            assert_eq!(named(other), None, "{other}");
        }
        assert_eq!(RightForms::default().path("une table"), None);
        // A client's own id may be too long for a file of its own.
        let long = Some((conversation, MessageId::from_text("m".repeat(60))));
        let forms = RightForms { message: long, ..forms };
        assert_eq!(forms.path("une table"), None);
    }

    #[test]
    fn an_analysis_tells_of_sounds_and_not_of_right_forms_once_they_are_silenced() {
        let (conversation, message) = (ConversationId::new(), MessageId::new());
        let forms = RightForms {
            slips: Vec::new(),
            message: Some((conversation, message)),
        };
        let sound = json!({"type": "pronunciation", "audio_example": "/audio/phonemes/fr-0079.mp3"});
        let form = json!({"type": "grammar", "example": "une table", "audio_example": forms.path("une table")});
        let analysis = |errors: &[&Value]| json!({"errors": errors}).as_object().cloned().unwrap();
        let mut told = analysis(&[&form, &sound]);
        assert!(are_heard(&told));
        silence(&mut told);
        let silent = json!({"type": "grammar", "example": "une table", "audio_example": null});
        assert_eq!(told, analysis(&[&silent, &sound]));
        assert!(!are_heard(&told) && !are_heard(&Map::new()));
    }

    #[test]
    fn what_is_said_is_what_was_kept() {
        let analysis = json!({"errors": [{"word": "un", "example": "une table"}, {"word": "x"}]});
        assert_eq!(kept(&analysis, &hash("une table")), Some("une table"));
        for other in ["un", "x", ""] {
            assert_eq!(kept(&analysis, &hash(other)), None, "{other}");
        }
        assert_eq!(kept(&json!(null), &hash("une table")), None);
    }
}
