use proptest::prelude::*;

use super::*;

/// A tone of 440 Hz in every kind of file, made by ffmpeg: see tests/data/sound/README.md.
const FILES: [(&str, &[u8], u32, f64); 11] = [
    file(
        "stereo-48k.mp3",
        include_bytes!("../../../tests/data/sound/stereo-48k.mp3"),
        48_000,
        1.5,
    ),
    file(
        "tagged-22k.mp3",
        include_bytes!("../../../tests/data/sound/tagged-22k.mp3"),
        22_050,
        1.5,
    ),
    file(
        "live.webm",
        include_bytes!("../../../tests/data/sound/live.webm"),
        48_000,
        1.5,
    ),
    file(
        "stereo.webm",
        include_bytes!("../../../tests/data/sound/stereo.webm"),
        48_000,
        1.5,
    ),
    file(
        "vorbis.webm",
        include_bytes!("../../../tests/data/sound/vorbis.webm"),
        48_000,
        1.5,
    ),
    file(
        "opus.ogg",
        include_bytes!("../../../tests/data/sound/opus.ogg"),
        48_000,
        1.5,
    ),
    file(
        "vorbis.ogg",
        include_bytes!("../../../tests/data/sound/vorbis.ogg"),
        44_100,
        1.5,
    ),
    file(
        "stereo-48k.wav",
        include_bytes!("../../../tests/data/sound/stereo-48k.wav"),
        48_000,
        0.25,
    ),
    file(
        "high-96k.wav",
        include_bytes!("../../../tests/data/sound/high-96k.wav"),
        48_000,
        0.25,
    ),
    file(
        "piped-16k.wav",
        include_bytes!("../../../tests/data/sound/piped-16k.wav"),
        16_000,
        0.25,
    ),
    file(
        "float-8k.wav",
        include_bytes!("../../../tests/data/sound/float-8k.wav"),
        8_000,
        0.25,
    ),
];

const fn file(
    name: &'static str,
    bytes: &'static [u8],
    rate: u32,
    seconds: f64,
) -> (&'static str, &'static [u8], u32, f64) {
    (name, bytes, rate, seconds)
}

fn named(name: &str) -> &'static [u8] {
    FILES.iter().find(|file| file.0 == name).unwrap().1
}

/// The frequency of a tone, from how often it crosses zero, its ends left out.
fn frequency(sound: &Sound) -> f64 {
    let edge = sound.rate as usize / 20;
    let middle = &sound.samples[edge..sound.samples.len() - edge];
    let crossings = middle.windows(2).filter(|pair| (pair[0] < 0) != (pair[1] < 0)).count();
    crossings as f64 / 2.0 / (middle.len() as f64 / f64::from(sound.rate))
}

