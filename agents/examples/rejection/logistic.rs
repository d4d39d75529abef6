//! Logistic regression with a start of its own for each language.

use colloquy_agents::acoustic::verdict::EVIDENCE;

use crate::trials::LANGUAGES;

/// An utterance that was taken for an answer.
pub struct Sample {
    pub evidence: [f64; EVIDENCE],
    /// Its place in [`LANGUAGES`].
    pub language: usize,
    pub is_right: bool,
    pub weight: f64,
}

const SIZE: usize = EVIDENCE + LANGUAGES.len();
/// What a weight of one standard deviation costs: measures that say the same share what they say.
const RIDGE: f64 = 3e-3;

/// The weights of the evidence and the starts of the languages, by Newton's method. Right and wrong count the same in all.
pub fn fit(samples: &[Sample]) -> ([f64; EVIDENCE], [f64; LANGUAGES.len()]) {
    let count = samples.len() as f64;
    let spread: [f64; EVIDENCE] = std::array::from_fn(|at| {
        let mean = samples.iter().map(|sample| sample.evidence[at]).sum::<f64>() / count;
        let variance = samples
            .iter()
            .map(|sample| (sample.evidence[at] - mean).powi(2))
            .sum::<f64>()
            / count;
        variance.sqrt().max(f64::MIN_POSITIVE)
    });
    let side = |is_right: bool| {
        let its = samples.iter().filter(|sample| sample.is_right == is_right);
        its.map(|sample| sample.weight).sum::<f64>()
    };
    let (right, wrong) = (side(true), side(false));
    let mut found = [0.0; SIZE];
    for _ in 0..60 {
        let (mut gradient, mut hessian) = ([0.0; SIZE], [[0.0; SIZE]; SIZE]);
        for sample in samples {
            let mut values = [0.0; SIZE];
            for at in 0..EVIDENCE {
                values[at] = sample.evidence[at] / spread[at];
            }
            values[EVIDENCE + sample.language] = 1.0;
            let weight = sample.weight / if sample.is_right { right } else { wrong };
            let sum: f64 = values.iter().zip(found).map(|(value, weight)| value * weight).sum();
            let chance = 1.0 / (1.0 + (-sum).exp());
            let error = weight * (f64::from(u8::from(sample.is_right)) - chance);
            let curvature = weight * chance * (1.0 - chance);
            for row in 0..SIZE {
                gradient[row] += error * values[row];
                for column in 0..SIZE {
                    hessian[row][column] += curvature * values[row] * values[column];
                }
            }
        }
        for at in 0..SIZE {
            let ridge = if at < EVIDENCE { RIDGE } else { 1e-9 };
            gradient[at] -= if at < EVIDENCE { ridge * found[at] } else { 0.0 };
            hessian[at][at] += ridge;
        }
        for (value, step) in found.iter_mut().zip(solved(hessian, gradient)) {
            *value += step;
        }
    }
    (
        std::array::from_fn(|at| found[at] / spread[at]),
        std::array::from_fn(|at| found[EVIDENCE + at]),
    )
}

/// The solution of a system of linear equations, by Gaussian elimination.
fn solved(mut matrix: [[f64; SIZE]; SIZE], mut right: [f64; SIZE]) -> [f64; SIZE] {
    for pivot in 0..SIZE {
        let best = (pivot..SIZE)
            .max_by(|&a, &b| matrix[a][pivot].abs().total_cmp(&matrix[b][pivot].abs()))
            .expect("there is a row");
        matrix.swap(pivot, best);
        right.swap(pivot, best);
        let first = matrix[pivot];
        for row in pivot + 1..SIZE {
            let share = matrix[row][pivot] / first[pivot];
            for column in pivot..SIZE {
                matrix[row][column] -= share * first[column];
            }
            right[row] -= share * right[pivot];
        }
    }
    for row in (0..SIZE).rev() {
        let known: f64 = (row + 1..SIZE).map(|column| matrix[row][column] * right[column]).sum();
        right[row] = (right[row] - known) / matrix[row][row];
    }
    right
}
