//! Turns and their answers.

use super::*;
use crate::engine::Insights;

#[test]
fn the_agent_opens_and_then_listens() {
    let mut talk = Talk::new();
    assert_eq!(
        talk.put(Input::Joined),
        ["ask 1: opener at 0 after 0", "listen", "Thinking"]
    );
    assert_eq!(talk.text(1, "Bonsoir ! Vous"), ["speak 1.0 'Bonsoir !'"]);
    assert_eq!(
        talk.reply(1, " êtes combien ?", 0),
        [
            "speak 1.1 'Vous êtes combien ?'",
            "finish 1",
            "reply #1 'Bonsoir ! Vous êtes combien ?'"
        ]
    );
    assert_eq!(talk.say(1, 0, &["Bonsoir"]), ["Speaking"]);
    talk.say(1, 1, &["Vous", "êtes", "combien"]);
    assert_eq!(
        talk.put(Input::PlayoutFinished { generation: 1 }),
        ["record #1 Agent 'Bonsoir ! Vous êtes combien ?' at 0", "Listening"]
    );
    assert_eq!(talk.history(), ["Agent: Bonsoir ! Vous êtes combien ?"]);
}

#[test]
fn a_turn_is_answered_and_its_latency_adds_up() {
    let mut talk = Talk::opened();
    assert_eq!(
        talk.turn(1, "Pour deux"),
        [
            "Thinking",
            "heard #2 'Pour deux'",
            "record #2 Learner 'Pour deux' at 0",
            "ask 2: answer 'Pour deux' at 0 after 1"
        ]
    );
    talk.pass(7);
    assert_eq!(
        talk.reply(2, "Très bien.", 1),
        ["speak 2.0 'Très bien.'", "finish 2", "reply #3 'Très bien.'", "listen"]
    );
    assert_eq!(
        talk.say(2, 0, &["Très", "bien"]),
        ["latency 180+12+7+60=259", "Speaking"]
    );
    assert_eq!(
        talk.put(Input::PlayoutFinished { generation: 2 }),
        ["record #3 Agent 'Très bien.' at 1", "Listening"]
    );
    assert_eq!(talk.mind.progress().step, 1);
}

#[test]
fn an_aside_and_a_phrase_that_is_ended_are_spoken_before_more_comes() {
    let mut talk = Talk::opened();
    talk.turn(1, "Pour deux");
    let piece = |piece| Input::Reply { generation: 2, piece };
    let aside = ReplyPiece::Aside("Un instant.".to_owned());
    assert_eq!(talk.put(piece(aside)), ["speak 2.0 'Un instant.'"]);
    assert_eq!(talk.text(2, " Très bien."), [""; 0]);
    assert_eq!(talk.put(piece(ReplyPiece::PhraseEnd)), ["speak 2.1 'Très bien.'"]);
    // There is nothing more that could be ended.
    assert_eq!(talk.put(piece(ReplyPiece::PhraseEnd)), [""; 0]);
    assert_eq!(
        talk.done(2, 1),
        ["finish 2", "reply #3 'Un instant. Très bien.'", "listen"]
    );
}

#[test]
fn a_reply_prepared_in_a_pause_is_spoken_when_the_turn_ends_there() {
    let mut talk = Talk::opened();
    talk.put(Input::SpeechStarted {
        utterance: 1,
        first_voiced: talk.now,
    });
    assert_eq!(
        talk.view(1, "Pour deux", Fit::Complete),
        ["heard #2 'Pour deux' ...", "ask 2: answer 'Pour deux' at 0 after 1"]
    );
    assert_eq!(talk.reply(2, "Très bien.", 1), Vec::<String>::new());
    assert_eq!(
        talk.end_turn(1, "Pour deux"),
        [
            "Thinking",
            "heard #2 'Pour deux'",
            "record #2 Learner 'Pour deux' at 0",
            "speak 2.0 'Très bien.'",
            "finish 2",
            "reply #3 'Très bien.'",
            "listen"
        ]
    );
    assert_eq!(
        talk.say(2, 0, &["Très", "bien"]),
        ["latency 180+12+0+60=252", "Speaking"]
    );
}

#[test]
fn a_reply_prepared_in_a_pause_is_thrown_away_when_speech_resumes() {
    let mut talk = Talk::opened();
    talk.put(Input::SpeechStarted {
        utterance: 1,
        first_voiced: talk.now,
    });
    talk.view(1, "Pour deux", Fit::Extendable { politely: false });
    assert_eq!(talk.put(Input::SpeechResumed { utterance: 1 }), ["cancel 2"]);
    assert_eq!(talk.reply(2, "Très bien.", 1), Vec::<String>::new());
    assert_eq!(
        talk.end_turn(1, "Pour deux personnes"),
        [
            "Thinking",
            "heard #2 'Pour deux personnes'",
            "record #2 Learner 'Pour deux personnes' at 0",
            "ask 3: answer 'Pour deux personnes' at 0 after 1"
        ]
    );
}

