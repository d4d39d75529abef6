use super::*;
use crate::prosody::Contour;
use crate::vad::{Smoother, Strictness};

/// A detector with a smoother in front, fed in frames of 20 ms.
struct Scene {
    detector: TurnDetector,
    smoother: Smoother,
    closing: Closing,
    echo: bool,
    /// Answers every pause at once, if given.
    view: Option<Fit>,
    /// What happened, with the frame's number.
    log: Vec<(u64, TurnEvent)>,
    frame: u64,
}

impl Scene {
    fn new(patience: Patience) -> Self {
        Self {
            detector: TurnDetector::new(patience),
            smoother: Smoother::default(),
            closing: Closing {
                lengthening: 1.0,
                ..Closing::default()
            },
            echo: false,
            view: None,
            log: Vec::new(),
            frame: 0,
        }
    }

    fn run(&mut self, voiced: bool, ms: u64) -> &mut Self {
        for _ in 0..ms / 20 {
            self.frame += 1;
            self.smoother.handle_frame(voiced);
            self.detector.handle_frame(Heard {
                activity: self.smoother.activity(),
                voiced,
                silence: self.smoother.silence(),
                echo: self.echo,
                closing: self.closing,
            });
            self.collect();
        }
        self
    }

    fn collect(&mut self) {
        while let Some(event) = self.detector.poll_event() {
            self.log.push((self.frame, event));
            if let (TurnEvent::Paused { pause }, Some(view)) = (event, self.view) {
                self.detector
                    .handle_view(self.detector.utterance(), pause, view, self.closing);
            }
        }
    }

    fn speak(&mut self, ms: u64) -> &mut Self {
        self.run(true, ms)
    }

    fn silence(&mut self, ms: u64) -> &mut Self {
        self.run(false, ms)
    }

    fn agent(&mut self, on: bool) -> &mut Self {
        self.detector.handle_agent_speaking(on);
        self.smoother
            .set_strictness(if on { Strictness::Strict } else { Strictness::Normal });
        self
    }

    fn events(&mut self) -> Vec<TurnEvent> {
        std::mem::take(&mut self.log)
            .into_iter()
            .map(|(_, event)| event)
            .collect()
    }
}

fn ended(reason: EndReason, ms: u64) -> TurnEvent {
    TurnEvent::Ended {
        reason,
        silence: Duration::from_millis(ms),
    }
}

const STARTED: TurnEvent = TurnEvent::Started { utterance: 1 };
const PAUSED: TurnEvent = TurnEvent::Paused { pause: 1 };

#[test]
fn a_complete_answer_ends_the_turn_after_160_ms_of_silence() {
    let mut scene = Scene::new(Patience::A1);
    scene.view = Some(Fit::Complete);
    scene.speak(1_000).silence(400);
    assert_eq!(scene.events(), [STARTED, PAUSED, ended(EndReason::Complete, 160)]);
}

#[test]
fn a_view_that_comes_late_ends_the_turn_at_once() {
    let mut scene = Scene::new(Patience::A1);
    scene.speak(1_000).silence(300);
    let closing = scene.closing;
    scene.detector.handle_view(1, 1, Fit::Complete, closing);
    scene.collect();
    assert_eq!(scene.events(), [STARTED, PAUSED, ended(EndReason::Complete, 300)]);
}

#[test]
fn a_pause_inside_a_clause_does_not_end_the_turn() {
    for view in [Fit::Beginning, Fit::Unlisted { open: true }] {
        let mut scene = Scene::new(Patience::A1);
        scene.view = Some(view);
        scene.speak(600).silence(2_500).speak(600);
        assert_eq!(
            scene.events(),
            [STARTED, PAUSED, TurnEvent::NeedsHelp, TurnEvent::Resumed]
        );
    }
}

#[test]
fn an_unfinished_answer_ends_6_s_after_help_was_offered_at_the_earliest() {
    for (patience, end) in [
        (Patience::A1, 9_500),
        (Patience::A2, 8_500),
        (Patience::B1, 7_500),
        (Patience::C2, 7_500),
    ] {
        for view in [Fit::Beginning, Fit::Unlisted { open: true }] {
            let mut scene = Scene::new(patience);
            scene.view = Some(view);
            scene.speak(600).silence(10_000);
            assert_eq!(
                scene.events(),
                [STARTED, PAUSED, TurnEvent::NeedsHelp, ended(EndReason::Unfinished, end)]
            );
        }
    }
}

