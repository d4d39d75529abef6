//! The melody at the end of a sentence: statements that people say fall, and what exercises have the learner listen to does what they
//! teach.

use colloquy_agents::acoustic::Pronouncer;
use colloquy_agents::assessment::speech::assess;
use colloquy_agents::engine::{Pace, SpeakRequest, Tts};
use colloquy_agents::exercises::{Difficulty, Exercises, Items};
use colloquy_agents::language::Language;
use colloquy_agents::scenario::Level;
use colloquy_agents::tts::embedded::EmbeddedTts;
use colloquy_agents::tts::espeak::Espeak;
use colloquy_agents::tts::flite::Flite;
use colloquy_media::resample::Resampler;
use futures::StreamExt;

use crate::melody::Melodies;
use crate::read;

const RATE: u32 = 16_000;
/// What whoever says a sentence as the voice does has to be given.
const GOOD: u8 = 70;

fn assert_statements_fall(language: Language) {
    let melodies = Melodies::run(&read(language));
    let falling = melodies.falling as f64 / melodies.statements as f64;
    let good = melodies.scores.iter().filter(|score| **score >= 60).count();
    println!(
        "{language}: {} of {} fall, {good} score 60 and more",
        melodies.falling, melodies.statements
    );
    assert!(melodies.statements >= 24 && falling >= 0.95, "{language}: {falling}");
    assert!(good as f64 >= 0.95 * melodies.statements as f64, "{language}: {good}");
}

#[test]
fn statements_that_women_say_fall() {
    for language in [Language::English, Language::Spanish, Language::French] {
        assert_statements_fall(language);
    }
}

#[test]
fn statements_of_a_man_who_falls_by_more_than_an_octave_fall() {
    assert_statements_fall(Language::Italian);
}

async fn say(voice: &EmbeddedTts, request: SpeakRequest) -> Vec<i16> {
    let mut speech = voice.speak(request);
    let (mut pcm, mut rate) = (Vec::new(), RATE);
    while let Some(chunk) = speech.next().await {
        let chunk = chunk.expect("espeak-ng is installed");
        rate = chunk.rate;
        pcm.extend_from_slice(&chunk.pcm);
    }
    let (mut resampler, mut sound) = (Resampler::new(rate, RATE).unwrap(), vec![0; 4_800]);
    resampler.push(&pcm, &mut sound);
    resampler.flush(&mut sound);
    sound.extend([0; 3_200]);
    sound
}

/// Whoever says a sentence exactly as the exercise's voice does has said it as the exercise asks.
#[tokio::test]
async fn what_exercises_have_to_be_listened_to_passes_as_what_they_teach() {
    let voice = EmbeddedTts::new(Flite::new().ok(), Espeak::detect().await);
    let (exercises, pronouncer) = (Exercises::built_in(), Pronouncer::new());
    let mut wrong = Vec::new();
    // Those that espeak-ng pronounces for the judge.
    for language in Language::ALL.into_iter().filter(|language| language.is_spaced()) {
        let mut count = 0;
        for exercise in exercises.list(language, None, Difficulty::Any) {
            let Items::Sentences(sentences) = &exercise.items else {
                continue;
            };
            for sentence in sentences {
                let pace = match exercise.difficulty {
                    Level::Beginner => Pace::Slow,
                    _ => Pace::Natural,
                };
                let request = SpeakRequest {
                    language,
                    text: sentence.text.clone(),
                    pace,
                    melody: Some(sentence.melody),
                };
                let pcm = say(&voice, request).await;
                let told = assess(&pronouncer, &pcm, &sentence.text, language).expect("espeak-ng is installed");
                count += 1;
                let told = told.intonation;
                if told.score.is_none_or(|score| score < GOOD) {
                    wrong.push(format!(
                        "{language}: {} {:?} {:?} {:.1?} {:.1?}",
                        sentence.text, sentence.melody, told.score, told.movement, told.range
                    ));
                }
            }
        }
        assert!(count >= 15, "{language}: {count}");
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
