//! The learner speaks over the agent, or types.

use super::*;

#[test]
fn barge_in_keeps_only_the_heard_text() {
    let mut talk = Talk::answered();
    talk.pass(1000);
    assert_eq!(talk.barge_in(2), ["pause 2", "Listening"]);
    talk.pass(300);
    assert_eq!(talk.put(Input::BargeInConfirmed { utterance: 2 }), ["flush 2"]);
    assert_eq!(
        talk.flushed(2, &[400, 560]),
        [
            "reply #3 'Très bien. Une table près' cut",
            "record #3 Agent 'Très bien. Une table près' at 1"
        ]
    );
    assert_eq!(
        talk.end_turn(2, "Non, dehors"),
        [
            "Thinking",
            "heard #4 'Non, dehors'",
            "record #4 Learner 'Non, dehors' at 1",
            "ask 3: answer 'Non, dehors' at 1 after 3"
        ]
    );
    assert_eq!(
        talk.history(),
        [
            "Agent: Bonsoir !",
            "Learner: Pour deux",
            "Agent: Très bien. Une table près",
            "Learner: Non, dehors"
        ]
    );
}

#[test]
fn a_false_alarm_resumes_where_it_stopped() {
    let mut talk = Talk::answered();
    talk.pass(300);
    assert_eq!(talk.barge_in(2), ["pause 2", "Listening"]);
    talk.pass(400);
    assert_eq!(talk.put(Input::FalseAlarm { utterance: 2 }), ["resume 2", "Speaking"]);
    assert_eq!(
        talk.put(Input::PlayoutFinished { generation: 2 }),
        [
            "record #3 Agent 'Très bien. Une table près de la fenêtre ?' at 1",
            "Listening"
        ]
    );
}

#[test]
fn a_sign_of_listening_over_the_agent_is_a_false_alarm() {
    let mut talk = Talk::answered();
    talk.barge_in(2);
    assert_eq!(
        talk.end_turn(2, "Mhm"),
        ["Thinking", "heard #4 ''", "resume 2", "Speaking"]
    );
}

#[test]
fn a_barge_in_without_a_verdict_is_meant_when_the_learner_still_talks() {
    let mut talk = Talk::answered();
    talk.barge_in(2);
    assert_eq!(talk.expire(), ["flush 2"]);
    assert_eq!(
        talk.expire(),
        ["reply #3 '' cut", "listen"],
        "without an account only the known playout counts"
    );
}

#[test]
fn a_barge_in_that_comes_to_nothing_is_over_by_itself() {
    let mut talk = Talk::answered();
    assert_eq!(talk.put(Input::BargeIn), ["pause 2", "Listening"]);
    assert!(talk.put(Input::NeedsHelp).is_empty());
    let paused = talk.now;
    assert_eq!(talk.expire(), ["resume 2", "Speaking"]);
    assert_eq!(talk.now - paused, ms(2000));
}

#[test]
fn stale_generations_are_never_spoken() {
    let mut talk = Talk::answered();
    talk.put(Input::Interrupt);
    talk.flushed(2, &[400]);
    talk.turn(2, "Dehors");
    let none = Vec::<String>::new();
    assert_eq!(talk.reply(2, "Encore une chose.", 5), none);
    assert_eq!(talk.say(2, 0, &["Encore"]), none);
    assert_eq!(talk.put(Input::PlayoutFinished { generation: 2 }), none);
    assert_eq!(talk.put(Input::ReplyFailed { generation: 2 }), none);
    assert_eq!(
        talk.put(Input::Flushed {
            generation: 2,
            played: vec![(0, ms(900))]
        }),
        none
    );
    assert_eq!(talk.text(3, "Bien sûr. Et"), ["speak 3.0 'Bien sûr.'"]);
}

#[test]
fn the_interrupt_button_silences_and_then_listens() {
    let mut talk = Talk::answered();
    assert_eq!(talk.put(Input::Interrupt), ["flush 2", "Listening"]);
    assert_eq!(
        talk.flushed(2, &[300]),
        ["reply #3 'Très bien.' cut", "record #3 Agent 'Très bien.' at 1"]
    );
    assert!(talk.put(Input::Interrupt).is_empty());
}

#[test]
fn typing_interrupts_speech_and_follows_what_was_heard_of_it() {
    let mut talk = Talk::answered();
    assert_eq!(
        talk.put(Input::Typed {
            text: " Dehors ".to_owned()
        }),
        ["heard #4 'Dehors'", "flush 2", "Thinking"]
    );
    assert_eq!(
        talk.flushed(2, &[400]),
        [
            "reply #3 'Très bien.' cut",
            "record #3 Agent 'Très bien.' at 1",
            "record #4 Learner 'Dehors' at 1",
            "ask 3: answer 'Dehors' at 1 after 3"
        ]
    );
    talk.pass(5);
    talk.reply(3, "Bien sûr.", 2);
    assert_eq!(talk.say(3, 0, &["Bien", "sûr"]), ["latency 0+0+5+60=65", "Speaking"]);
}
