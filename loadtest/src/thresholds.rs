//! What a run must keep to pass: figures of the report, by their paths in its JSON, from a TOML file.
//!
//! ```toml
//! [[limit]]
//! figure = "voice_to_voice_ms.p95"
//! max = 450
//! why = "people notice longer pauses"
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A file of limits.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    #[serde(default, rename = "limit")]
    limits: Vec<Limit>,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Limit {
    figure: String,
    max: Option<f64>,
    min: Option<f64>,
    is: Option<bool>,
    max_growth: Option<f64>,
    max_fall: Option<f64>,
    why: Option<String>,
}

/// Why a file of limits can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ThresholdsError {
    /// It is no such TOML.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A limit limits nothing, or in two ways.
    #[error("the limit of {0:?} needs exactly one of max, min, is, max_growth and max_fall")]
    Unclear(String),
}

/// What became of one limit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// The figure's path in the report.
    pub figure: String,
    /// What it must be.
    pub limit: String,
    /// What it is; null when it was not measured, which is no pass.
    pub value: Value,
    /// Whether it keeps the limit.
    pub passed: bool,
    /// Why there is this limit.
    pub why: Option<String>,
}

impl Verdict {
    /// The value, for people.
    pub fn shown(&self) -> String {
        match self.value.as_f64() {
            Some(number) if number.fract() != 0.0 => format!("{number:.2}"),
            _ => self.value.to_string(),
        }
    }
}

impl Thresholds {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is no list of limits.
    pub fn parse(text: &str) -> Result<Self, ThresholdsError> {
        let thresholds: Self = toml::from_str(text)?;
        for limit in &thresholds.limits {
            let ways = [
                limit.max.is_some(),
                limit.min.is_some(),
                limit.is.is_some(),
                limit.max_growth.is_some(),
                limit.max_fall.is_some(),
            ];
            if ways.iter().filter(|way| **way).count() != 1 {
                return Err(ThresholdsError::Unclear(limit.figure.clone()));
            }
        }
        Ok(thresholds)
    }

    /// Whether a limit compares with an earlier report.
    pub fn needs_baseline(&self) -> bool {
        self.limits
            .iter()
            .any(|limit| limit.max_growth.or(limit.max_fall).is_some())
    }

    /// Judges a report, beside an earlier one where something must not grow.
    pub fn judge(&self, report: &Value, baseline: Option<&Value>) -> Vec<Verdict> {
        self.limits.iter().map(|limit| limit.judge(report, baseline)).collect()
    }
}

impl Limit {
    fn judge(&self, report: &Value, baseline: Option<&Value>) -> Verdict {
        let value = at(report, &self.figure);
        let number = value.as_f64();
        let (limit, passed) = if let Some(max) = self.max {
            (format!("at most {max}"), number.is_some_and(|number| number <= max))
        } else if let Some(min) = self.min {
            (format!("at least {min}"), number.is_some_and(|number| number >= min))
        } else if let Some(is) = self.is {
            (is.to_string(), value.as_bool() == Some(is))
        } else {
            let before = baseline.and_then(|baseline| at(baseline, &self.figure).as_f64());
            let told = before.map_or_else(|| "an unknown baseline".to_owned(), |before| before.to_string());
            let grown = number.zip(before).map(|(number, before)| number - before);
            let (most, way, moved) = match (self.max_growth, self.max_fall) {
                (_, Some(fall)) => (fall, "less", grown.map(|grown| -grown)),
                (growth, None) => (growth.unwrap_or_default(), "more", grown),
            };
            let passed = moved.is_some_and(|moved| moved <= most);
            (format!("at most {most} {way} than {told}"), passed)
        };
        Verdict {
            figure: self.figure.clone(),
            limit,
            value,
            passed,
            why: self.why.clone(),
        }
    }
}

