use std::time::{Duration, Instant};

use super::*;
use crate::chain::ChainConfig;
use crate::engine::{Fit, Insights, Occasion, ReplyPiece, Transcript, WordTiming};
use crate::scenario::Script;

/// A conversation in simulated time.
struct Talk {
    mind: Mind,
    now: Instant,
}

impl Talk {
    fn new() -> Self {
        Self {
            mind: Mind::new(MindConfig::new(Script::sample(), Language::English)),
            now: Instant::now(),
        }
    }

    /// A conversation whose opener was heard.
    fn opened() -> Self {
        let mut talk = Self::new();
        talk.put(Input::Joined);
        talk.reply(1, "Bonsoir !", 0);
        talk.say(1, 0, &["Bonsoir"]);
        talk.put(Input::PlayoutFinished { generation: 1 });
        talk
    }

    /// A conversation in which the learner has said "Pour deux" and hears the reply, every word 200 ms long.
    fn answered() -> Self {
        let mut talk = Self::opened();
        talk.turn(1, "Pour deux");
        talk.reply(2, "Très bien. Une table près de la fenêtre ?", 1);
        talk.say(2, 0, &["Très", "bien"]);
        talk.say(2, 1, &["Une", "table", "près", "de", "la", "fenêtre"]);
        talk
    }

    fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
    }

    fn put(&mut self, input: Input) -> Vec<String> {
        self.mind.handle_input(input, self.now);
        self.outputs()
    }

    /// Lets the next timer expire.
    fn expire(&mut self) -> Vec<String> {
        self.now = self.mind.poll_timeout().expect("a timer is armed");
        self.mind.handle_timeout(self.now);
        self.outputs()
    }

    fn outputs(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.mind.poll_output())
            .map(|output| shown(&output))
            .collect()
    }

    fn turn(&mut self, utterance: u64, text: &str) -> Vec<String> {
        let mut outputs = self.put(Input::SpeechStarted { utterance });
        outputs.extend(self.end_turn(utterance, text));
        outputs
    }

    fn end_turn(&mut self, utterance: u64, text: &str) -> Vec<String> {
        let last_voiced = self.now;
        self.pass(180);
        let mut outputs = self.put(Input::TurnEnded { utterance, last_voiced });
        self.pass(12);
        outputs.extend(self.put(Input::Final {
            utterance,
            transcript: said(text),
        }));
        outputs
    }

    fn barge_in(&mut self, utterance: u64) -> Vec<String> {
        let mut outputs = self.put(Input::BargeIn);
        outputs.extend(self.put(Input::SpeechStarted { utterance }));
        outputs
    }

    fn view(&mut self, utterance: u64, text: &str, fit: Fit) -> Vec<String> {
        self.put(Input::View {
            utterance,
            transcript: said(text),
            fit,
        })
    }

    fn text(&mut self, generation: u64, text: &str) -> Vec<String> {
        self.put(Input::Reply {
            generation,
            piece: ReplyPiece::Text(text.to_owned()),
        })
    }

    fn done(&mut self, generation: u64, step: usize) -> Vec<String> {
        let progress = Progress {
            step,
            ..Progress::default()
        };
        self.put(Input::Reply {
            generation,
            piece: ReplyPiece::Done { progress },
        })
    }

    fn reply(&mut self, generation: u64, text: &str, step: usize) -> Vec<String> {
        let mut outputs = self.text(generation, text);
        outputs.extend(self.done(generation, step));
        outputs
    }

    /// The voice says a phrase in words of 200 ms, and the first one begins to be heard 60 ms later.
    fn say(&mut self, generation: u64, phrase: usize, words: &[&str]) -> Vec<String> {
        let words: Vec<_> = (0..)
            .zip(words)
            .map(|(i, word)| WordTiming {
                word: (*word).to_owned(),
                start: ms(i * 200),
                end: ms(i * 200 + 200),
            })
            .collect();
        let duration = words.last().map_or(Duration::ZERO, |word| word.end);
        let mut outputs = self.put(Input::SpeechMade {
            generation,
            phrase,
            duration,
            words,
        });
        outputs.extend(self.put(Input::SpeechEnded { generation, phrase }));
        if phrase == 0 {
            self.pass(60);
            outputs.extend(self.put(Input::PlayoutStarted { generation }));
        }
        outputs
    }

    fn flushed(&mut self, generation: u64, played: &[u64]) -> Vec<String> {
        let played = played.iter().map(|played| ms(*played)).enumerate().collect();
        self.put(Input::Flushed { generation, played })
    }

    fn history(&self) -> Vec<String> {
        let said = |utterance: &Utterance| format!("{:?}: {}", utterance.speaker, utterance.text);
        self.mind.history().iter().map(said).collect()
    }
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn said(text: &str) -> Transcript {
    Transcript {
        text: text.to_owned(),
        confidence: 0.9,
        ..Transcript::default()
    }
}

