//! Fits the numbers of `assessment::speech::calibration`, and prints them as they stand there.

use std::collections::BTreeMap;

use colloquy_agents::assessment::speech::calibration::Logistic;
use colloquy_agents::language::Language;

use crate::trials::{Trials, Tried};

/// Sounds with the measures of all sounds that are mixed into the mean of one: few recordings prove little.
const MIXED_IN: f32 = 10.0;
/// How likely a sound or a word is right before it is heard: most that learners say is.
const PRIOR: f64 = 0.8;

/// Prints the usual measures of the sounds of each language.
pub fn print_usual(trials: &[(Language, Trials)]) {
    let all: Vec<&Tried> = trials.iter().flat_map(|(_, trials)| &trials.right_sounds).collect();
    let any = means(&all);
    println!("ANY: usual({:.2}, {:.2})", any.0, any.1);
    for (language, trials) in trials {
        let own: Vec<&Tried> = trials.right_sounds.iter().collect();
        let of_language = means(&own);
        let mut by_ipa: BTreeMap<&str, Vec<&Tried>> = BTreeMap::new();
        for tried in own {
            by_ipa.entry(&tried.ipa).or_default().push(tried);
        }
        println!("{language}:");
        for (ipa, tried) in by_ipa {
            let (sharpness, fit) = means(&tried);
            let count = tried.len() as f32;
            let mixed = |own: f32, all: f32| (count * own + MIXED_IN * all) / (count + MIXED_IN);
            println!(
                "    (\"{ipa}\", usual({:.2}, {:.2})),",
                mixed(sharpness, of_language.0),
                mixed(fit, of_language.1)
            );
        }
    }
}

/// Prints the logistic functions, for all languages in one.
pub fn print_logistics(trials: &[(Language, Trials)]) {
    let gather = |pick: &dyn Fn(&Trials) -> Vec<f32>| -> Vec<f32> {
        trials.iter().flat_map(|(_, trials)| pick(trials)).collect()
    };
    let qualities = |tried: &[Tried]| tried.iter().map(|tried| tried.quality).collect::<Vec<f32>>();
    let sound = logistic(
        &gather(&|trials| qualities(&trials.right_sounds)),
        &gather(&|trials| qualities(&trials.random_sounds)),
    );
    let word = logistic(
        &gather(&|trials| trials.right_words.clone()),
        &gather(&|trials| trials.wrong_words.clone()),
    );
    let text = logistic(
        &gather(&|trials| trials.right_texts.clone()),
        &gather(&|trials| trials.wrong_texts.clone()),
    );
    for (name, found) in [("SOUND", sound), ("WORD", word), ("TEXT", text)] {
        println!("{name}: middle {:.2}, width {:.2}", found.middle, found.width);
    }
}

fn means(tried: &[&Tried]) -> (f32, f32) {
    let count = tried.len().max(1) as f32;
    (
        tried.iter().map(|tried| tried.sharpness).sum::<f32>() / count,
        tried.iter().map(|tried| tried.fit).sum::<f32>() / count,
    )
}

/// Logistic regression with one variable, by Newton's method; both sides weigh as the prior says, however many they are.
fn logistic(right: &[f32], wrong: &[f32]) -> Logistic {
    let (mut intercept, mut slope) = (0.0f64, 0.0f64);
    let sides = [(right, 1.0, PRIOR), (wrong, 0.0, 1.0 - PRIOR)];
    for _ in 0..50 {
        let (mut gradient, mut hessian) = ([0.0; 2], [0.0; 3]);
        for (values, target, prior) in sides {
            let weight = prior / values.len() as f64;
            for &value in values {
                let value = f64::from(value);
                let chance = 1.0 / (1.0 + (-(intercept + slope * value)).exp());
                let error = weight * (target - chance);
                gradient = [gradient[0] + error, gradient[1] + error * value];
                let curvature = weight * chance * (1.0 - chance);
                hessian = [
                    hessian[0] + curvature,
                    hessian[1] + curvature * value,
                    hessian[2] + curvature * value * value,
                ];
            }
        }
        let [a, b, c] = hessian;
        let determinant = a * c - b * b + 1e-12;
        intercept += (c * gradient[0] - b * gradient[1]) / determinant;
        slope += (a * gradient[1] - b * gradient[0]) / determinant;
    }
    Logistic {
        middle: (-intercept / slope) as f32,
        width: (1.0 / slope) as f32,
    }
}