/// A figure by its path.
fn at(report: &Value, path: &str) -> Value {
    let figure = path.split('.').try_fold(report, |value, part| value.get(part));
    figure.cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdicts(text: &str, baseline: Option<&Value>) -> Vec<bool> {
        let report =
            json!({"voice_to_voice_ms": {"p95": 400.0}, "failed": 0, "own": {"is_bottleneck": false}, "rest": null});
        let thresholds = Thresholds::parse(text).expect("limits");
        thresholds
            .judge(&report, baseline)
            .iter()
            .map(|verdict| verdict.passed)
            .collect()
    }

    #[test]
    fn figures_are_held_against_their_limits() {
        let text = "[[limit]]\nfigure = 'voice_to_voice_ms.p95'\nmax = 400\n\
                    [[limit]]\nfigure = 'voice_to_voice_ms.p95'\nmax = 399.9\nwhy = 'because'\n\
                    [[limit]]\nfigure = 'failed'\nmin = 1\n\
                    [[limit]]\nfigure = 'own.is_bottleneck'\nis = false\n";
        assert_eq!(verdicts(text, None), [true, false, false, true]);
        assert!(verdicts("", None).is_empty());
    }

    #[test]
    fn values_are_shown_without_more_digits_than_they_are_worth() {
        let verdict = |value| Verdict {
            figure: String::new(),
            limit: String::new(),
            value,
            passed: true,
            why: None,
        };
        let shown =
            [json!(99.253_731), json!(2), json!(4.0), json!(true), json!(null)].map(|value| verdict(value).shown());
        assert_eq!(shown, ["99.25", "2", "4.0", "true", "null"]);
    }

    #[test]
    fn what_was_not_measured_does_not_pass() {
        for figure in [
            "rest.took_ms.p99",
            "rest",
            "nothing",
            "voice_to_voice_ms",
            "own.is_bottleneck",
        ] {
            assert_eq!(
                verdicts(&format!("[[limit]]\nfigure = '{figure}'\nmax = 1e9"), None),
                [false],
                "{figure}"
            );
        }
    }

    #[test]
    fn growth_is_held_against_an_earlier_report() {
        let text = "[[limit]]\nfigure = 'voice_to_voice_ms.p95'\nmax_growth = 120";
        assert!(Thresholds::parse(text).expect("limits").needs_baseline());
        let before = |p95: f64| json!({"voice_to_voice_ms": {"p95": p95}});
        assert_eq!(verdicts(text, Some(&before(300.0))), [true]);
        assert_eq!(verdicts(text, Some(&before(279.0))), [false]);
        assert_eq!(verdicts(text, None), [false], "nothing to compare with");
        let text = "[[limit]]\nfigure = 'voice_to_voice_ms.p95'\nmax_fall = 20";
        assert!(Thresholds::parse(text).expect("limits").needs_baseline());
        assert_eq!(verdicts(text, Some(&before(300.0))), [true]);
        assert_eq!(verdicts(text, Some(&before(420.0))), [true]);
        assert_eq!(verdicts(text, Some(&before(420.1))), [false]);
    }

    #[test]
    fn limits_that_limit_nothing_are_refused() {
        for text in [
            "[[limit]]\nfigure='a'",
            "[[limit]]\nfigure='a'\nmax=1\nmin=0",
            "[[limit]]\nmax=1",
            "limits=[]",
        ] {
            assert!(Thresholds::parse(text).is_err(), "{text}");
        }
    }

    /// Every path of a JSON, objects by their keys.
    fn has(report: &Value, path: &str) -> bool {
        path.split('.')
            .try_fold(report, |value, part| value.get(part))
            .is_some()
    }

    #[test]
    fn the_files_that_come_along_can_be_read_and_limit_figures_that_there_are() {
        let report = serde_json::to_value(crate::report::tests::full_report()).expect("JSON");
        for text in [
            include_str!("../thresholds/density.toml"),
            include_str!("../thresholds/density-embedded.toml"),
            include_str!("../thresholds/loss.toml"),
            include_str!("../thresholds/overload.toml"),
            include_str!("../thresholds/soak.toml"),
        ] {
            let limits = Thresholds::parse(text).expect("limits").limits;
            assert!(!limits.is_empty());
            for limit in limits {
                assert!(has(&report, &limit.figure), "{}", limit.figure);
            }
        }
    }
}
