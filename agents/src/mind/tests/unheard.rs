//! What was said before the reply was heard.

use super::*;

#[test]
fn a_reply_of_which_nothing_was_heard_never_was() {
    let mut talk = Talk::opened();
    talk.turn(1, "Pour deux");
    talk.reply(2, "Très bien.", 1);
    assert_eq!(
        talk.put(Input::SpeechStarted {
            utterance: 2,
            first_voiced: talk.now
        }),
        ["pause 2", "Listening"]
    );
    assert_eq!(talk.put(Input::BargeInConfirmed { utterance: 2 }), ["flush 2"]);
    assert_eq!(talk.flushed(2, &[]), ["reply #3 '' cut", "listen"]);
    assert_eq!(
        talk.end_turn(2, "et demi"),
        [
            "Thinking",
            "heard #4 'et demi'",
            "record #4 Learner 'et demi' at 0",
            "ask 3: answer 'Pour deux et demi' at 0 after 1"
        ]
    );
    assert_eq!(
        talk.history(),
        ["Agent: Bonsoir !", "Learner: Pour deux", "Learner: et demi"]
    );
}

/// The phrase of the answer that a reply is asked for, after a turn that goes on before or over the reply to "Une table".
fn phrase_asked_for(heard_of_reply: &[u64]) -> Option<usize> {
    let mut talk = Talk::opened();
    talk.turn(1, "Une table");
    talk.reply(2, "Très bien.", 1);
    if !heard_of_reply.is_empty() {
        talk.say(2, 0, &["Très", "bien"]);
    }
    talk.put(Input::SpeechStarted {
        utterance: 2,
        first_voiced: talk.now,
    });
    talk.put(Input::BargeInConfirmed { utterance: 2 });
    talk.flushed(2, heard_of_reply);
    let last_voiced = talk.now;
    talk.put(Input::TurnEnded {
        utterance: 2,
        last_voiced,
    });
    let transcript = Transcript {
        phrase: Some(3),
        ..said("pour deux")
    };
    let input = Input::Final {
        utterance: 2,
        transcript,
    };
    talk.mind.handle_input(input, talk.now);
    let outputs: Vec<_> = std::iter::from_fn(|| talk.mind.poll_output()).collect();
    let recorded = outputs.iter().find_map(|output| match output {
        Output::Record(record) => record.transcript.as_ref().map(|transcript| transcript.phrase),
        _ => None,
    });
    let asked = outputs.iter().find_map(|output| match output {
        Output::Ask { request, .. } => match &request.occasion {
            Occasion::Answer(answer) => Some(answer.phrase),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(recorded, asked, "{outputs:?}");
    asked.expect("a reply is asked for")
}

#[test]
fn an_answer_recognised_for_a_question_that_was_never_heard_is_read_by_its_words() {
    assert_eq!(phrase_asked_for(&[]), None);
    assert_eq!(phrase_asked_for(&[400]), Some(3));
}

#[test]
fn a_reply_is_prepared_for_the_words_of_a_view_from_another_step() {
    let mut talk = Talk::opened();
    talk.turn(1, "Une table");
    talk.reply(2, "Très bien.", 1);
    talk.put(Input::SpeechStarted {
        utterance: 2,
        first_voiced: talk.now,
    });
    talk.put(Input::BargeInConfirmed { utterance: 2 });
    talk.flushed(2, &[]);
    let transcript = Transcript {
        phrase: Some(3),
        ..said("pour deux")
    };
    let view = Input::View {
        utterance: 2,
        transcript,
        fit: Fit::Complete,
    };
    talk.mind.handle_input(view, talk.now);
    let asked = std::iter::from_fn(|| talk.mind.poll_output()).find_map(|output| match output {
        Output::Ask { request, .. } => Some(request.occasion),
        _ => None,
    });
    assert_eq!(asked, Some(Occasion::Answer(said("Une table pour deux"))));
}

#[test]
fn whoever_goes_on_before_the_reply_is_not_talked_over() {
    let mut talk = Talk::opened();
    talk.turn(1, "Pour deux");
    assert_eq!(
        talk.put(Input::SpeechStarted {
            utterance: 2,
            first_voiced: talk.now
        }),
        ["Listening"]
    );
    assert_eq!(talk.reply(2, "Très bien.", 1), Vec::<String>::new());
    let outputs = talk.end_turn(2, "ou trois");
    assert_eq!(outputs[3], "ask 3: answer 'Pour deux ou trois' at 0 after 1");
}

#[test]
fn noise_before_the_reply_only_delays_it() {
    let mut talk = Talk::opened();
    talk.turn(1, "Pour deux");
    talk.put(Input::SpeechStarted {
        utterance: 2,
        first_voiced: talk.now,
    });
    talk.reply(2, "Très bien.", 1);
    assert_eq!(
        talk.end_turn(2, ""),
        [
            "Thinking",
            "heard #4 ''",
            "speak 2.0 'Très bien.'",
            "finish 2",
            "reply #3 'Très bien.'",
            "listen"
        ]
    );
}
