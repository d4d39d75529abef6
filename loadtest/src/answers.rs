//! What callers say: recordings from a folder, lines of a file, or the answers that come along, in the built-in voice.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::clip::{Clip, ClipError, Voice};

/// Why there is nothing to say.
#[derive(Debug, thiserror::Error)]
pub enum AnswersError {
    /// A file can't be read.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A recording is none.
    #[error("{path}: {error}")]
    Recording {
        /// Which.
        path: PathBuf,
        /// Why.
        error: ClipError,
    },
    /// A text can't be said.
    #[error("{0}")]
    Voice(#[from] ClipError),
    /// No answers come along for the scenario in that language.
    #[error("no answers come with this program for {0} in {1}: give --answers FILE or --voices DIR")]
    Unknown(String, String),
    /// The built-in voice doesn't speak the language.
    #[error("no built-in voice speaks {0}: give --voices DIR")]
    NoVoice(String),
    /// There is not a single one.
    #[error("there are no answers")]
    None,
}

/// The answers that come along: scenario, language, one answer a line.
const BUILT_IN: &[(&str, &str, &str)] = &[
    (
        "restaurant",
        "english",
        include_str!("../answers/restaurant.english.txt"),
    ),
    ("restaurant", "french", include_str!("../answers/restaurant.french.txt")),
    (
        "restaurant",
        "spanish",
        include_str!("../answers/restaurant.spanish.txt"),
    ),
    ("restaurant", "german", include_str!("../answers/restaurant.german.txt")),
    (
        "restaurant",
        "italian",
        include_str!("../answers/restaurant.italian.txt"),
    ),
    (
        "coffee_shop",
        "english",
        include_str!("../answers/coffee_shop.english.txt"),
    ),
    (
        "coffee_shop",
        "french",
        include_str!("../answers/coffee_shop.french.txt"),
    ),
    (
        "coffee_shop",
        "spanish",
        include_str!("../answers/coffee_shop.spanish.txt"),
    ),
    (
        "coffee_shop",
        "german",
        include_str!("../answers/coffee_shop.german.txt"),
    ),
    (
        "coffee_shop",
        "italian",
        include_str!("../answers/coffee_shop.italian.txt"),
    ),
    (
        "hotel_reservation",
        "english",
        include_str!("../answers/hotel_reservation.english.txt"),
    ),
    (
        "hotel_reservation",
        "french",
        include_str!("../answers/hotel_reservation.french.txt"),
    ),
    (
        "hotel_reservation",
        "spanish",
        include_str!("../answers/hotel_reservation.spanish.txt"),
    ),
    (
        "hotel_reservation",
        "german",
        include_str!("../answers/hotel_reservation.german.txt"),
    ),
    (
        "hotel_reservation",
        "italian",
        include_str!("../answers/hotel_reservation.italian.txt"),
    ),
    (
        "train_station",
        "english",
        include_str!("../answers/train_station.english.txt"),
    ),
    (
        "train_station",
        "french",
        include_str!("../answers/train_station.french.txt"),
    ),
    (
        "train_station",
        "spanish",
        include_str!("../answers/train_station.spanish.txt"),
    ),
    (
        "train_station",
        "german",
        include_str!("../answers/train_station.german.txt"),
    ),
    (
        "train_station",
        "italian",
        include_str!("../answers/train_station.italian.txt"),
    ),
];

/// What is said: by scenario and language, or from a file.
pub fn spoken(scenario: &str, language: &str, file: Option<&Path>) -> Result<Vec<Arc<Clip>>, AnswersError> {
    let text = match file {
        Some(path) => fs::read_to_string(path).map_err(|error| AnswersError::File {
            path: path.to_owned(),
            error,
        })?,
        None => built_in(scenario, language)
            .ok_or_else(|| AnswersError::Unknown(scenario.to_owned(), language.to_owned()))?
            .to_owned(),
    };
    let voice = Voice::of(language).ok_or_else(|| AnswersError::NoVoice(language.to_owned()))?;
    let clips = lines(&text).map(|line| Ok(Arc::new(Clip::spoken(line, voice)?)));
    some(clips.collect::<Result<_, AnswersError>>()?)
}

/// Recordings: every WAV file of a folder, in the order of their names. A text file of the same name says what is said; without
/// one the name does.
pub fn recorded(folder: &Path) -> Result<Vec<Arc<Clip>>, AnswersError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| AnswersError::File { path, error }
    };
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>())
        .map_err(failed(folder))?;
    files.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("wav"))
    });
    files.sort();
    let clip = |path: &PathBuf| {
        let beside = path.with_extension("txt");
        let text = match beside.is_file() {
            true => fs::read_to_string(&beside).map_err(failed(&beside))?.trim().to_owned(),
            false => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        };
        let bytes = fs::read(path).map_err(failed(path))?;
        let clip = Clip::of_wav(&text, &bytes).map_err(|error| AnswersError::Recording {
            path: path.clone(),
            error,
        })?;
        Ok(Arc::new(clip))
    };
    some(files.iter().map(clip).collect::<Result<_, AnswersError>>()?)
}

