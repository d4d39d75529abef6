//! What is prepared while the learner is being connected.

use super::*;

/// How long the dialogue model takes to its first words, and how long the connection takes to be there.
const MODEL: u64 = 700;

/// How long after the connection is there the first phrase goes to the voice.
fn wait_after_connection(connected_after: u64, is_prepared: bool) -> u64 {
    let mut talk = Talk::new();
    let start = talk.now;
    let mut spoken_at = None;
    let mut note = |talk: &Talk, outputs: Vec<String>| {
        if spoken_at.is_none() && outputs.iter().any(|output| output.starts_with("speak")) {
            spoken_at = Some(talk.now.duration_since(start));
        }
        outputs.iter().any(|output| output == "ask 1: opener at 0 after 0")
    };
    // What happens, and when; the model begins when it is asked.
    let mut asked_at = is_prepared
        .then(|| talk.put(Input::Joining))
        .filter(|outputs| outputs.contains(&"ask 1: opener at 0 after 0".to_owned()))
        .map(|_| 0);
    let mut is_connected = false;
    for now in 0..3_000 {
        talk.now = start + ms(now);
        if now == connected_after {
            is_connected = true;
            let outputs = talk.put(Input::Joined);
            if note(&talk, outputs) {
                asked_at = Some(now);
            }
        }
        if asked_at == now.checked_sub(MODEL) && asked_at.is_some() {
            let outputs = talk.text(1, "Bonsoir ! Vous êtes combien ?");
            note(&talk, outputs);
            let outputs = talk.done(1, 0);
            note(&talk, outputs);
        }
    }
    assert!(is_connected);
    let spoken_at = spoken_at.expect("the opener is spoken");
    (spoken_at - ms(connected_after)).as_millis() as u64
}

#[test]
fn the_first_words_wait_for_the_connection_or_the_model_and_not_for_one_after_the_other() {
    for connected_after in [50, 300, 700, 1_500] {
        assert_eq!(wait_after_connection(connected_after, false), MODEL);
        assert_eq!(
            wait_after_connection(connected_after, true),
            MODEL.saturating_sub(connected_after)
        );
    }
}

#[test]
fn nothing_is_said_before_somebody_is_there() {
    let mut talk = Talk::new();
    assert_eq!(talk.put(Input::Joining), ["ask 1: opener at 0 after 0"]);
    assert_eq!(talk.reply(1, "Bonsoir !", 0), Vec::<String>::new());
    assert_eq!(
        talk.put(Input::Joined),
        [
            "speak 1.0 'Bonsoir !'",
            "finish 1",
            "reply #1 'Bonsoir !'",
            "listen",
            "Thinking"
        ]
    );
    assert_eq!(talk.say(1, 0, &["Bonsoir"]), ["Speaking"]);
}

#[test]
fn a_model_that_fails_meanwhile_is_asked_again_when_somebody_is_there() {
    let mut talk = Talk::new();
    talk.put(Input::Joining);
    assert_eq!(talk.put(Input::ReplyFailed { generation: 1 }), Vec::<String>::new());
    assert_eq!(talk.mind.poll_timeout(), None);
    let outputs = talk.put(Input::Joined);
    assert!(
        outputs.contains(&"ask 2: opener at 0 after 0".to_owned()),
        "{outputs:?}"
    );
}

#[test]
fn what_is_taken_up_again_has_no_opener() {
    let mut talk = Talk::new();
    talk.mind.remember(Speaker::Agent, "Bonsoir !");
    assert_eq!(talk.put(Input::Joining), Vec::<String>::new());
}