#[test]
fn a_prepared_reply_to_other_words_than_the_final_ones_is_thrown_away() {
    let mut talk = Talk::opened();
    talk.put(Input::SpeechStarted {
        utterance: 1,
        first_voiced: talk.now,
    });
    talk.view(1, "Pour deux", Fit::Complete);
    let outputs = talk.end_turn(1, "Pour douze");
    assert_eq!(outputs[3..], ["cancel 2", "ask 3: answer 'Pour douze' at 0 after 1"]);
}

#[test]
fn nothing_is_prepared_in_a_pause_inside_a_clause() {
    for fit in [Fit::Beginning, Fit::Unlisted { open: true }] {
        let mut talk = Talk::opened();
        talk.put(Input::SpeechStarted {
            utterance: 1,
            first_voiced: talk.now,
        });
        assert_eq!(talk.view(1, "Je voudrais", fit), ["heard #2 'Je voudrais' ..."]);
    }
}

#[test]
fn silence_after_an_unfinished_clause_is_helped_once_and_not_talked_over() {
    let mut talk = Talk::opened();
    talk.put(Input::SpeechStarted {
        utterance: 1,
        first_voiced: talk.now,
    });
    talk.view(1, "Je voudrais", Fit::Beginning);
    assert_eq!(talk.put(Input::NeedsHelp), ["hint"]);
    assert_eq!(talk.put(Input::NeedsHelp), Vec::<String>::new());
}

/// What is suggested after an input.
fn hints(talk: &mut Talk, input: Input) -> Vec<String> {
    talk.mind.handle_input(input, talk.now);
    let outputs = std::iter::from_fn(|| talk.mind.poll_output());
    let hints = outputs.filter_map(|output| match output {
        Output::Hint { replies } => Some(replies.into_iter().map(|hint| hint.text)),
        _ => None,
    });
    hints.flatten().collect()
}

#[test]
fn help_completes_what_was_begun_and_gives_away_more_when_it_is_asked_for() {
    let mut talk = Talk::opened();
    talk.put(Input::SpeechStarted {
        utterance: 1,
        first_voiced: talk.now,
    });
    talk.view(1, "J'ai réservé au nom", Fit::Beginning);
    let first = hints(&mut talk, Input::NeedsHelp);
    assert_eq!((first.len(), first[0].as_str()), (2, "J'ai réservé au nom de…"));
    let more = hints(&mut talk, Input::WantsHint);
    assert_eq!(more[..2], first);
    assert_eq!(more[2], "J'ai réservé au nom de Martin");
    assert_eq!(hints(&mut talk, Input::WantsHint), more);
}

#[test]
fn in_another_step_help_begins_anew_and_may_be_asked_for_while_the_agent_speaks() {
    let mut talk = Talk::opened();
    assert_eq!(hints(&mut talk, Input::WantsHint).len(), 2);
    assert_eq!(hints(&mut talk, Input::WantsHint).len(), 3);
    talk.turn(1, "Pour deux");
    talk.reply(2, "Très bien. Une table près de la fenêtre ?", 1);
    talk.say(2, 0, &["Très", "bien"]);
    let next = hints(&mut talk, Input::WantsHint);
    assert_eq!(next.len(), 2);
    assert!(
        next.iter()
            .any(|hint| hint.contains("fenêtre") || hint.contains("errasse") || hint.contains("Dehors")),
        "{next:?}"
    );
}

#[test]
fn noise_is_not_replied_to() {
    let mut talk = Talk::opened();
    assert_eq!(talk.turn(1, " "), ["Thinking", "heard #2 ''", "Listening"]);
    assert_eq!(talk.history().len(), 1);
}

