//! Packs recordings and pronunciations for `tests/recognition.rs`, so that the test needs neither Debian's sounds nor espeak-ng.
//!
//! `cargo run -p colloquy-agents --example pack_clips -- <language> <index.tsv> <directory of .raw> <output directory>`
//!
//! The index has lines of `name<tab>text`, with the name `-` for a text without a recording. A clip is a sequence of Opus packets
//! of 20 ms, each after its length (`u16`, little-endian).

use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

use colloquy_agents::acoustic::{Pronouncer, courtesy};
use colloquy_agents::language::Language;
use opus::{Application, Bitrate, Channels, Encoder};

const FRAME: usize = 320;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [language, index, input, output] = arguments.as_slice() else {
        return Err(io::Error::other("language, index, input and output are needed"));
    };
    let language = Language::parse(language).ok_or_else(|| io::Error::other("unknown language"))?;
    let index = fs::read_to_string(index)?;
    let before = courtesy::before(language).iter().map(|before| before.text());
    let around = before.chain(courtesy::after(language).iter().copied());
    let rows: Vec<(&str, &str)> = index
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .chain(around.map(|text| ("-", text)))
        .collect();
    let texts: Vec<&str> = rows.iter().map(|(_, text)| *text).collect();
    let spoken = Pronouncer::new()
        .pronounce(language, &texts)
        .map_err(io::Error::other)?;

    let clips = Path::new(output).join(language.tag());
    fs::create_dir_all(&clips)?;
    let mut table = String::new();
    for ((name, text), words) in rows.iter().zip(&spoken) {
        let ipa: Vec<&str> = words.iter().map(|word| word.ipa.as_str()).collect();
        writeln!(table, "{name}\t{text}\t{}", ipa.join(" ")).map_err(io::Error::other)?;
        if *name != "-" {
            let raw = fs::read(Path::new(input).join(format!("{name}.raw")))?;
            fs::write(
                clips.join(format!("{name}.opus")),
                encode(&raw).map_err(io::Error::other)?,
            )?;
        }
    }
    fs::write(Path::new(output).join(format!("{}.tsv", language.tag())), table)
}

fn encode(raw: &[u8]) -> opus::Result<Vec<u8>> {
    let mut encoder = Encoder::new(16_000, Channels::Mono, Application::Voip)?;
    encoder.set_bitrate(Bitrate::Bits(24_000))?;
    let mut packed = Vec::new();
    for frame in raw.chunks(2 * FRAME) {
        let mut pcm = [0i16; FRAME];
        for (sample, bytes) in pcm.iter_mut().zip(frame.chunks_exact(2)) {
            *sample = i16::from_le_bytes([bytes[0], bytes[1]]);
        }
        let mut packet = [0u8; 400];
        let length = encoder.encode(&pcm, &mut packet)?;
        packed.extend((length as u16).to_le_bytes());
        packed.extend(&packet[..length]);
    }
    Ok(packed)
}
