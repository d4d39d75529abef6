//! How soon an agent falls silent for somebody who speaks over it, and for whom it doesn't.

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::acoustic::{Expectation, Pronouncer};
use colloquy_agents::engine::{Pace, SpeakRequest, Tts};
use colloquy_agents::language::Language;
use colloquy_agents::mind::Input;
use colloquy_agents::scenario::{Catalogue, Level, Progress, Script};
use colloquy_agents::tts::scripted::ScriptedTts;
use colloquy_media::HEARD_FRAME;
use colloquy_media::level::dbov;
use colloquy_media::resample::Resampler;
use futures::StreamExt;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::line::Line;
use crate::network::Conditions;
use crate::talk::Talk;
use crate::voice::Voice;

const NETWORK: Conditions = Conditions {
    delay: Duration::from_millis(20),
    ..Conditions::CLEAN
};
/// The agent has given way when nothing of it leaves for so long.
const QUIET: Duration = Duration::from_millis(300);
/// From the first voiced frame to the agent's last packet, the network's 20 ms included.
const SOON: Duration = Duration::from_millis(240);
const SAMPLES_A_MS: usize = 16;

const CALLERS: [Voice; 2] = [
    Voice::Espeak {
        language: "fr-fr",
        variant: "m1",
        pitch: 50,
        pace: 140,
    },
    Voice::Espeak {
        language: "fr-fr",
        variant: "klatt2",
        pitch: 60,
        pace: 140,
    },
];
const TUTOR: Voice = Voice::Espeak {
    language: "fr-fr",
    variant: "f2",
    pitch: 50,
    pace: 150,
};

/// The room of somebody who is silent: nothing at all, as noise suppression leaves it, or a hiss.
struct Room {
    hiss: i16,
    random: SmallRng,
}

impl Room {
    fn silence(&mut self, ms: usize) -> Vec<i16> {
        let samples = ms * SAMPLES_A_MS / HEARD_FRAME * HEARD_FRAME;
        let hiss = self.hiss;
        (0..samples).map(|_| self.random.random_range(-hiss..=hiss)).collect()
    }
}

