//! Where the words of a phrase end, when their sounds are known only for the phrase as a whole.

/// Deals the segments of a phrase out to its words, by aligning them with the words said alone (least edit distance).
pub(super) fn divide(groups: &[Vec<String>], alone: &[Vec<String>]) -> Vec<Vec<String>> {
    if groups.len() == alone.len() {
        return groups.to_vec();
    }
    let said: Vec<&String> = groups.iter().flatten().collect();
    let reference: Vec<(usize, &String)> = alone
        .iter()
        .enumerate()
        .flat_map(|(word, segments)| segments.iter().map(move |segment| (word, segment)))
        .collect();
    let (rows, columns) = (said.len() + 1, reference.len() + 1);
    let mut cost = vec![0u32; rows * columns];
    for row in 0..rows {
        for column in 0..columns {
            cost[row * columns + column] = match (row, column) {
                (0, other) | (other, 0) => 2 * other as u32,
                _ => {
                    let change = difference(said[row - 1], reference[column - 1].1);
                    (cost[(row - 1) * columns + column - 1] + change)
                        .min(cost[(row - 1) * columns + column] + 2)
                        .min(cost[row * columns + column - 1] + 2)
                }
            };
        }
    }
    let mut dealt = vec![Vec::new(); alone.len()];
    let (mut row, mut column) = (rows - 1, columns - 1);
    while row > 0 {
        let here = cost[row * columns + column];
        if column > 0
            && here == cost[(row - 1) * columns + column - 1] + difference(said[row - 1], reference[column - 1].1)
        {
            dealt[reference[column - 1].0].push(said[row - 1].clone());
            (row, column) = (row - 1, column - 1);
        } else if column > 0 && here == cost[row * columns + column - 1] + 2 {
            column -= 1;
        } else {
            // A sound that no word has alone, as in a French liaison, goes to the word before it.
            if let Some(word) = dealt.get_mut(column.checked_sub(1).map_or(0, |before| reference[before].0)) {
                word.push(said[row - 1].clone());
            }
            row -= 1;
        }
    }
    for segments in &mut dealt {
        segments.reverse();
    }
    dealt
}

fn difference(a: &str, b: &str) -> u32 {
    let bare = |segment: &str| segment.replace(['ˈ', 'ˌ', 'ː'], "");
    let (a, b) = (bare(a), bare(b));
    if a == b {
        0
    } else if is_vowel(&a) == is_vowel(&b) {
        2
    } else {
        4
    }
}

fn is_vowel(segment: &str) -> bool {
    segment.starts_with(|sign| "aeiouyæøœɐɑɒɔəɚɛɜɪɨʊʌʏᵻ".contains(sign))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::acoustic::pronunciation::segments;

    #[test]
    fn joined_words_are_divided_where_the_single_words_end() {
        let groups = [segments("ʌ_v_ð_ə"), segments("p_ˈiː_p_əl")];
        let alone = [segments("ˈʌ_v"), segments("ð_ˈə"), segments("p_ˈiː_p_əl")];
        assert_eq!(
            divide(&groups, &alone),
            [segments("ʌ_v"), segments("ð_ə"), segments("p_ˈiː_p_əl")]
        );
    }

    #[test]
    fn a_liaison_goes_to_the_word_before() {
        let groups = [segments("d_ø_z_ɑ̃_f_ˈɑ̃")];
        let alone = [segments("d_ˈø"), segments("ɑ̃_f_ˈɑ̃")];
        assert_eq!(divide(&groups, &alone), [segments("d_ø_z"), segments("ɑ̃_f_ˈɑ̃")]);
    }

    proptest! {
        #[test]
        fn dividing_loses_no_segment(
            groups in proptest::collection::vec(proptest::collection::vec("[a-f]", 1..4), 1..5),
            alone in proptest::collection::vec(proptest::collection::vec("[a-f]", 1..4), 1..5),
        ) {
            let dealt = divide(&groups, &alone);
            prop_assert_eq!(dealt.len(), alone.len());
            prop_assert_eq!(dealt.concat(), groups.concat());
        }
    }
}
