use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::{FRAME, RTP_FRAME, SENT_RATE};

mod account;

/// A downlink and the one who hears it, in simulated time.
struct Line {
    downlink: Downlink,
    start: Instant,
    now: Instant,
    decoder: ::opus::Decoder,
    heard: Vec<i16>,
    /// When, timestamp, marker, speech.
    sent: Vec<(u64, u32, bool, bool)>,
    /// Whether frames are made ahead.
    coalesces: bool,
}

impl Line {
    fn new() -> Self {
        let start = Instant::now();
        Self {
            downlink: Downlink::new(DownlinkConfig::default(), start).unwrap(),
            start,
            now: start,
            decoder: ::opus::Decoder::new(SENT_RATE, ::opus::Channels::Mono).unwrap(),
            heard: Vec::new(),
            sent: Vec::new(),
            coalesces: false,
        }
    }

    /// Sends what is due now.
    fn poll(&mut self) {
        while let Some(frame) = self.downlink.poll_frame(self.now) {
            hear(
                &frame,
                self.now - self.start,
                &mut self.decoder,
                &mut self.heard,
                &mut self.sent,
            );
        }
        while self.coalesces
            && let Some((due, frame)) = self.downlink.poll_ahead(self.now)
        {
            hear(
                &frame,
                due - self.start,
                &mut self.decoder,
                &mut self.heard,
                &mut self.sent,
            );
        }
    }

    /// Lets time pass, waking when the downlink asks to.
    fn run(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        loop {
            self.poll();
            let next = self.downlink.poll_timeout();
            if next > end {
                break;
            }
            assert!(next > self.now, "the timeout is in the past, though nothing is due");
            self.now = next;
        }
        self.now = end;
    }

    fn play(&mut self, generation: u64, phrase: u32, speech: Speech) {
        self.downlink.play(generation, phrase, speech, self.now).unwrap();
    }

    fn events(&mut self) -> Vec<DownlinkEvent> {
        std::iter::from_fn(|| self.downlink.poll_event()).collect()
    }

    fn speech_frames(&self) -> usize {
        self.sent.iter().filter(|sent| sent.3).count()
    }
}

fn hear(
    frame: &Frame<'_>,
    at: Duration,
    decoder: &mut ::opus::Decoder,
    heard: &mut Vec<i16>,
    sent: &mut Vec<(u64, u32, bool, bool)>,
) {
    sent.push((at.as_millis() as u64, frame.timestamp, frame.marker, frame.speech));
    let mut pcm = [0; SENT_FRAME];
    decoder.decode(frame.payload, &mut pcm, false).unwrap();
    heard.extend_from_slice(&pcm);
}

fn tone(rate: u32, ms: u32) -> Arc<[i16]> {
    let samples = rate * ms / 1_000;
    (0..samples)
        .map(|n| ((n as f32 * 200.0 * std::f32::consts::TAU / rate as f32).sin() * 10_000.0) as i16)
        .collect()
}

fn pcm(rate: u32, ms: u32) -> Speech {
    Speech::Pcm {
        rate,
        samples: tone(rate, ms),
    }
}

fn encoded(ms: u32) -> Speech {
    Speech::Encoded(Arc::new(EncodedSpeech::encode(&tone(16_000, ms), 16_000, 5).unwrap()))
}

fn finished(events: &[DownlinkEvent]) -> Option<&Played> {
    events.iter().find_map(|event| match event {
        DownlinkEvent::Finished { played, .. } => Some(played),
        _ => None,
    })
}

#[test]
fn the_first_frame_leaves_at_once_and_the_rest_every_20_ms() {
    for speech in [pcm(24_000, 100), encoded(100)] {
        let mut line = Line::new();
        line.run(107);
        line.sent.clear();
        line.play(1, 0, speech);
        line.downlink.finish(1, line.now);
        line.run(95);
        let expected: Vec<_> = (0..5u64)
            .map(|n| (107 + n * 20, (107 + n as u32 * 20) * 48, n == 0, true))
            .collect();
        assert_eq!(line.sent, expected);
    }
}

