//! How often the melody at the end of a sentence is told, and what it is taken for.

use colloquy_agents::assessment::speech::contour::Contour;
use colloquy_agents::assessment::speech::{Pattern, Utterance, intonation};

use crate::corpus::Corpus;

/// What became of the statements of a language: sentences that end with a full stop, all of them said by professionals.
#[derive(Default)]
pub struct Melodies {
    pub statements: usize,
    pub scored: usize,
    pub falling: usize,
    pub level: usize,
    pub rising: usize,
    /// Scores of those that are scored.
    pub scores: Vec<u8>,
}

impl Melodies {
    /// Judges all statements.
    pub fn run(corpus: &Corpus) -> Self {
        let mut melodies = Self::default();
        for clip in corpus.clips.iter().filter(|clip| clip.text.ends_with('.')) {
            let pcm = clip.in_quiet();
            melodies.statements += 1;
            let Some(measured) = Utterance::of(&pcm).measure(&clip.words, corpus.language) else {
                continue;
            };
            let told = intonation::judge(
                &Contour::of(&pcm),
                &measured.reading,
                &clip.words,
                &clip.text,
                corpus.language,
            );
            melodies.scored += usize::from(told.score.is_some());
            melodies.scores.extend(told.score);
            match told.pattern {
                Some(Pattern::Falling) => melodies.falling += 1,
                Some(Pattern::Level) => melodies.level += 1,
                Some(Pattern::Rising) => melodies.rising += 1,
                None => {}
            }
        }
        melodies
    }
}
