//! What the learner is corrected on.

use futures::{FutureExt, StreamExt};

use super::*;
use crate::correction::tests::Listed;
use crate::correction::{Correction, CorrectionPolicy, Proofread, Slip};
use crate::engine::{Llm, ReplyRequest};
use crate::llm::embedded::EmbeddedLlm;

/// A conversation with the embedded dialogue model, in which these mistakes are known.
fn talk(policy: CorrectionPolicy) -> Talk {
    let mut talk = Talk::new();
    talk.mind.config.correction = policy;
    talk.mind.config.proofreader = Arc::new(Listed(vec![
        ("un table", "une table", "R:DET", 0.95),
        ("Je suis vouloir", "Je voudrais", "R:VERB:FORM", 0.95),
        ("au la fenêtre", "à la fenêtre", "R:PREP", 0.9),
    ]));
    talk.put(Input::Joined);
    talk.reply(1, "Bonsoir !", 0);
    talk.say(1, 0, &["Bonsoir"]);
    talk.put(Input::PlayoutFinished { generation: 1 });
    talk
}

/// Takes whoever says "please" for somebody who speaks their own language.
#[derive(Debug)]
struct Polite(Listed);

impl Proofread for Polite {
    fn slips(&self, text: &str, language: Language, native: Language) -> Vec<Slip> {
        self.0.slips(text, language, native)
    }
    fn answered_in(&self, text: &str, language: Language, native: Language) -> Option<Language> {
        assert_eq!((language, native), (Language::French, Language::English));
        text.contains("please").then_some(native)
    }
}

/// The learner types; the embedded model answers, and all of it counts as read.
fn exchange(talk: &mut Talk, text: &str) -> (Record, Record) {
    let mut outputs = Vec::new();
    let text = text.to_owned();
    talk.mind.handle_input(Input::Typed { text }, talk.now);
    while let Some(output) = talk.mind.poll_output() {
        match output {
            Output::Ask { generation, request } => answer(talk, generation, *request),
            Output::Speak { generation, phrase, .. } => {
                talk.mind
                    .handle_input(Input::SpeechFailed { generation, phrase }, talk.now);
            }
            Output::Record(record) => outputs.push(*record),
            _ => {}
        }
    }
    let [heard, reply] = <[Record; 2]>::try_from(outputs).expect("a message and its answer");
    (heard, reply)
}

fn answer(talk: &mut Talk, generation: u64, request: ReplyRequest) {
    let pieces = EmbeddedLlm.reply(request).collect::<Vec<_>>().now_or_never();
    for piece in pieces.expect("the script answers at once") {
        let piece = piece.expect("the script never fails");
        talk.mind.handle_input(Input::Reply { generation, piece }, talk.now);
    }
}

fn corrected(record: &Record) -> Option<(&str, &str)> {
    let correction: Option<&Correction> = record.insights.correction.as_deref();
    correction.map(|correction| (correction.wrong.as_str(), correction.right.as_str()))
}

#[test]
fn one_mistake_a_turn_is_recast_before_the_scenario_goes_on() {
    let mut talk = talk(CorrectionPolicy::Inline);
    let (heard, reply) = exchange(&mut talk, "Je suis vouloir un table pour deux");
    assert_eq!(heard.slips.len(), 2);
    // The verb comes first, and the step practises "je voudrais".
    assert_eq!(corrected(&reply), Some(("Je suis vouloir", "Je voudrais")));
    assert!(
        reply.text.starts_with("Ah, « Je voudrais » ! Parfait, deux personnes."),
        "{}",
        reply.text
    );
    assert_eq!(talk.mind.progress().step, 1);
}

#[test]
fn the_same_is_not_corrected_twice_in_a_row() {
    let mut talk = talk(CorrectionPolicy::Inline);
    exchange(&mut talk, "un table pour deux");
    let (heard, reply) = exchange(&mut talk, "un table en terrasse");
    assert_eq!((heard.slips.len(), corrected(&reply)), (1, None));
    assert!(!reply.text.contains("une table en terrasse"), "{}", reply.text);
    let (_, reply) = exchange(&mut talk, "un table et une carafe d'eau");
    assert_eq!(corrected(&reply), Some(("un table", "une table")));
}