#[test]
fn the_silence_that_a_reply_begins_with_is_passed_over_and_counts_as_heard() {
    let mut sound = vec![0; 16 * 50];
    sound.extend_from_slice(&tone(16_000, 100));
    let samples: Arc<[i16]> = sound.into();
    let speeches = [
        Speech::Encoded(Arc::new(EncodedSpeech::encode(&samples, 16_000, 5).unwrap())),
        Speech::Pcm { rate: 16_000, samples },
    ];
    for speech in speeches {
        let mut line = Line::new();
        line.run(100);
        line.play(1, 0, speech);
        line.downlink.finish(1, line.now);
        line.sent.clear();
        line.heard.clear();
        line.run(400);
        // 40 of the 50 ms fill frames.
        assert_eq!(line.speech_frames(), 6);
        assert_eq!(line.sent[0], (100, 4_800, true, true));
        assert!(crate::level::dbov(&line.heard[..SENT_FRAME]) > INAUDIBLE);
        let events = line.events();
        let at = line.start + Duration::from_millis(100);
        let began = [
            DownlinkEvent::Started { generation: 1, at },
            DownlinkEvent::PhraseStarted {
                generation: 1,
                phrase: 0,
                at,
            },
        ];
        assert_eq!(events[..2], began);
        assert_eq!(finished(&events).unwrap().samples(1, 0), 150 * 24);
    }
}

#[test]
fn silence_inside_a_reply_and_a_long_one_before_it_stay() {
    let silent = |ms: usize| Speech::Pcm {
        rate: 16_000,
        samples: vec![0; 16 * ms].into(),
    };
    let mut line = Line::new();
    line.play(1, 0, pcm(16_000, 100));
    line.play(1, 1, silent(100));
    line.play(1, 2, pcm(16_000, 100));
    line.downlink.finish(1, line.now);
    line.run(1_000);
    assert_eq!(line.speech_frames(), 15);
    line.sent.clear();
    line.events();
    line.play(2, 0, silent(300));
    line.downlink.finish(2, line.now);
    line.run(1_000);
    assert_eq!(line.speech_frames(), 10);
    // A short one that nothing follows is over at once.
    line.events();
    line.play(3, 0, silent(60));
    line.downlink.finish(3, line.now);
    line.run(100);
    assert_eq!(finished(&line.events()).unwrap().samples(3, 0), 60 * 24);
    line.play(4, 0, pcm(16_000, 100));
    line.run(200);
    assert!(matches!(line.events()[0], DownlinkEvent::Started { generation: 4, .. }));
}

#[test]
fn every_sample_is_accounted_for_at_any_rate() {
    for rate in [8_000, 16_000, 22_050, 24_000, 44_100, 48_000] {
        let mut line = Line::new();
        line.play(1, 0, pcm(rate, 250));
        line.play(1, 1, pcm(rate, 130));
        line.downlink.finish(1, line.now);
        line.run(1_000);
        let events = line.events();
        let played = finished(&events).unwrap();
        let exact =
            |ms: u64| (u64::from(rate) * ms / 1_000 * u64::from(SENT_RATE) + u64::from(rate) / 2) / u64::from(rate);
        assert_eq!(played.samples(1, 0), exact(250), "{rate} Hz");
        assert_eq!(played.samples(1, 1), exact(130), "{rate} Hz");
        assert_eq!(line.speech_frames(), 19);
    }
}

#[test]
fn events_tell_the_course_of_a_reply() {
    let mut line = Line::new();
    line.play(7, 0, encoded(60));
    line.play(7, 1, pcm(16_000, 40));
    line.downlink.finish(7, line.now);
    line.run(500);
    let at = |ms| line.start + Duration::from_millis(ms);
    let phrases = vec![
        PlayedPhrase {
            generation: 7,
            phrase: 0,
            samples: 1_440,
            started: at(0),
        },
        PlayedPhrase {
            generation: 7,
            phrase: 1,
            samples: 960,
            started: at(60),
        },
    ];
    let expected = [
        DownlinkEvent::Started {
            generation: 7,
            at: at(0),
        },
        DownlinkEvent::PhraseStarted {
            generation: 7,
            phrase: 0,
            at: at(0),
        },
        DownlinkEvent::PhraseStarted {
            generation: 7,
            phrase: 1,
            at: at(60),
        },
        DownlinkEvent::Finished {
            generation: 7,
            played: Played { phrases },
            at: at(80),
        },
    ];
    assert_eq!(line.events(), expected);
}

#[test]
fn a_flush_is_heard_within_a_frame_and_counts_what_left_to_the_sample() {
    for speech in [pcm(24_000, 3_000), encoded(3_000)] {
        let mut line = Line::new();
        line.play(1, 0, speech);
        line.run(1_010);
        let frames = line.sent.len() as u64;
        let played = line.downlink.flush(line.now);
        assert_eq!(played.samples(1, 0), frames * SENT_FRAME as u64);
        line.run(15);
        // One frame more, which fades out, then silence.
        assert_eq!(line.speech_frames() as u64, frames + 1);
        line.run(500);
        assert_eq!(line.speech_frames() as u64, frames + 1);
        assert_eq!(
            line.events()
                .iter()
                .filter(|e| matches!(e, DownlinkEvent::Finished { .. }))
                .count(),
            0
        );
        let end = line.heard.len();
        assert_eq!(level::dbov(&line.heard[end - SENT_FRAME..]), level::SILENCE_DBOV);
    }
}