#[test]
fn every_kind_of_file_gives_its_tone_as_mono() {
    for (name, bytes, rate, seconds) in FILES {
        let sound = decode(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(sound.rate, rate, "{name}");
        let length = sound.duration().as_secs_f64();
        assert!((length - seconds).abs() < 0.07, "{name}: {length} s");
        let tone = frequency(&sound);
        assert!((430.0..450.0).contains(&tone), "{name}: {tone} Hz");
        assert_eq!(decode_or_raw(bytes), Ok(sound), "{name}");
    }
}

#[test]
fn what_a_browser_records_is_heard() {
    let recorded = include_bytes!("../../../tests/data/sound/answer.webm");
    let sound = decode(recorded).unwrap();
    assert_eq!(sound.rate, 48_000);
    let length = sound.duration().as_secs_f64();
    assert!((3.0..4.0).contains(&length), "{length} s");
    let loudest = sound.samples.iter().map(|sample| sample.unsigned_abs()).max();
    assert!(loudest > Some(8_000), "{loudest:?}");
}

#[test]
fn a_file_that_breaks_off_is_heard_as_far_as_it_goes() {
    for (name, bytes, _, seconds) in FILES {
        let sound = decode(&bytes[..bytes.len() * 2 / 3]).unwrap_or_else(|error| panic!("{name}: {error}"));
        let length = sound.duration().as_secs_f64();
        assert!((seconds * 0.25..seconds).contains(&length), "{name}: {length} s");
    }
}

#[test]
fn no_truncation_of_a_file_breaks_anything() {
    for (_, bytes, ..) in FILES {
        for length in (0..bytes.len().min(600)).chain((600..bytes.len()).step_by(211)) {
            let _ = decode(&bytes[..length]);
        }
    }
}

#[test]
fn a_wav_file_whose_writer_knew_no_length_is_read_to_its_end() {
    let whole = decode(named("stereo-48k.wav")).unwrap();
    let data = named("stereo-48k.wav")
        .windows(4)
        .position(|window| window == b"data")
        .unwrap();
    for (riff, length) in [(0, 0), (u32::MAX, u32::MAX), (0x7FFF_F000, 0x7FFF_F000), (36, 0)] {
        let mut piped = named("stereo-48k.wav").to_vec();
        piped[4..8].copy_from_slice(&u32::to_le_bytes(riff));
        piped[data + 4..data + 8].copy_from_slice(&u32::to_le_bytes(length));
        assert_eq!(decode(&piped).as_ref(), Ok(&whole), "{riff} {length}");
    }
}

#[test]
fn what_is_no_sound_is_refused_with_a_reason() {
    for bytes in [
        b"".as_slice(),
        b"This is no sound.",
        b"%PDF-1.7",
        b"\xFF\xFB\x90\x00 and no second frame",
        b"OggX",
    ] {
        assert_eq!(decode(bytes), Err(DecodeError::UnknownFormat), "{bytes:?}");
    }
    for bytes in [
        b"RIFF\x04\0\0\0WAVE".as_slice(),
        b"\x1A\x45\xDF\xA3\x9F\x42\x86\x81",
        b"OggS\0\x02\0\0\0\0",
        b"ID3\x04\0\0\0\0\0\x02ab\xFF\xFB\x90\x64",
    ] {
        let error = decode(bytes).unwrap_err();
        assert!(!matches!(error, DecodeError::UnknownFormat), "{bytes:?}: {error}");
    }
    let silent = colloquy_agents::wav::encode(&[], 16_000);
    assert_eq!(decode(&silent), Err(DecodeError::Empty));
}

#[test]
fn a_file_is_known_by_its_beginning_whole_or_broken() {
    for (name, bytes, _, _) in FILES {
        assert!(is_begun(bytes) && is_begun(&bytes[..4]), "{name}");
    }
    for bytes in [
        b"".as_slice(),
        b"This is no sound.",
        b"%PDF-1.7",
        b"OggX",
        b"\xFF",
        b"\xFF\xDB",
    ] {
        assert!(!is_begun(bytes), "{bytes:?}");
    }
}

#[test]
fn too_many_bytes_and_too_much_sound_are_refused() {
    let long = colloquy_agents::wav::encode(&vec![1; 8_000 * 601], 8_000);
    assert_eq!(decode(&long), Err(DecodeError::TooLong));
    let long = colloquy_agents::wav::encode(&vec![1; 8_000 * 599], 8_000);
    assert_eq!(decode(&long).unwrap().duration(), Duration::from_secs(599));
    let mut large = named("stereo-48k.wav").to_vec();
    large.resize(UPLOAD_LIMIT, 0);
    assert!(decode(&large).is_ok());
    large.push(0);
    assert_eq!(decode(&large), Err(DecodeError::TooLarge));
    assert_eq!(
        decode_or_raw(&vec![0; UPLOAD_LIMIT]).unwrap().duration(),
        Duration::from_micros(327_680_000)
    );
}

#[test]
fn headerless_samples_are_read_where_they_are_allowed() {
    // The first two bytes look like an MP3 frame.
    let samples = [-1_025i16, 144, 300, -7];
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    assert_eq!(decode(&bytes), Err(DecodeError::UnknownFormat));
    let sound = decode_or_raw(&bytes).unwrap();
    assert_eq!((sound.samples.as_slice(), sound.rate), (&samples[..], 16_000));
    assert_eq!(decode_or_raw(b"x"), Err(DecodeError::Empty));
}

#[tokio::test]
async fn files_are_decoded_elsewhere_just_the_same() {
    let elsewhere = decode_elsewhere(named("live.webm")).await;
    assert_eq!(elsewhere, decode(named("live.webm")));
    assert_eq!(decode_or_raw_elsewhere(vec![1, 0]).await.unwrap().samples, [1]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn arbitrary_bytes_are_decoded_or_refused(bytes: Vec<u8>, mark in prop::sample::select(vec![
        b"".as_slice(), b"RIFF\xFF\xFF\xFF\xFFWAVEfmt ", b"OggS\0\x02", b"\x1A\x45\xDF\xA3", b"ID3\x04\0\0", b"\xFF\xFB\x90\x64",
    ])) {
        let mut file = mark.to_vec();
        file.extend(bytes);
        let _ = decode(&file);
        let _ = decode_or_raw(&file);
    }

    #[test]
    fn damaged_files_are_decoded_or_refused(
        index in 0..FILES.len(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        at_start: bool,
    ) {
        let mut bytes = FILES[index].1.to_vec();
        let reach = if at_start { bytes.len().min(400) } else { bytes.len() };
        for (at, value) in damage {
            bytes[at.index(reach)] = value;
        }
        if let Ok(sound) = decode(&bytes) {
            prop_assert!(!sound.samples.is_empty());
            prop_assert!((8_000..=48_000).contains(&sound.rate));
        }
    }
}
