//! Recordings of people with their texts and pronunciations, as `examples/pack_clips.rs` packs them.

use std::path::Path;
use std::{fs, io};

use colloquy_agents::acoustic::SpokenWord;
use colloquy_agents::assessment::speech::distinction::narrowed;
use colloquy_agents::language::Language;
use opus::{Channels, Decoder};

/// The recordings of one language.
pub struct Corpus {
    pub language: Language,
    pub clips: Vec<Clip>,
}

/// One recording.
pub struct Clip {
    pub text: String,
    pub words: Vec<SpokenWord>,
    /// Mono, 16 kHz, as it was recorded.
    pub pcm: Vec<i16>,
}

impl Corpus {
    /// The packed recordings of a language in a directory.
    pub fn read(directory: &Path, language: Language) -> io::Result<Self> {
        let table = fs::read_to_string(directory.join(format!("{}.tsv", language.tag())))?;
        let mut clips = Vec::new();
        for line in table.lines() {
            let mut fields = line.split('\t');
            let (Some(name), Some(text), Some(ipa)) = (fields.next(), fields.next(), fields.next()) else {
                return Err(io::Error::other(format!("not a row: {line}")));
            };
            // Texts without a recording.
            if name == "-" {
                continue;
            }
            let words = text
                .split_whitespace()
                .filter(|word| word.chars().any(char::is_alphanumeric))
                .zip(ipa.split(' '))
                .map(|(word, ipa)| SpokenWord::from_ipa(word, ipa));
            clips.push(Clip {
                text: text.to_owned(),
                words: narrowed(&words.collect::<Vec<_>>(), language),
                pcm: decode(&fs::read(directory.join(language.tag()).join(format!("{name}.opus")))?)
                    .map_err(io::Error::other)?,
            });
        }
        Ok(Self { language, clips })
    }
}

impl Clip {
    /// Between the 300 ms before and 200 ms after it that voice activity detection keeps, in a quiet room.
    pub fn in_quiet(&self) -> Vec<i16> {
        in_quiet(&self.pcm)
    }

    /// The same up to a frame of 10 ms, where the speaker stops.
    #[allow(dead_code, reason = "not all who read recordings stop them")]
    pub fn until(&self, frame: usize) -> Vec<i16> {
        let end = (frame * 160).saturating_sub(BEFORE).min(self.pcm.len());
        in_quiet(&self.pcm[..end])
    }

    /// The same in white noise, so many dB below the recording.
    pub fn in_noise(&self, snr_db: f64) -> Vec<i16> {
        let power = self.pcm.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / self.pcm.len() as f64;
        let deviation = (power / 10f64.powf(snr_db / 10.0)).sqrt();
        let mut noise = Noise(self.pcm.len() as u32);
        self.in_quiet()
            .iter()
            .map(|&sample| {
                // The sum of twelve uniform numbers has variance 1 and is as good as normal.
                let sum: f64 = (0..12).map(|_| f64::from(noise.next() >> 8) / f64::from(1 << 24)).sum();
                (f64::from(sample) + (sum - 6.0) * deviation).round() as i16
            })
            .collect()
    }
}

/// Samples of a quiet room before what is said, and after it.
const BEFORE: usize = 4800;
const AFTER: usize = 3200;

fn in_quiet(pcm: &[i16]) -> Vec<i16> {
    let mut noise = Noise(1);
    let mut hiss = |count: usize| (0..count).map(|_| (noise.next() >> 28) as i16 - 8).collect::<Vec<_>>();
    [hiss(BEFORE), pcm.to_vec(), hiss(AFTER)].concat()
}

/// Numbers that are the same in every run: Numerical Recipes' generator, whose upper bits are random enough.
pub struct Noise(pub u32);

impl Noise {
    pub fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0
    }

    /// One of `items`.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[((u64::from(self.next()) * items.len() as u64) >> 32) as usize]
    }
}

fn decode(packed: &[u8]) -> opus::Result<Vec<i16>> {
    let mut decoder = Decoder::new(16_000, Channels::Mono)?;
    let mut sound = Vec::new();
    let mut rest = packed;
    while let [low, high, packets @ ..] = rest {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let (packet, after) = packets.split_at(length.min(packets.len()));
        let mut pcm = [0i16; 320];
        decoder.decode(packet, &mut pcm, false)?;
        sound.extend(pcm);
        rest = after;
    }
    Ok(sound)
}
