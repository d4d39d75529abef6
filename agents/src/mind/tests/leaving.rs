//! How conversations end, and are taken up again.

use super::*;

#[test]
fn the_conversation_completes_after_the_last_word_and_ends_in_silence() {
    let mut talk = Talk::opened();
    talk.turn(1, "Au revoir");
    talk.text(2, "Bonne soirée !");
    let progress = Progress {
        step: 6,
        complete: true,
        ..Progress::default()
    };
    talk.put(Input::Reply {
        generation: 2,
        piece: ReplyPiece::Done { progress },
    });
    talk.say(2, 0, &["Bonne", "soirée"]);
    assert_eq!(
        talk.put(Input::PlayoutFinished { generation: 2 }),
        ["record #3 Agent 'Bonne soirée !' at 6", "completed", "Listening"]
    );
    let heard = talk.now;
    assert_eq!(talk.expire(), ["ended Completed"]);
    assert_eq!(talk.now - heard, ms(3_000));
    assert_eq!(talk.mind.poll_timeout(), None);
}

#[test]
fn a_goodbye_after_the_farewell_is_kept_and_answered() {
    let mut talk = Talk::opened();
    talk.turn(1, "Au revoir");
    talk.text(2, "Bonne soirée !");
    let progress = Progress {
        step: 6,
        complete: true,
        ..Progress::default()
    };
    talk.put(Input::Reply {
        generation: 2,
        piece: ReplyPiece::Done { progress },
    });
    talk.say(2, 0, &["Bonne", "soirée"]);
    talk.put(Input::PlayoutFinished { generation: 2 });
    talk.now += ms(2_900);
    let told = talk.turn(2, "Au revoir");
    assert!(told.iter().any(|told| told.starts_with("ask 3: ")), "{told:?}");
    assert_eq!(talk.history().last().map(String::as_str), Some("Learner: Au revoir"));
    // Nothing ends while the answer is on its way.
    assert!(!talk.expire().iter().any(|told| told.starts_with("ended")));
}

#[test]
fn what_nobody_was_there_to_hear_is_taken_back() {
    let mut talk = Talk::answered();
    talk.put(Input::PlayoutProgress {
        generation: 2,
        phrase: 0,
        played: ms(400),
    });
    talk.put(Input::Left);
    assert_eq!(
        talk.flushed(2, &[200]),
        ["reply #3 'Très' cut", "record #3 Agent 'Très' at 1"]
    );
}

#[test]
fn an_end_that_is_asked_for_keeps_what_was_heard() {
    let mut talk = Talk::answered();
    assert_eq!(talk.put(Input::End), ["flush 2", "Listening"]);
    assert_eq!(
        talk.flushed(2, &[400]),
        [
            "reply #3 'Très bien.' cut",
            "record #3 Agent 'Très bien.' at 1",
            "ended Requested"
        ]
    );
    assert!(
        talk.put(Input::Typed {
            text: "Allô ?".to_owned()
        })
        .is_empty()
    );
}

#[test]
fn whoever_comes_back_gets_the_reply_that_they_missed() {
    let mut talk = Talk::opened();
    talk.turn(1, "Pour deux");
    talk.reply(2, "Très bien.", 1);
    assert_eq!(talk.put(Input::Left), ["flush 2", "Listening"]);
    talk.flushed(2, &[]);
    assert_eq!(talk.mind.poll_timeout(), None);
    assert_eq!(
        talk.put(Input::Joined),
        ["ask 3: answer 'Pour deux' at 0 after 1", "listen", "Thinking"]
    );
}

#[test]
fn whoever_comes_back_no_longer_holds() {
    let mut talk = Talk::opened();
    talk.put(Input::Hold { on: true });
    talk.put(Input::Left);
    talk.put(Input::Joined);
    assert_eq!(
        talk.mind.poll_timeout(),
        Some(talk.now + ms(12_000)),
        "silence is filled again"
    );
}

/// A reply that does something, of which so much is heard.
fn acting(act: Act) -> Talk {
    let mut talk = Talk::opened();
    talk.turn(1, "Je dois partir");
    talk.text(2, "Au revoir, alors !");
    talk.put(Input::Reply {
        generation: 2,
        piece: ReplyPiece::Act(act),
    });
    talk.done(2, 1);
    talk
}

#[test]
fn a_reply_that_ends_the_conversation_is_heard_first() {
    let mut talk = acting(Act::EndConversation);
    talk.say(2, 0, &["Au", "revoir", "alors"]);
    let told = talk.put(Input::PlayoutFinished { generation: 2 });
    assert_eq!(
        told,
        [
            "record #3 Agent 'Au revoir, alors !' at 1",
            "Listening",
            "ended Requested"
        ]
    );
}

#[test]
fn whoever_speaks_over_the_end_of_the_conversation_goes_on_with_it() {
    let mut talk = acting(Act::EndConversation);
    talk.say(2, 0, &["Au", "revoir", "alors"]);
    talk.barge_in(2);
    talk.put(Input::BargeInConfirmed { utterance: 2 });
    let told = talk.flushed(2, &[400]);
    assert!(!told.iter().any(|told| told.starts_with("ended")), "{told:?}");
}

#[test]
fn a_reply_that_gives_a_hint_shows_it_when_it_was_heard() {
    let mut talk = acting(Act::GiveHint);
    talk.say(2, 0, &["Au", "revoir", "alors"]);
    let told = talk.put(Input::PlayoutFinished { generation: 2 });
    assert_eq!(told[1], "hint", "{told:?}");
}