#[test]
fn a_cut_makes_no_click() {
    for speech in [pcm(24_000, 3_000), encoded(3_000)] {
        let mut line = Line::new();
        line.play(1, 0, speech);
        line.run(1_000);
        line.downlink.flush(line.now);
        line.run(200);
        let steepest = |sound: &[i16]| {
            sound
                .windows(2)
                .map(|w| (i32::from(w[1]) - i32::from(w[0])).abs())
                .max()
                .unwrap()
        };
        let (steady, cut) = line.heard.split_at(line.heard.len() * 3 / 4);
        assert!(
            steepest(cut) <= steepest(&steady[4_800..]) * 2,
            "{} {}",
            steepest(cut),
            steepest(&steady[4_800..])
        );
    }
}

#[test]
fn a_paused_reply_goes_on_where_it_stopped() {
    for speech in [pcm(24_000, 1_000), encoded(1_000)] {
        let mut line = Line::new();
        line.play(1, 0, speech);
        line.downlink.finish(1, line.now);
        line.run(410);
        line.downlink.pause(line.now);
        line.run(600);
        let frames = line.speech_frames();
        assert_eq!(frames, 21 + 1);
        assert!(line.downlink.is_speaking());
        line.downlink.resume(line.now);
        line.poll();
        assert_eq!(line.speech_frames(), frames + 1);
        line.run(2_000);
        assert_eq!(finished(&line.events()).unwrap().samples(1, 0), u64::from(SENT_RATE));
        assert_eq!(line.speech_frames(), 50 + 1);
    }
}

#[test]
fn a_flush_while_paused_counts_what_left_before() {
    let mut line = Line::new();
    line.play(1, 0, encoded(1_000));
    line.run(410);
    line.downlink.pause(line.now);
    line.run(300);
    assert_eq!(line.downlink.flush(line.now).samples(1, 0), 21 * SENT_FRAME as u64);
}

#[test]
fn stale_speech_is_not_played() {
    let mut line = Line::new();
    line.play(5, 0, pcm(24_000, 100));
    let play = |line: &mut Line, generation| line.downlink.play(generation, 0, pcm(24_000, 100), line.now);
    assert_eq!(play(&mut line, 4), Err(PlayError::Stale));
    line.downlink.flush(line.now);
    assert_eq!(play(&mut line, 5), Err(PlayError::Stale));
    assert_eq!(play(&mut line, 6), Ok(()));
}

#[test]
fn the_queue_is_bounded() {
    let mut line = Line::new();
    let minute: Arc<[i16]> = vec![0; 60 * 8_000].into();
    let mut play = || {
        line.downlink.play(
            1,
            0,
            Speech::Pcm {
                rate: 8_000,
                samples: minute.clone(),
            },
            line.now,
        )
    };
    assert_eq!([play(), play(), play()], [Ok(()), Ok(()), Err(PlayError::Full)]);
    assert_eq!(
        line.downlink.play(
            1,
            0,
            Speech::Pcm {
                rate: 96_000,
                samples: [].into()
            },
            line.now
        ),
        Err(PlayError::Rate(96_000))
    );
}

#[test]
fn silence_is_not_encoded_and_shows_a_sign_of_life_every_400_ms() {
    let mut line = Line::new();
    line.play(
        1,
        0,
        Speech::Pcm {
            rate: 16_000,
            samples: vec![0; 16_000].into(),
        },
    );
    line.downlink.finish(1, line.now);
    line.run(1_000);
    assert_eq!(line.downlink.stats().encoded, 0);
    line.sent.clear();
    line.run(4_000);
    assert!((9..=12).contains(&line.sent.len()), "{:?}", line.sent);
    assert!(line.sent.windows(2).all(|pair| pair[1].1 - pair[0].1 >= RTP_FRAME));
}

#[test]
fn cached_speech_is_not_encoded_again() {
    let mut line = Line::new();
    line.play(1, 0, encoded(1_000));
    line.downlink.finish(1, line.now);
    line.run(1_500);
    let stats = line.downlink.stats();
    assert_eq!((stats.cached, stats.encoded), (50, 0));
}

