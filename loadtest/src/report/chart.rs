//! Charts as SVG, drawn by nothing but what stands in them.

use std::fmt::Write as _;

/// The size of a chart's plane, and the room for its labels.
const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 140.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 22.0;

/// A line of a chart: a value a piece of the run, where there is one.
pub(super) struct Series {
    pub name: &'static str,
    pub values: Vec<Option<f64>>,
}

/// One chart; `piece_s` is how long the run lasts from one value to the next.
pub(super) fn chart(title: &str, unit: &str, series: &[Series], piece_s: f64) -> String {
    let mut svg = String::new();
    let pieces = series
        .iter()
        .map(|series| series.values.len())
        .max()
        .unwrap_or_default();
    let most = series
        .iter()
        .flat_map(|series| series.values.iter().flatten())
        .fold(0.0, |a: f64, b| a.max(*b));
    let top = round_up(most);
    let _ = write!(svg, "<figure><figcaption>{}", escaped(title));
    if !unit.is_empty() {
        let _ = write!(svg, " <small>{}</small>", escaped(unit));
    }
    for (number, series) in series.iter().enumerate().filter(|_| series.len() > 1) {
        let _ = write!(svg, " <span class=\"s{number}\">{}</span>", escaped(series.name));
    }
    let (width, height) = (LEFT + WIDTH + 8.0, TOP + HEIGHT + BOTTOM);
    let _ = write!(
        svg,
        "</figcaption><svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">",
        escaped(title)
    );
    for part in 0..=2 {
        let share = f64::from(part) / 2.0;
        let y = TOP + HEIGHT * (1.0 - share);
        let _ = write!(
            svg,
            "<path class=\"grid\" d=\"M{LEFT} {y}H{}\"/><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            LEFT + WIDTH,
            LEFT - 6.0,
            y + 4.0,
            shown(top * share)
        );
    }
    let end_s = piece_s * pieces as f64;
    let _ = write!(svg, "<text x=\"{LEFT}\" y=\"{}\">0</text>", height - 6.0);
    let _ = write!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{} s</text>",
        LEFT + WIDTH,
        height - 6.0,
        shown(end_s)
    );
    for (number, series) in series.iter().enumerate() {
        let _ = write!(
            svg,
            "<path class=\"s{number}\" d=\"{}\"/>",
            path(&series.values, pieces, top)
        );
    }
    svg.push_str("</svg></figure>\n");
    svg
}

/// The line through the values; where there is none, it is broken.
fn path(values: &[Option<f64>], pieces: usize, top: f64) -> String {
    let mut path = String::new();
    let step = WIDTH / pieces.max(1) as f64;
    let mut is_broken = true;
    for (index, value) in values.iter().enumerate() {
        let Some(value) = value else {
            is_broken = true;
            continue;
        };
        let x = LEFT + step * index as f64;
        let y = TOP + HEIGHT * (1.0 - value / top);
        let command = if std::mem::take(&mut is_broken) { 'M' } else { 'L' };
        // Each value holds for its piece.
        let _ = write!(path, "{command}{x:.1} {y:.1}H{:.1}", x + step);
    }
    path
}

/// The next number that is easy to read.
fn round_up(most: f64) -> f64 {
    if !(most > 0.0 && most.is_finite()) {
        return 1.0;
    }
    let power = 10f64.powf(most.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0];
    let step = steps.into_iter().find(|step| step * power >= most).unwrap_or(10.0);
    step * power
}

fn shown(value: f64) -> String {
    match value {
        value if value.fract() == 0.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// Text as HTML shows it.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_at_numbers_that_are_easy_to_read() {
        for (most, top) in [
            (0.0, 1.0),
            (f64::NAN, 1.0),
            (7.3, 10.0),
            (182.0, 200.0),
            (201.0, 500.0),
            (0.03, 0.05),
            (1_000.0, 1_000.0),
        ] {
            assert!((round_up(most) - top).abs() < 1e-9, "{most}: {}", round_up(most));
        }
    }

    #[test]
    fn a_line_is_broken_where_there_is_no_value() {
        let path = path(&[Some(1.0), None, Some(0.5), Some(0.0)], 4, 1.0);
        assert_eq!(path.matches('M').count(), 2);
        assert_eq!(path.matches('L').count(), 1);
        assert!(path.starts_with("M56.0 12.0H186.0"), "{path}");
    }

    #[test]
    fn a_chart_escapes_its_texts_and_names_its_lines() {
        let series = [
            Series {
                name: "p50",
                values: vec![Some(1.0)],
            },
            Series {
                name: "p95",
                values: vec![Some(2.0)],
            },
        ];
        let svg = chart("a <b> & \"c\"", "ms", &series, 1.0);
        assert!(svg.contains("a &lt;b&gt; &amp; &quot;c&quot;") && !svg.contains("<b>"));
        assert_eq!(svg.matches("<path class=\"s").count(), 2);
        assert!(svg.contains(">p95</span>"));
        assert!(chart("empty", "", &[], 1.0).contains("</svg>"));
    }
}