#[test]
fn a_learner_who_goes_on_from_a_hint_is_one_turn() {
    let mut scene = Scene::new(Patience::B1);
    scene.view = Some(Fit::Beginning);
    scene.speak(600).silence(7_000);
    scene.view = Some(Fit::Complete);
    scene.speak(600).silence(300);
    assert_eq!(
        scene.events(),
        [
            STARTED,
            PAUSED,
            TurnEvent::NeedsHelp,
            TurnEvent::Resumed,
            TurnEvent::Paused { pause: 2 },
            ended(EndReason::Complete, 160)
        ]
    );
}

#[test]
fn help_that_a_late_view_calls_for_gives_the_whole_time_too() {
    let mut scene = Scene::new(Patience::B1);
    // Level: unlisted speech would be waited for until now.
    scene.closing.contour = Contour::Level;
    scene.speak(600).silence(1_400);
    let closing = scene.closing;
    scene.detector.handle_view(1, 1, Fit::Beginning, closing);
    scene.silence(6_000);
    assert_eq!(scene.events(), [STARTED, PAUSED, TurnEvent::NeedsHelp]);
    scene.silence(100);
    assert_eq!(scene.events(), [ended(EndReason::Unfinished, 7_500)]);
}

#[test]
fn an_extendable_answer_that_goes_on_is_one_turn() {
    let mut scene = Scene::new(Patience::A1);
    scene.view = Some(Fit::Extendable { politely: false });
    scene.speak(600).silence(400);
    scene.view = Some(Fit::Complete);
    scene.speak(600).silence(300);
    let expected = [
        STARTED,
        PAUSED,
        TurnEvent::Resumed,
        TurnEvent::Paused { pause: 2 },
        ended(EndReason::Complete, 160),
    ];
    assert_eq!(scene.events(), expected);
}

#[test]
fn a_view_of_an_earlier_pause_is_out_of_date() {
    let mut scene = Scene::new(Patience::B1);
    scene.speak(600).silence(200).speak(600).silence(200);
    let closing = scene.closing;
    scene.detector.handle_view(1, 1, Fit::Complete, closing);
    scene.collect();
    assert_eq!(scene.events().last(), Some(&TurnEvent::Paused { pause: 2 }));
}

#[test]
fn without_any_view_silence_ends_the_turn() {
    let mut scene = Scene::new(Patience::B1);
    scene.speak(1_000).silence(3_000);
    let events = scene.events();
    let Some(TurnEvent::Ended {
        reason: EndReason::Silence,
        silence,
    }) = events.last()
    else {
        panic!("{events:?}")
    };
    assert!((1_100..1_300).contains(&silence.as_millis()), "{silence:?}");
}

#[test]
fn a_falling_contour_ends_unlisted_speech_sooner_than_a_level_one() {
    let silence = |contour| {
        let mut scene = Scene::new(Patience::B1);
        scene.closing.contour = contour;
        scene.view = Some(Fit::Unlisted { open: false });
        scene.speak(1_000).silence(4_000);
        match scene.events()[..] {
            [.., TurnEvent::Ended { silence, .. }] => silence,
            ref events => panic!("{events:?}"),
        }
    };
    assert!(silence(Contour::Falling) + Duration::from_millis(300) < silence(Contour::Level));
}

#[test]
fn hold_never_ends_and_gives_time_again_when_it_is_over() {
    let mut scene = Scene::new(Patience::C2);
    scene.view = Some(Fit::Complete);
    scene.speak(600);
    scene.detector.handle_hold(true);
    scene.silence(20_000);
    assert_eq!(scene.events(), [STARTED, PAUSED]);
    scene.detector.handle_hold(false);
    scene.silence(140);
    assert_eq!(scene.events(), []);
    scene.silence(20);
    assert_eq!(scene.events(), [ended(EndReason::Complete, 20_160)]);
}

#[test]
fn help_that_is_spoken_does_not_eat_the_speakers_time() {
    let mut scene = Scene::new(Patience::A1);
    scene.view = Some(Fit::Beginning);
    scene
        .speak(600)
        .silence(1_600)
        .agent(true)
        .silence(5_000)
        .agent(false)
        .silence(7_900);
    assert_eq!(scene.events(), [STARTED, PAUSED, TurnEvent::NeedsHelp]);
    scene.silence(200);
    assert!(matches!(
        scene.events()[..],
        [TurnEvent::Ended {
            reason: EndReason::Unfinished,
            ..
        }]
    ));
}

#[test]
fn speech_over_the_agent_is_confirmed_by_its_length() {
    let mut scene = Scene::new(Patience::B1);
    scene.agent(true).silence(500).speak(1_000);
    assert_eq!(
        scene.events(),
        [TurnEvent::BargeIn, STARTED, TurnEvent::BargeInConfirmed]
    );
}