#[test]
fn speech_that_comes_in_pieces_is_heard_without_a_break() {
    let mut line = Line::new();
    let whole = tone(24_000, 1_000);
    // 37 ms at a time, a little faster than it is spoken.
    for piece in whole.chunks(888) {
        line.play(
            1,
            0,
            Speech::Pcm {
                rate: 24_000,
                samples: piece.into(),
            },
        );
        line.run(30);
    }
    line.downlink.finish(1, line.now);
    line.run(500);
    assert_eq!(finished(&line.events()).unwrap().samples(1, 0), u64::from(SENT_RATE));
    assert_eq!(line.speech_frames(), 50);
}

#[test]
fn speech_whose_end_was_not_told_is_heard_to_its_last_sample() {
    let mut line = Line::new();
    line.play(1, 0, pcm(24_000, 110));
    line.run(300);
    assert_eq!(line.downlink.flush(line.now).samples(1, 0), 110 * 24);
}

#[test]
fn a_reply_after_silence_keeps_wall_time_in_its_timestamps() {
    let mut line = Line::new();
    line.play(1, 0, encoded(100));
    line.downlink.finish(1, line.now);
    line.run(3_000);
    line.play(2, 0, encoded(100));
    line.poll();
    let (at, timestamp, marker, _) = *line.sent.last().unwrap();
    assert!(marker);
    assert!(u64::from(timestamp).abs_diff(at * 48) <= 960, "{timestamp} at {at} ms");
}

#[test]
fn a_late_pacer_does_not_send_a_flood() {
    let mut line = Line::new();
    line.play(1, 0, encoded(3_000));
    line.run(100);
    let before = line.sent.len();
    line.now += Duration::from_millis(700);
    line.poll();
    assert!(line.sent.len() - before <= 4, "{}", line.sent.len() - before);
}

#[test]
fn speech_falls_in_step_with_what_is_done_every_20_ms() {
    for speech in [pcm(24_000, 1_000), encoded(1_000)] {
        let mut line = Line::new();
        line.run(100);
        line.sent.clear();
        line.play(1, 0, speech);
        line.downlink.finish(1, line.now);
        line.run(1);
        let mut moments = Vec::new();
        // Datagrams come every 20 ms, give or take 2.
        for wait in [9, 22, 18, 20, 21]
            .into_iter()
            .chain([19, 22, 18, 20, 21].into_iter().cycle())
            .take(60)
        {
            line.run(wait);
            line.downlink.bring_forward(line.now);
            moments.push((line.now - line.start).as_millis() as u64);
            line.run(0);
        }
        let speech: Vec<_> = line.sent.iter().filter(|sent| sent.3).collect();
        assert_eq!(speech.len(), 50);
        let by_itself = speech.iter().filter(|sent| !moments.contains(&sent.0)).count();
        assert_eq!(by_itself, 1, "the first, which waits for nobody");
        assert!(speech.windows(2).all(|pair| pair[1].1 == pair[0].1 + 960), "one stream");
    }
}

#[test]
fn frames_that_are_made_ahead_are_the_same_and_leave_at_the_same_time() {
    for speech in [pcm(24_000, 1_010), encoded(1_010)] {
        let mut lines = [Line::new(), Line::new()];
        lines[1].coalesces = true;
        for line in &mut lines {
            line.run(100);
            line.play(1, 0, speech.clone());
            line.downlink.finish(1, line.now);
            line.run(1_500);
        }
        assert_eq!(lines[0].sent, lines[1].sent);
        assert!(lines[0].heard == lines[1].heard);
        assert_eq!(
            finished(&lines[0].events()).cloned().map(|p| p.total()),
            finished(&lines[1].events()).cloned().map(|p| p.total())
        );
    }
}

#[test]
fn frames_are_made_ahead_only_inside_of_speech_and_not_far() {
    let mut line = Line::new();
    assert!(line.downlink.poll_ahead(line.now).is_none(), "nothing is said");
    line.play(1, 0, encoded(1_000));
    assert!(
        line.downlink.poll_ahead(line.now).is_none(),
        "the first one is not ahead of any"
    );
    line.poll();
    let start = line.now;
    let mut ahead = |now| std::iter::from_fn(|| line.downlink.poll_ahead(now).map(|(due, _)| due)).collect::<Vec<_>>();
    assert_eq!(ahead(start), [start + FRAME, start + FRAME * 2]);
    assert_eq!(ahead(start + FRAME * 2), [start + FRAME * 3, start + FRAME * 4]);
    line.downlink.pause(start + FRAME * 2);
    assert!(line.downlink.poll_ahead(start + FRAME * 4).is_none(), "it is paused");
}
