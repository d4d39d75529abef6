//! Recorded speech (see data/README.md) and sounds made for tests, 16 kHz.

use colloquy_media::HEARD_FRAME;
use colloquy_media::codec::Decoder;
use colloquy_media::level::dbov;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// The recordings by name.
pub const CLIPS: [(&str, &[u8]); 12] = [
    ("en-agent-incorrect", include_bytes!("../data/en-agent-incorrect.opus")),
    ("en-auth-incorrect", include_bytes!("../data/en-auth-incorrect.opus")),
    ("en-conf-getpin", include_bytes!("../data/en-conf-getpin.opus")),
    ("en-pbx-invalidpark", include_bytes!("../data/en-pbx-invalidpark.opus")),
    (
        "en-queue-youarenext",
        include_bytes!("../data/en-queue-youarenext.opus"),
    ),
    ("en-ss-noservice", include_bytes!("../data/en-ss-noservice.opus")),
    ("en-vm-intro", include_bytes!("../data/en-vm-intro.opus")),
    ("es-agent-incorrect", include_bytes!("../data/es-agent-incorrect.opus")),
    ("es-auth-incorrect", include_bytes!("../data/es-auth-incorrect.opus")),
    ("es-conf-getpin", include_bytes!("../data/es-conf-getpin.opus")),
    ("es-pbx-invalidpark", include_bytes!("../data/es-pbx-invalidpark.opus")),
    (
        "es-queue-youarenext",
        include_bytes!("../data/es-queue-youarenext.opus"),
    ),
];

/// The recording of a name.
pub fn clip(name: &str) -> Vec<i16> {
    let (_, file) = CLIPS
        .iter()
        .find(|clip| clip.0 == name)
        .expect("the clip is in the list");
    decode(file)
}

/// Decodes an Ogg Opus file (RFC 7845) whose packets end with their pages or go on in the next.
pub fn decode(file: &[u8]) -> Vec<i16> {
    let mut packets = Vec::new();
    let mut packet = Vec::new();
    let mut rest = file;
    while rest.starts_with(b"OggS") {
        let segments = usize::from(rest[26]);
        let (table, mut body) = rest[27..].split_at(segments);
        for &length in table {
            packet.extend_from_slice(&body[..usize::from(length)]);
            body = &body[usize::from(length)..];
            if length < 255 {
                packets.push(std::mem::take(&mut packet));
            }
        }
        rest = body;
    }
    let mut decoder = Decoder::new().unwrap();
    // The first two packets are headers.
    let mut sound: Vec<i16> = packets[2..]
        .iter()
        .flat_map(|packet| decoder.decode(packet).unwrap().to_vec())
        .collect();
    // The prompts end in faint noise of their own; the tests add silence where they need it.
    sound.truncate(sound.len() / HEARD_FRAME * HEARD_FRAME);
    sound
}

/// Which frames of a clean recording are speech: within 30 dB of its loud parts, gaps of up to 100 ms included.
pub fn labels(sound: &[i16]) -> Vec<bool> {
    let levels: Vec<f32> = sound.chunks_exact(HEARD_FRAME).map(dbov).collect();
    let mut sorted = levels.clone();
    sorted.sort_by(f32::total_cmp);
    let gate = (sorted[sorted.len() * 95 / 100] - 30.0).max(-58.0);
    let mut labels: Vec<bool> = levels.iter().map(|&level| level > gate).collect();
    let mut last = None;
    for n in 0..labels.len() {
        if labels[n] {
            if let Some(last) = last.filter(|&last| n - last <= 6) {
                labels[last..n].fill(true);
            }
            last = Some(n);
        }
    }
    labels
}

/// A recording without the silence around its speech.
pub fn trimmed(name: &str) -> Vec<i16> {
    let sound = clip(name);
    let labels = labels(&sound);
    let first = labels.iter().position(|&speech| speech).unwrap();
    let last = labels.iter().rposition(|&speech| speech).unwrap();
    sound[first * HEARD_FRAME..(last + 1) * HEARD_FRAME].to_vec()
}

/// So many ms of a room: faint noise at about -70 dBov.
pub fn room(ms: usize) -> Vec<i16> {
    noise(ms, -70.0, 7)
}

/// White noise of a level in dBov.
pub fn noise(ms: usize, dbov: f32, seed: u64) -> Vec<i16> {
    let mut random = SmallRng::seed_from_u64(seed);
    // The peak of uniform noise is sqrt(3) above its root mean square.
    let peak = 10f32.powf(dbov / 20.0) * 32_768.0 * 3f32.sqrt();
    (0..ms * 16)
        .map(|_| random.random_range(-peak..=peak).round() as i16)
        .collect()
}

/// A hummed "mhm": a nasal buzz at 140 Hz, low-passed, in two swells, so many ms long.
pub fn mhm(ms: usize) -> Vec<i16> {
    let samples = ms * 16;
    let mut phase = 0.0f32;
    let (mut first, mut second) = (0.0f32, 0.0f32);
    (0..samples)
        .map(|n| {
            let part = n as f32 / samples as f32;
            phase = (phase + (140.0 + 30.0 * part) / 16_000.0).fract();
            let swell = (part * std::f32::consts::TAU).sin().abs().max(0.3);
            // Two poles at about 400 Hz: lips closed.
            first += 0.15 * ((1.0 - 2.0 * phase) - first);
            second += 0.15 * (first - second);
            (second * swell * 12_000.0) as i16
        })
        .collect()
}
