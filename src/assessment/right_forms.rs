//! The right forms of what a learner said wrong, and where they are heard: beside the tutor's messages, under the name of the message with
//! the number of the mistake. What is said there is kept with the analysis, and goes with the conversation.

use colloquy_agents::assessment::language::Finding;
use colloquy_agents::correction::Slip;
use serde_json::Value;

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

/// Stands between a message's id and the number of the mistake.
const MARK: &str = "-right-";
/// Characters of the version that a file's name ends with.
const VERSION: &str = "000000000000";

impl RightForms {
    /// What is said of a finding: what a recast would say, else what belongs in the place of the wrong words. None where that is nothing
    /// that one could say.
    pub fn of<'a>(&'a self, finding: &'a Finding) -> Option<&'a str> {
        let is_it = |slip: &&Slip| slip.at == finding.span && slip.right == finding.suggestion;
        let phrase = self.slips.iter().find(is_it).map(|slip| slip.phrase.as_str());
        let mut forms = phrase.into_iter().chain([finding.suggestion.as_str()]);
        forms.find(|form| form.contains(char::is_alphanumeric))
    }

    /// Where the right form of a mistake is heard, by its number in the analysis: a path on this server.
    pub fn path(&self, number: usize) -> Option<String> {
        let (conversation, message) = self.message.as_ref()?;
        let name = AudioName::of(conversation, &format!("{}{MARK}{number}", message.as_str()))?;
        name.version(VERSION).map(|_| name.url(""))
    }
}

/// The message, and the number of the mistake in its analysis, that a file is named after.
pub fn named(name: &str) -> Option<(MessageId, usize)> {
    let (message, number) = name.rsplit_once(MARK)?;
    Some((MessageId::parse(message)?, number.parse().ok()?))
}

/// What is said there, as an analysis was kept.
pub fn kept(analysis: &Value, number: usize) -> Option<&str> {
    analysis.get("errors")?.get(number)?.get("example")?.as_str()
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
        let path = forms.path(2).unwrap();
        assert_eq!(path, format!("/audio/{conversation}/{message}-right-2.mp3"));
        assert_eq!(named(&format!("{message}-right-2")), Some((message, 2)));
        for other in ["msg_1", "msg_1-right-", "msg_1-right--1", "-right-1", "../x-right-1"] {
            assert_eq!(named(other), None, "{other}");
        }
        assert_eq!(RightForms::default().path(0), None);
        // A client's own id may be too long for a file of its own.
        let long = Some((conversation, MessageId::from_text("m".repeat(60))));
        let forms = RightForms { message: long, ..forms };
        assert_eq!(forms.path(0), None);
    }

    #[test]
    fn what_is_said_is_what_was_kept() {
        let analysis = json!({"errors": [{"word": "un", "example": "une table"}, {"word": "x"}]});
        assert_eq!(kept(&analysis, 0), Some("une table"));
        for number in [1, 2, usize::MAX] {
            assert_eq!(kept(&analysis, number), None);
        }
        assert_eq!(kept(&json!(null), 0), None);
    }
}