fn shown(output: &Output) -> String {
    match output {
        Output::Listen { .. } => "listen".to_owned(),
        Output::Ask { generation, request } => {
            let occasion = match &request.occasion {
                Occasion::Opener => "opener".to_owned(),
                Occasion::Answer(transcript) => format!("answer '{}'", transcript.text),
                Occasion::Idle => "idle".to_owned(),
            };
            format!(
                "ask {generation}: {occasion} at {} after {}",
                request.progress.step,
                request.history.len()
            )
        }
        Output::CancelAsk { generation } => format!("cancel {generation}"),
        Output::Speak {
            generation,
            phrase,
            text,
            ..
        } => format!("speak {generation}.{phrase} '{text}'"),
        Output::FinishSpeech { generation } => format!("finish {generation}"),
        Output::PauseSpeech { generation } => format!("pause {generation}"),
        Output::ResumeSpeech { generation } => format!("resume {generation}"),
        Output::FlushSpeech { generation } => format!("flush {generation}"),
        Output::State(state) => format!("{state:?}"),
        Output::Transcript { id, text, is_final, .. } => {
            format!("heard #{} '{text}'{}", id.0, if *is_final { "" } else { " ..." })
        }
        Output::Reply {
            id, text, interrupted, ..
        } => format!("reply #{} '{text}'{}", id.0, if *interrupted { " cut" } else { "" }),
        Output::Hint { .. } => "hint".to_owned(),
        Output::Latency(l) => format!("latency {}+{}+{}+{}={}", l.end_of_turn, l.stt, l.llm, l.tts, l.total),
        Output::Record(record) => format!(
            "record #{} {:?} '{}' at {}",
            record.id.0, record.speaker, record.text, record.progress.step
        ),
        Output::Trouble(trouble) => format!("trouble {trouble:?}"),
        Output::Completed => "completed".to_owned(),
        Output::Ended { reason } => format!("ended {reason:?}"),
    }
}

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
fn a_reply_prepared_in_a_pause_is_spoken_when_the_turn_ends_there() {
    let mut talk = Talk::opened();
    talk.put(Input::SpeechStarted { utterance: 1 });
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
    talk.put(Input::SpeechStarted { utterance: 1 });
    talk.view(1, "Pour deux", Fit::Extendable);
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
    talk.put(Input::SpeechStarted { utterance: 1 });
    talk.view(1, "Pour deux", Fit::Complete);
    let outputs = talk.end_turn(1, "Pour douze");
    assert_eq!(outputs[3..], ["cancel 2", "ask 3: answer 'Pour douze' at 0 after 1"]);
}

#[test]
fn nothing_is_prepared_in_a_pause_inside_a_clause() {
    for fit in [Fit::Beginning, Fit::Unlisted { open: true }] {
        let mut talk = Talk::opened();
        talk.put(Input::SpeechStarted { utterance: 1 });
        assert_eq!(talk.view(1, "Je voudrais", fit), ["heard #2 'Je voudrais' ..."]);
    }
}

#[test]
fn silence_after_an_unfinished_clause_is_helped_once_and_not_talked_over() {
    let mut talk = Talk::opened();
    talk.put(Input::SpeechStarted { utterance: 1 });
    talk.view(1, "Je voudrais", Fit::Beginning);
    assert_eq!(talk.put(Input::NeedsHelp), ["hint"]);
    assert_eq!(talk.put(Input::NeedsHelp), Vec::<String>::new());
}

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
fn a_reply_of_which_nothing_was_heard_never_was() {
    let mut talk = Talk::opened();
    talk.turn(1, "Pour deux");
    talk.reply(2, "Très bien.", 1);
    assert_eq!(
        talk.put(Input::SpeechStarted { utterance: 2 }),
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
    talk.put(Input::SpeechStarted { utterance: 2 });
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
    talk.put(Input::SpeechStarted { utterance: 2 });
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
    assert_eq!(talk.put(Input::SpeechStarted { utterance: 2 }), ["Listening"]);
    assert_eq!(talk.reply(2, "Très bien.", 1), Vec::<String>::new());
    let outputs = talk.end_turn(2, "ou trois");
    assert_eq!(outputs[3], "ask 3: answer 'Pour deux ou trois' at 0 after 1");
}

#[test]
fn noise_before_the_reply_only_delays_it() {
    let mut talk = Talk::opened();
    talk.turn(1, "Pour deux");
    talk.put(Input::SpeechStarted { utterance: 2 });
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

#[test]
fn noise_is_not_replied_to() {
    let mut talk = Talk::opened();
    assert_eq!(talk.turn(1, " "), ["Thinking", "heard #2 ''", "Listening"]);
    assert_eq!(talk.history().len(), 1);
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

#[test]
fn a_recogniser_that_hangs_is_held_to_its_last_guess() {
    let mut talk = Talk::opened();
    talk.put(Input::SpeechStarted { utterance: 1 });
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
    talk.put(Input::SpeechStarted { utterance: 1 });
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
    talk.put(Input::SpeechStarted { utterance: 1 });
    talk.view(1, "Pour deux", Fit::Beginning);
    talk.put(Input::Hold { on: true });
    assert!(talk.expire().is_empty());
    talk.put(Input::Hold { on: false });
    assert_eq!(talk.expire(), ["Thinking"]);
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