#[test]
fn what_there_is_to_learn_is_told_and_kept_with_a_whole_reply_only() {
    let insights = Insights {
        notes: vec!["The bill is asked for.".to_owned()],
        ..Insights::default()
    };
    for is_cut in [false, true] {
        let mut talk = Talk::opened();
        talk.turn(1, "Pour deux");
        talk.text(2, "Très bien.");
        talk.put(Input::Reply {
            generation: 2,
            piece: ReplyPiece::Insights(insights.clone()),
        });
        let progress = Progress::default();
        let done = Input::Reply {
            generation: 2,
            piece: ReplyPiece::Done { progress },
        };
        talk.mind.handle_input(done, talk.now);
        let told = std::iter::from_fn(|| talk.mind.poll_output()).find_map(|output| match output {
            Output::Reply { insights, .. } => Some(insights),
            _ => None,
        });
        assert_eq!(told.as_ref(), Some(&insights));
        talk.say(2, 0, &["Très", "bien"]);
        let end = if is_cut {
            talk.put(Input::Interrupt);
            Input::Flushed {
                generation: 2,
                played: vec![(0, ms(150))],
            }
        } else {
            Input::PlayoutFinished { generation: 2 }
        };
        talk.mind.handle_input(end, talk.now);
        let kept = std::iter::from_fn(|| talk.mind.poll_output()).find_map(|output| match output {
            Output::Record(record) => Some(record.insights),
            _ => None,
        });
        let expected = if is_cut { Insights::default() } else { insights.clone() };
        assert_eq!(kept, Some(expected));
    }
}

/// What the last message of the learner says of how long they took to begin.
fn response(talk: &mut Talk) -> Option<Duration> {
    let mut response = None;
    while let Some(output) = talk.mind.poll_output() {
        if let Output::Record(record) = output
            && record.speaker == Speaker::Learner
        {
            response = record.response;
        }
    }
    response
}

/// Says something, of which the first sound arrived before it was taken for speech.
fn speak(talk: &mut Talk, utterance: u64, detected_after: u64) -> Option<Duration> {
    let first_voiced = talk.now;
    talk.pass(detected_after);
    let started = Input::SpeechStarted {
        utterance,
        first_voiced,
    };
    talk.mind.handle_input(started, talk.now);
    talk.pass(500);
    let ended = Input::TurnEnded {
        utterance,
        last_voiced: talk.now,
    };
    talk.mind.handle_input(ended, talk.now);
    let transcript = said("Pour deux");
    talk.mind.handle_input(Input::Final { utterance, transcript }, talk.now);
    response(talk)
}

#[test]
fn how_long_the_learner_took_is_from_the_end_of_what_they_heard_to_their_first_sound() {
    let mut talk = Talk::opened();
    talk.pass(1_200);
    assert_eq!(speak(&mut talk, 1, 90), Some(ms(1_200)));
    // They go on before anything else is heard: that answers nothing.
    talk.pass(300);
    assert_eq!(speak(&mut talk, 2, 90), None);
}

#[test]
fn a_noise_takes_nothing_from_the_time_that_the_learner_took() {
    let mut talk = Talk::opened();
    talk.pass(400);
    talk.put(Input::SpeechStarted {
        utterance: 1,
        first_voiced: talk.now,
    });
    talk.put(Input::FalseAlarm { utterance: 1 });
    talk.pass(600);
    assert_eq!(speak(&mut talk, 2, 90), Some(ms(1_000)));
}

#[test]
fn what_is_typed_or_said_over_the_agent_or_without_a_voice_took_no_time_that_is_known() {
    let mut talk = Talk::opened();
    talk.pass(1_000);
    talk.mind.handle_input(
        Input::Typed {
            text: "Pour deux".to_owned(),
        },
        talk.now,
    );
    assert_eq!(response(&mut talk), None);

    let mut talk = Talk::answered();
    talk.pass(200);
    talk.put(Input::BargeIn);
    talk.put(Input::SpeechStarted {
        utterance: 2,
        first_voiced: talk.now,
    });
    talk.mind
        .handle_input(Input::BargeInConfirmed { utterance: 2 }, talk.now);
    talk.flushed(2, &[200]);
    let ended = Input::TurnEnded {
        utterance: 2,
        last_voiced: talk.now,
    };
    talk.mind.handle_input(ended, talk.now);
    let transcript = said("Non, pour trois");
    talk.mind.handle_input(
        Input::Final {
            utterance: 2,
            transcript,
        },
        talk.now,
    );
    assert_eq!(response(&mut talk), None);

    let mut talk = Talk::new();
    talk.put(Input::Joined);
    talk.reply(1, "Bonsoir !", 0);
    talk.put(Input::SpeechFailed {
        generation: 1,
        phrase: 0,
    });
    talk.pass(1_000);
    assert_eq!(speak(&mut talk, 1, 90), None);

    let mut talk = Talk::opened();
    talk.put(Input::Left);
    talk.put(Input::Joined);
    talk.pass(1_000);
    assert_eq!(speak(&mut talk, 1, 90), None);
}