#[test]
fn an_answer_that_is_not_understood_is_asked_again_and_not_corrected() {
    let mut talk = talk(CorrectionPolicy::Inline);
    let (heard, reply) = exchange(&mut talk, "mon chat dort sur un table");
    assert_eq!((heard.slips.len(), corrected(&reply)), (1, None));
    assert!(
        !reply.text.contains("une table ».") && !reply.text.starts_with("Ah"),
        "{}",
        reply.text
    );
}

#[test]
fn afterwards_and_never_nothing_is_said_but_all_is_kept() {
    for policy in [CorrectionPolicy::After, CorrectionPolicy::Off] {
        let mut talk = talk(policy);
        let (heard, reply) = exchange(&mut talk, "Je suis vouloir un table pour deux");
        assert_eq!((heard.slips.len(), corrected(&reply)), (2, None), "{policy:?}");
        assert!(reply.text.starts_with("Parfait, deux personnes."), "{}", reply.text);
    }
}

#[test]
fn an_answer_in_the_learners_own_language_is_not_proofread_and_is_asked_for_in_the_other_one() {
    let mut talk = talk(CorrectionPolicy::Inline);
    talk.mind.config.proofreader = Arc::new(Polite(Listed(vec![("un table", "une table", "R:DET", 0.95)])));
    let (heard, reply) = exchange(&mut talk, "please un table for two");
    assert_eq!(
        (heard.answered_in, heard.slips.as_slice()),
        (Some(Language::English), &[][..])
    );
    assert_eq!(corrected(&reply), None);
    let invited = "Ah ! Et comment dit-on cela en français ? Vous pouvez dire, par exemple : « Nous sommes quatre ».";
    assert_eq!(reply.text, invited);
    assert_eq!((talk.mind.progress().step, talk.mind.progress().reprompts), (0, 1));
    // What the step expects is never taken for another language.
    let (heard, _) = exchange(&mut talk, "Nous sommes quatre");
    assert_eq!((heard.answered_in, talk.mind.progress().step), (None, 1));
}

#[test]
fn a_reply_prepared_in_a_pause_has_its_correction_and_is_not_asked_for_again() {
    let mut talk = talk(CorrectionPolicy::Inline);
    talk.put(Input::SpeechStarted {
        utterance: 1,
        first_voiced: talk.now,
    });
    let transcript = said("un table pour deux");
    let fit = Fit::Unlisted { open: false };
    talk.mind.handle_input(
        Input::View {
            utterance: 1,
            transcript,
            fit,
        },
        talk.now,
    );
    let mut asked = None;
    while let Some(output) = talk.mind.poll_output() {
        if let Output::Ask { generation, request } = output {
            asked = Some((generation, request));
        }
    }
    let (generation, request) = asked.expect("a reply is prepared");
    let correction = request.guidance.correction.clone().expect("it is corrected");
    assert_eq!(correction.phrase, "une table pour deux");
    answer(&mut talk, generation, *request);
    let outputs = talk.end_turn(1, "un table pour deux");
    assert!(
        outputs
            .iter()
            .any(|output| output == "speak 2.0 'Ah, « une table pour deux » !'"),
        "{outputs:?}"
    );
    assert!(!outputs.iter().any(|output| output.starts_with("ask")), "{outputs:?}");
}

#[test]
fn a_correction_that_was_cut_off_before_it_was_heard_was_none() {
    let mut talk = talk(CorrectionPolicy::Inline);
    talk.mind.handle_input(
        Input::Typed {
            text: "un table pour deux".to_owned(),
        },
        talk.now,
    );
    while let Some(output) = talk.mind.poll_output() {
        if let Output::Ask { generation, request } = output {
            answer(&mut talk, generation, *request);
        }
    }
    talk.say(2, 0, &["Ah", "une", "table", "pour", "deux"]);
    talk.put(Input::Interrupt);
    talk.mind.handle_input(
        Input::Flushed {
            generation: 2,
            played: vec![(0, ms(250))],
        },
        talk.now,
    );
    let mut kept = None;
    while let Some(output) = talk.mind.poll_output() {
        if let Output::Record(record) = output {
            kept = Some(record);
        }
    }
    let kept = kept.expect("something of it was heard");
    assert_eq!((kept.text.as_str(), corrected(&kept)), ("Ah,", None));
    assert!(talk.mind.corrected.is_none());
}