fn some(clips: Vec<Arc<Clip>>) -> Result<Vec<Arc<Clip>>, AnswersError> {
    match clips.is_empty() {
        true => Err(AnswersError::None),
        false => Ok(clips),
    }
}

fn built_in(scenario: &str, language: &str) -> Option<&'static str> {
    let known = BUILT_IN
        .iter()
        .find(|(each, spoken, _)| *each == scenario && *spoken == language);
    known.map(|(_, _, text)| *text)
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All texts of a piece of TOML.
    fn texts(value: &toml::Value, into: &mut Vec<String>) {
        match value {
            toml::Value::String(text) => into.push(text.clone()),
            toml::Value::Array(values) => values.iter().for_each(|value| texts(value, into)),
            toml::Value::Table(table) => table.values().for_each(|value| texts(value, into)),
            _ => {}
        }
    }

    #[test]
    fn what_comes_along_is_what_the_content_expects() {
        let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../content/scenarios");
        for (scenario, language, text) in BUILT_IN {
            let content = fs::read_to_string(scenarios.join(format!("{scenario}.toml"))).expect("a scenario");
            let content: toml::Value = toml::from_str(&content).expect("TOML");
            let ids: Vec<&str> = content["steps"]
                .as_array()
                .expect("steps")
                .iter()
                .filter_map(|step| step["id"].as_str())
                .collect();
            let said: Vec<&str> = lines(text).collect();
            assert_eq!(said.len(), ids.len(), "{scenario} in {language}: an answer a step");
            for (id, line) in ids.iter().zip(said) {
                let mut expected = Vec::new();
                texts(&content[*language]["steps"][*id]["answers"], &mut expected);
                assert!(
                    expected.iter().any(|answer| answer == line),
                    "{scenario} in {language}, {id}: {line}"
                );
            }
        }
    }

    #[test]
    fn recordings_are_said_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 22_050,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        for name in ["2 Par carte.wav", "1.WAV"] {
            let mut wav = hound::WavWriter::create(at(name), spec).expect("a file");
            for index in 0..22_050 {
                let sample = ((f64::from(index) * 0.1).sin() * 8_000.0) as i16;
                wav.write_sample(sample).expect("written");
                wav.write_sample(sample).expect("written");
            }
            wav.finalize().expect("written");
        }
        fs::write(at("1.txt"), "Une table pour deux\n").expect("written");
        fs::write(at("notes.md"), "no recording").expect("written");
        let clips = recorded(folder.path()).expect("clips");
        let texts: Vec<&str> = clips.iter().map(|clip| clip.text.as_str()).collect();
        assert_eq!(texts, ["Une table pour deux", "2 Par carte"]);
        assert!(
            (49..=51).contains(&clips[0].voiced_frames()),
            "{}",
            clips[0].voiced_frames()
        );
        fs::write(at("3.wav"), "no sound").expect("written");
        assert!(matches!(recorded(folder.path()), Err(AnswersError::Recording { .. })));
        assert!(matches!(recorded(&at("nowhere")), Err(AnswersError::File { .. })));
    }

    #[test]
    fn there_is_something_to_say_or_a_reason_why_not() {
        assert!(built_in("restaurant", "french").is_some());
        assert!(matches!(
            spoken("skydiving", "french", None),
            Err(AnswersError::Unknown(..))
        ));
        assert!(matches!(
            spoken("restaurant", "klingon", None),
            Err(AnswersError::Unknown(..))
        ));
    }
}
