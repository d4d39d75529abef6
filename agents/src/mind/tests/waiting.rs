//! What hangs or fails is not waited for for ever.

use super::*;
use crate::chain::ChainConfig;

#[test]
fn a_recogniser_that_hangs_is_held_to_its_last_guess() {
    let mut talk = Talk::opened();
    talk.put(Input::SpeechStarted {
        utterance: 1,
        first_voiced: talk.now,
    });
    talk.put(Input::Partial {
        utterance: 1,
        text: "Pour deux".to_owned(),
    });
    talk.put(Input::TurnEnded {
        utterance: 1,
        last_voiced: talk.now,
    });
    let ended = talk.now;
    assert_eq!(
        talk.expire(),
        [
            "heard #2 'Pour deux'",
            "record #2 Learner 'Pour deux' at 0",
            "ask 2: answer 'Pour deux' at 0 after 1"
        ]
    );
    assert_eq!(talk.now - ended, ms(3000));
}

#[test]
fn whoever_was_not_understood_is_told_so() {
    let mut talk = Talk::opened();
    talk.put(Input::SpeechStarted {
        utterance: 1,
        first_voiced: talk.now,
    });
    talk.put(Input::RecognitionFailed { utterance: 1 });
    assert_eq!(
        talk.put(Input::TurnEnded {
            utterance: 1,
            last_voiced: talk.now
        }),
        [
            "trouble Recognition",
            "heard #2 ''",
            "ask 2: answer '' at 0 after 1",
            "Thinking"
        ]
    );
}

#[test]
fn whoever_speaks_where_nobody_could_understand_is_told_to_type_and_the_question_stays() {
    let mut talk = Talk::opened();
    talk.put(Input::SpeechStarted {
        utterance: 1,
        first_voiced: talk.now,
    });
    talk.put(Input::RecognitionUnavailable { utterance: 1 });
    assert_eq!(
        talk.put(Input::TurnEnded {
            utterance: 1,
            last_voiced: talk.now
        }),
        ["heard #2 ''", "trouble NoRecogniser"]
    );
    assert_eq!(
        talk.put(Input::Typed {
            text: "Pour deux".to_owned()
        }),
        [
            "heard #3 'Pour deux'",
            "record #3 Learner 'Pour deux' at 0",
            "ask 2: answer 'Pour deux' at 0 after 1",
            "Thinking"
        ]
    );
}

#[test]
fn a_dialogue_model_that_hangs_gives_the_floor_back() {
    let mut talk = Talk::opened();
    talk.turn(1, "Pour deux");
    assert_eq!(talk.expire(), ["cancel 2", "trouble Reply", "Listening"]);
}

#[test]
fn a_reply_that_stalls_is_closed_with_what_was_said() {
    let mut talk = Talk::opened();
    talk.turn(1, "Pour deux");
    assert_eq!(talk.text(2, "Très bien. Une ta"), ["speak 2.0 'Très bien.'"]);
    talk.say(2, 0, &["Très", "bien"]);
    assert_eq!(talk.expire(), ["cancel 2", "speak 2.1 'Une ta'", "finish 2"]);
}

#[test]
fn without_a_voice_the_reply_is_read() {
    let mut talk = Talk::opened();
    talk.turn(1, "Pour deux");
    talk.reply(2, "Très bien. Une table près de la fenêtre ?", 1);
    assert_eq!(
        talk.put(Input::SpeechFailed {
            generation: 2,
            phrase: 0
        }),
        ["trouble Speech"]
    );
    assert_eq!(
        talk.put(Input::SpeechFailed {
            generation: 2,
            phrase: 1
        }),
        [
            "record #3 Agent 'Très bien. Une table près de la fenêtre ?' at 1",
            "Listening"
        ]
    );
}

#[test]
fn a_voice_that_hangs_ends_the_reply_as_read() {
    let mut talk = Talk::opened();
    talk.turn(1, "Pour deux");
    talk.reply(2, "Très bien. Une table ?", 1);
    talk.say(2, 0, &["Très", "bien"]);
    assert_eq!(talk.expire(), ["trouble Speech", "flush 2", "Listening"]);
    assert_eq!(
        talk.flushed(2, &[400]),
        ["record #3 Agent 'Très bien. Une table ?' at 1"]
    );
}

#[test]
fn the_mind_waits_longer_than_a_chain_takes_to_fall_back() {
    let mind = MindConfig::new(Script::sample(), Language::English);
    let chain = ChainConfig::default();
    let longest = chain.first_result.max(chain.stall);
    for timeout in [mind.recognition_timeout, mind.reply_timeout, mind.speech_timeout] {
        assert!(timeout > longest, "{timeout:?} {longest:?}");
    }
}

#[test]
fn an_utterance_whose_end_got_lost_ends_by_itself_unless_held() {
    let mut talk = Talk::opened();
    talk.put(Input::SpeechStarted {
        utterance: 1,
        first_voiced: talk.now,
    });
    talk.view(1, "Pour deux", Fit::Beginning);
    talk.put(Input::Hold { on: true });
    assert!(talk.expire().is_empty());
    talk.put(Input::Hold { on: false });
    assert_eq!(talk.expire(), ["Thinking"]);
}

#[test]
fn long_silence_is_filled_twice_and_never_while_held() {
    let mut talk = Talk::opened();
    talk.put(Input::Hold { on: true });
    assert_eq!(talk.mind.poll_timeout(), None);
    talk.put(Input::Hold { on: false });
    assert_eq!(talk.mind.poll_timeout(), Some(talk.now + ms(12_000)));
    for generation in [2, 3] {
        assert_eq!(
            talk.expire(),
            [
                format!("ask {generation}: idle at 0 after {}", generation - 1),
                "Thinking".to_owned()
            ]
        );
        talk.reply(generation, "Vous êtes là ?", 0);
        talk.say(generation, 0, &["Vous", "êtes", "là"]);
        talk.put(Input::PlayoutFinished { generation });
    }
    assert_eq!(talk.mind.poll_timeout(), None);
    talk.turn(1, "Oui");
    talk.reply(4, "Bien.", 0);
    talk.say(4, 0, &["Bien"]);
    talk.put(Input::PlayoutFinished { generation: 4 });
    assert_eq!(
        talk.mind.poll_timeout(),
        Some(talk.now + ms(12_000)),
        "an answer starts the count again"
    );
}
