//! When a turn ends: not at a pause inside a clause, and soon after a whole answer.

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::acoustic::{Expectation, time_words};
use colloquy_agents::engine::Fit;
use colloquy_agents::language::Language;
use colloquy_media::HEARD_FRAME;
use colloquy_media::turn::EndReason;

use crate::LISTED;
use crate::corpus::{Corpus, decoded, expected, noise};
use crate::line::Line;
use crate::network::Conditions;

/// Pauses that are put in, in ms.
const PAUSES: [usize; 3] = [500, 1_000, 1_500];

fn line_for(corpus: &Corpus, clip: usize) -> Line {
    let phrases = expected(&corpus.among(clip, LISTED));
    let expectation = Expectation::prepare(&corpus.pronouncer, corpus.language, &phrases).unwrap();
    Line::new(Arc::new(expectation), Conditions::CLEAN, clip as u64)
}

#[test]
fn a_pause_inside_a_clause_does_not_end_the_turn() {
    let (mut pauses, mut seen, mut right) = (0, 0, 0);
    for language in [Language::English, Language::Spanish] {
        let corpus = Corpus::read(language);
        for (number, clip) in corpus.clips().into_iter().enumerate() {
            let sound = decoded(&corpus.rows[clip].file);
            let words = time_words(&corpus.pronouncer, &sound, &corpus.rows[clip].text, language).unwrap();
            if words.len() < 4 {
                continue;
            }
            // Between two words in the middle.
            let middle = words.len() / 2;
            let at = (words[middle - 1].end + words[middle].start) / 2;
            let at = at.as_millis() as usize * 16;
            let pause = PAUSES[number % PAUSES.len()];
            let mut line = line_for(&corpus, clip);
            line.speak(&noise(16_000))
                .speak(&sound[..at])
                .speak(&noise(pause * 16))
                .speak(&sound[at..])
                .speak(&noise(4 * 16_000));
            pauses += 1;
            let views: Vec<Fit> = line.turns.iter().flat_map(|turn| turn.views.clone()).collect();
            if views.first() != Some(&Fit::Beginning) {
                println!("{} | {pause} ms after word {middle}: {views:?}", corpus.rows[clip].text);
                continue;
            }
            seen += 1;
            let text = &corpus.rows[clip].text;
            assert_eq!(line.turns.len(), 1, "{text}, {pause} ms: {:?}", line.turns);
            right += usize::from(line.turns[0].transcript.phrase == Some(0));
        }
    }
    println!("{seen} of {pauses} pauses were seen as beginnings and held; {right} answers right after them");
    // Most pauses must be seen for what they are, or nothing was tested.
    assert!(pauses >= 40 && seen * 100 >= pauses * 80, "{seen} of {pauses}");
    assert!(right * 100 >= seen * 95, "{right} of {seen}");
}

#[test]
fn a_complete_answer_ends_the_turn_after_at_most_200_ms_of_silence() {
    let (mut clips, mut complete) = (0, 0);
    let mut longest = Duration::ZERO;
    for language in [Language::English, Language::Spanish] {
        let corpus = Corpus::read(language);
        for clip in corpus.clips() {
            let mut line = line_for(&corpus, clip);
            let mut sound = decoded(&corpus.rows[clip].file);
            sound.truncate(sound.len() / HEARD_FRAME * HEARD_FRAME);
            line.speak(&noise(16_000)).speak(&sound).speak(&noise(4 * 16_000));
            clips += 1;
            let [turn] = line.turns.as_slice() else {
                println!("{}: {:?}", corpus.rows[clip].text, line.turns);
                continue;
            };
            if turn.reason != EndReason::Complete {
                println!("{}: {turn:?}", corpus.rows[clip].text);
                continue;
            }
            complete += 1;
            longest = longest.max(turn.silence);
            assert!(
                turn.silence <= Duration::from_millis(200),
                "{}: {turn:?}",
                corpus.rows[clip].text
            );
        }
    }
    println!("{complete} of {clips} answers were complete, after at most {longest:?} of silence");
    assert!(complete * 100 >= clips * 95, "{complete} of {clips}");
}