#[test]
fn barge_in_is_told_140_ms_after_onset() {
    let mut scene = Scene::new(Patience::B1);
    scene.agent(true).silence(500).speak(300);
    assert_eq!(scene.log[0], (25 + 7, TurnEvent::BargeIn));
}

#[test]
fn mhm_is_a_false_alarm_and_no_turn_even_if_it_is_like_the_beginning_of_an_answer() {
    for view in [Fit::Unlisted { open: false }, Fit::Beginning] {
        let mut scene = Scene::new(Patience::B1);
        scene.view = Some(view);
        scene.agent(true).silence(500).speak(360).silence(3_000);
        assert_eq!(
            scene.events(),
            [TurnEvent::BargeIn, STARTED, PAUSED, TurnEvent::FalseAlarm]
        );
        assert_eq!(scene.detector.state(), TurnState::Idle);
    }
}

#[test]
fn a_short_answer_over_the_agent_is_a_turn_when_it_is_expected() {
    let mut scene = Scene::new(Patience::B1);
    scene.view = Some(Fit::Complete);
    scene.agent(true).silence(500).speak(300).silence(300);
    let expected = [TurnEvent::BargeIn, STARTED, PAUSED, TurnEvent::BargeInConfirmed];
    // The agent is still speaking: the caller stops it on confirmation, then the silence counts.
    assert_eq!(scene.events(), expected);
    scene.agent(false).silence(200);
    assert!(matches!(
        scene.events()[..],
        [TurnEvent::Ended {
            reason: EndReason::Complete,
            ..
        }]
    ));
}

#[test]
fn a_backchannel_that_the_recogniser_knows_is_a_false_alarm() {
    let mut scene = Scene::new(Patience::B1);
    scene.agent(true).silence(500).speak(300).silence(120);
    scene.detector.handle_backchannel(1, 1);
    scene.collect();
    assert_eq!(
        scene.events(),
        [TurnEvent::BargeIn, STARTED, PAUSED, TurnEvent::FalseAlarm]
    );
    assert_eq!(scene.detector.state(), TurnState::Idle);
}

#[test]
fn a_late_word_of_a_backchannel_does_not_stop_somebody_who_has_gone_on() {
    let mut scene = Scene::new(Patience::B1);
    scene.agent(true).silence(500).speak(300).silence(120).speak(200);
    scene.detector.handle_backchannel(1, 1);
    scene.speak(400);
    assert!(!scene.events().contains(&TurnEvent::FalseAlarm));
    assert_eq!(scene.detector.state(), TurnState::Speaking);
}

#[test]
fn an_echo_is_no_barge_in() {
    let mut scene = Scene::new(Patience::B1);
    scene.echo = true;
    scene.agent(true).silence(500).speak(3_000);
    assert_eq!(scene.events(), []);
}

#[test]
fn going_on_after_a_turn_was_ended_teaches_patience() {
    let mut scene = Scene::new(Patience::B1);
    let before = scene.detector.mean_pause();
    scene.speak(1_000).silence(1_400).speak(400);
    assert!(scene.events().contains(&TurnEvent::Started { utterance: 2 }));
    assert!(scene.detector.mean_pause() > before + Duration::from_millis(200));
}

#[test]
fn talking_over_the_start_of_a_reply_teaches_patience() {
    let mut scene = Scene::new(Patience::B1);
    scene.view = Some(Fit::Complete);
    let before = scene.detector.mean_pause();
    scene.speak(1_000).silence(300).agent(true).silence(200).speak(600);
    assert_eq!(scene.events().last(), Some(&TurnEvent::BargeInConfirmed));
    assert_ne!(scene.detector.mean_pause(), before);
}

#[test]
fn who_still_speaks_at_the_agents_end_has_the_floor() {
    let mut scene = Scene::new(Patience::B1);
    scene.view = Some(Fit::Unlisted { open: false });
    scene
        .agent(true)
        .silence(500)
        .speak(200)
        .agent(false)
        .speak(100)
        .silence(300);
    assert_eq!(
        scene.events(),
        [TurnEvent::BargeIn, STARTED, TurnEvent::BargeInConfirmed, PAUSED]
    );
}

#[test]
fn a_noise_does_not_hold_the_floor_for_ever() {
    let mut scene = Scene::new(Patience::B1);
    scene.speak(70_000);
    assert!(matches!(
        scene.events()[..],
        [
            STARTED,
            TurnEvent::Ended {
                reason: EndReason::TooLong,
                ..
            }
        ]
    ));
}
