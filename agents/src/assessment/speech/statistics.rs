//! Means and spreads of measures.

/// The mean; nothing of nothing.
pub fn mean(values: impl IntoIterator<Item = f32>) -> Option<f32> {
    let (sum, count) = values
        .into_iter()
        .fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f32)
}

/// The standard deviation; nothing of nothing.
pub fn deviation(values: &[f32]) -> Option<f32> {
    let middle = mean(values.iter().copied())?;
    mean(values.iter().map(|value| (value - middle).powi(2))).map(f32::sqrt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_nothing_there_is_no_mean() {
        assert_eq!((mean([]), deviation(&[])), (None, None));
        assert_eq!((mean([1.0, 5.0]), deviation(&[1.0, 5.0])), (Some(3.0), Some(2.0)));
    }
}