/// The scripted voice, at 16 kHz: loud syllables in an even rhythm.
fn babble() -> Vec<i16> {
    let request = SpeakRequest {
        language: Language::French,
        text: "Bonsoir".to_owned(),
        pace: Pace::default(),
        melody: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let chunks: Vec<_> = runtime.block_on(ScriptedTts::new().speak(request).collect());
    let chunk = chunks[0].as_ref().unwrap();
    let (mut resampler, mut sound) = (Resampler::new(chunk.rate, 16_000).unwrap(), Vec::new());
    resampler.push(&chunk.pcm, &mut sound);
    resampler.flush(&mut sound);
    sound
}

/// Whole frames of a sentence, from its first voiced one on.
fn sentence(voice: Voice, text: &str) -> Vec<i16> {
    let mut sound = voice.say(text);
    sound.resize(sound.len().next_multiple_of(HEARD_FRAME), 0);
    let onset = sound.chunks_exact(HEARD_FRAME).position(|frame| dbov(frame) > -45.0);
    sound.split_off(onset.expect("it is voiced") * HEARD_FRAME)
}

fn script() -> Arc<Script> {
    let script = Catalogue::built_in().script("restaurant", Language::French, Level::Intermediate);
    Arc::new(script.expect("it is taught"))
}

/// The learner has joined, and the agent begins to speak.
fn begin(script: &Arc<Script>, pronouncer: &Arc<Pronouncer>, voice: &[i16], room: &mut Room) -> Talk {
    let pronouncer = Arc::clone(pronouncer);
    let prepare = move |expected: &_| Arc::new(Expectation::prepare(&pronouncer, Language::French, expected).unwrap());
    let line = Line::new(prepare(&script.expected(&Progress::default())), NETWORK, 1);
    let mut talk = Talk::new(line, Arc::clone(script), voice.to_vec());
    talk.prepare = Some(Box::new(prepare));
    talk.hear(&room.silence(500));
    talk.tell(Input::Joined);
    talk
}

/// From the first voiced frame over the agent to its last packet before a silence; nothing if it had just finished by itself.
fn gives_way_after(talk: &mut Talk, answer: &[i16], room: &mut Room) -> Option<Duration> {
    talk.barged_at = None;
    let start = talk.line.now;
    talk.hear(answer).hear(&room.silence(1_000));
    talk.barged_at?;
    let mut last = start;
    for &at in talk.spoken.iter().filter(|at| **at > start) {
        if at - last >= QUIET {
            break;
        }
        last = at;
    }
    Some(last - start)
}

/// Of two interruptions in each of many calls, the second one over the reply to the first.
fn assert_soon(agent: &str, voice: &[i16]) {
    let (script, pronouncer) = (script(), Arc::new(Pronouncer::new()));
    let answers = [
        "Une table pour deux, s'il vous plaît",
        "Je suis végétarien",
        "Une crème brûlée pour moi",
        "En terrasse, si possible",
    ];
    let mut waits = Vec::new();
    for (seed, (hiss, after)) in (0..).zip([(0, 640), (0, 1_060), (60, 780), (60, 1_340), (150, 1_200)]) {
        for answer in CALLERS
            .iter()
            .flat_map(|caller| answers.map(|text| sentence(*caller, text)))
        {
            let random = SmallRng::seed_from_u64(seed);
            let mut room = Room { hiss, random };
            let mut talk = begin(&script, &pronouncer, voice, &mut room);
            for _ in 0..2 {
                talk.hear(&room.silence(after));
                waits.extend(gives_way_after(&mut talk, &answer, &mut room));
                while talk.spoken.last().is_none_or(|at| talk.line.now - *at > QUIET / 3) {
                    assert!(talk.line.now < Duration::from_secs(30), "no reply");
                    talk.hear(&room.silence(100));
                }
            }
        }
    }
    waits.sort();
    let (median, longest) = (waits[waits.len() / 2], waits[waits.len() - 1]);
    println!(
        "{agent}: {} interruptions, p50 {median:?}, longest {longest:?}",
        waits.len()
    );
    assert!(waits.len() >= 60, "{agent}: hardly ever interrupted: {}", waits.len());
    assert!(longest <= SOON, "{agent}: {waits:?}");
}

#[test]
fn a_loud_even_voice_gives_way_within_240_ms_whoever_speaks_over_it() {
    assert_soon("babble", &babble());
}

#[test]
fn a_voice_with_pauses_gives_way_within_240_ms_whoever_speaks_over_it() {
    assert_soon("espeak", &TUTOR.say(&script().opener().text));
}

/// A sound over the agent that is none of its business: it may fall silent for a moment, and then says all that it had to say.
fn assert_ridden_over(what: &str, sound: &[i16], most_pauses: usize) {
    let (script, pronouncer) = (script(), Arc::new(Pronouncer::new()));
    let random = SmallRng::seed_from_u64(3);
    let mut room = Room { hiss: 60, random };
    let mut talk = begin(&script, &pronouncer, &TUTOR.say(&script.opener().text), &mut room);
    talk.hear(&room.silence(800));
    let before = talk.line.now;
    talk.hear(sound);
    while talk.mind.history().is_empty() {
        assert!(talk.line.now < Duration::from_secs(30), "{what}: never finished");
        talk.hear(&room.silence(100));
    }
    assert!(talk.flushed.is_none() && talk.cut.is_empty(), "{what}: {:?}", talk.cut);
    let pauses: Vec<Duration> = talk
        .spoken
        .windows(2)
        .filter(|pair| pair[0] >= before)
        .map(|pair| pair[1] - pair[0])
        .filter(|gap| *gap > Duration::from_millis(60))
        .collect();
    println!("{what}: pauses of {pauses:?}");
    assert!(pauses.len() <= most_pauses, "{what}: {pauses:?}");
    assert!(
        pauses.iter().all(|pause| *pause <= Duration::from_millis(700)),
        "{what}: {pauses:?}"
    );
}

/// A nasal buzz that swells, so many ms long.
fn hum(ms: usize) -> Vec<i16> {
    let samples = ms * SAMPLES_A_MS / HEARD_FRAME * HEARD_FRAME;
    let (mut phase, mut low) = (0.0f32, 0.0f32);
    (0..samples)
        .map(|at| {
            phase = (phase + 140.0 / 16_000.0).fract();
            low += 0.15 * (1.0 - 2.0 * phase - low);
            let swell = (at as f32 / samples as f32 * std::f32::consts::PI).sin();
            (low * swell * 14_000.0) as i16
        })
        .collect()
}

/// A burst of noise that decays.
fn cough() -> Vec<i16> {
    let mut random = SmallRng::seed_from_u64(8);
    (0..16 * 260)
        .map(|at| {
            let loud = 9_000.0 * (-f64::from(at) / 1_600.0).exp();
            (random.random_range(-1.0..1.0) * loud) as i16
        })
        .collect()
}

#[test]
fn a_hum_or_a_cough_costs_the_agent_a_short_pause_and_no_word() {
    for ms in [180, 240, 300] {
        assert_ridden_over(&format!("a hum of {ms} ms"), &hum(ms), 1);
    }
    assert_ridden_over("a cough", &cough(), 1);
}
