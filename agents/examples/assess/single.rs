//! One recording, assessed and told as JSON.

use std::io;
use std::path::Path;

use colloquy_agents::acoustic::Pronouncer;
use colloquy_agents::assessment::speech::assess;
use colloquy_agents::language::Language;

/// Prints how `text` is said in a WAV file of 16 kHz.
pub fn print(file: &Path, language: &str, text: &str) -> io::Result<()> {
    let language = Language::parse(language).ok_or_else(|| io::Error::other("unknown language"))?;
    let mut reader = hound::WavReader::open(file).map_err(io::Error::other)?;
    let spec = reader.spec();
    if (spec.sample_rate, spec.channels, spec.bits_per_sample) != (16_000, 1, 16) {
        return Err(io::Error::other("a WAV file of 16 kHz, mono, 16 bits is needed"));
    }
    let pcm: Vec<i16> = reader.samples().collect::<Result<_, _>>().map_err(io::Error::other)?;
    let assessment = assess(&Pronouncer::new(), &pcm, text, language).map_err(io::Error::other)?;
    let json = serde_json::to_string_pretty(&assessment)?;
    println!("{json}");
    Ok(())
}
