//! Saying something again.

use super::*;
use crate::engine::Pace;

/// What the voice is to say, and how fast.
fn spoken(talk: &mut Talk, input: Input) -> Vec<(String, Pace)> {
    talk.mind.handle_input(input, talk.now);
    let mut spoken = Vec::new();
    while let Some(output) = talk.mind.poll_output() {
        match output {
            Output::Speak { text, pace, .. } => spoken.push((text, pace)),
            Output::State(_) | Output::FinishSpeech { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    spoken
}

const SLOWLY: Input = Input::Repeat {
    message: None,
    slowly: true,
};

#[test]
fn the_last_message_is_said_again_slowly_and_is_nothing_new() {
    let mut talk = Talk::answered();
    talk.put(Input::PlayoutFinished { generation: 2 });
    let (history, progress) = (talk.history(), talk.mind.progress().clone());
    let expected = [
        ("Très bien.".to_owned(), Pace::Slow),
        ("Une table près de la fenêtre ?".to_owned(), Pace::Slow),
    ];
    assert_eq!(spoken(&mut talk, SLOWLY), expected);
    assert_eq!(talk.say(3, 0, &["Très", "bien"]), ["Speaking"]);
    talk.say(3, 1, &["Une", "table", "près", "de", "la", "fenêtre"]);
    assert_eq!(talk.put(Input::PlayoutFinished { generation: 3 }), ["Listening"]);
    assert_eq!((talk.history(), talk.mind.progress()), (history, &progress));
    // The next answer is one to the message itself.
    let outputs = talk.turn(2, "Oui");
    assert!(
        outputs
            .iter()
            .any(|output| output == "ask 4: answer 'Oui' at 1 after 3"),
        "{outputs:?}"
    );
}

#[test]
fn an_earlier_message_is_said_again_at_its_own_pace_if_asked_for() {
    let mut talk = Talk::answered();
    talk.put(Input::PlayoutFinished { generation: 2 });
    let opener = Input::Repeat {
        message: Some(MessageId(1)),
        slowly: false,
    };
    assert_eq!(spoken(&mut talk, opener), [("Bonsoir !".to_owned(), Pace::Natural)]);
    talk.say(3, 0, &["Bonsoir"]);
    talk.put(Input::PlayoutFinished { generation: 3 });
    let unknown = Input::Repeat {
        message: Some(MessageId(99)),
        slowly: true,
    };
    assert_eq!(spoken(&mut talk, unknown), []);
}

#[test]
fn what_is_being_said_is_said_to_its_end_first() {
    let mut talk = Talk::answered();
    assert_eq!(spoken(&mut talk, SLOWLY), []);
    let outputs = talk.put(Input::PlayoutFinished { generation: 2 });
    assert!(outputs.contains(&"speak 3.0 'Très bien.'".to_owned()), "{outputs:?}");
}

#[test]
fn whoever_speaks_over_it_is_heard_and_leaves_no_trace_of_it() {
    let mut talk = Talk::answered();
    talk.put(Input::PlayoutFinished { generation: 2 });
    talk.put(SLOWLY);
    talk.say(3, 0, &["Très", "bien"]);
    talk.barge_in(2);
    assert_eq!(talk.put(Input::BargeInConfirmed { utterance: 2 }), ["flush 3"]);
    assert_eq!(talk.flushed(3, &[200]), Vec::<String>::new());
    let outputs = talk.end_turn(2, "Oui");
    assert!(
        outputs
            .iter()
            .any(|output| output == "ask 4: answer 'Oui' at 1 after 3"),
        "{outputs:?}"
    );
    assert_eq!(talk.history().len(), 4);
}

#[test]
fn whoever_answers_meanwhile_has_understood() {
    let mut talk = Talk::answered();
    talk.put(SLOWLY);
    talk.barge_in(2);
    talk.put(Input::BargeInConfirmed { utterance: 2 });
    talk.flushed(2, &[400, 300]);
    talk.end_turn(2, "Oui");
    talk.reply(3, "Suivez-moi.", 2);
    talk.say(3, 0, &["Suivez", "moi"]);
    let outputs = talk.put(Input::PlayoutFinished { generation: 3 });
    assert!(!outputs.iter().any(|output| output.starts_with("speak")), "{outputs:?}");
}
