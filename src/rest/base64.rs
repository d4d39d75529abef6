//! Bytes in JSON.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// With padding or without it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads base64, with padding or without it, alone or as a `data:` URL. None if it is anything else.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let data = match text.strip_prefix("data:") {
        Some(url) => url.split_once(";base64,")?.1,
        None => text,
    };
    LENIENT.decode(data).ok()
}

/// Writes base64 with padding.
pub fn encode(bytes: &[u8]) -> String {
    LENIENT.encode(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn padding_and_a_data_url_are_taken_or_done_without() {
        for text in ["AAE=", "AAE", " AAE=\n", "data:audio/wav;base64,AAE="] {
            assert_eq!(decode(text), Some(vec![0, 1]), "{text}");
        }
        for text in ["no base64!", "A", "data:audio/wav,AAE="] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(bytes: Vec<u8>) {
            prop_assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }

        #[test]
        fn any_text_is_read_or_refused(text: String) {
            let _ = decode(&text);
        }
    }
}
