//! Texts that come in: limited in length, and without what can't be stored.

use super::error::ApiError;

/// A text of limited length; an empty one is none.
///
/// # Errors
/// When it is longer than `limit` characters or contains a NUL.
pub fn within(field: &'static str, text: Option<String>, limit: usize) -> Result<Option<String>, ApiError> {
    let text = text.filter(|text| !text.trim().is_empty());
    let invalid = |reason: String| Err(ApiError::InvalidField { field, reason });
    match &text {
        Some(text) if text.chars().count() > limit => invalid(format!("is longer than {limit} characters")),
        // PostgreSQL can't store it, and no text needs it.
        Some(text) if text.contains('\0') => invalid("contains a NUL character".to_owned()),
        _ => Ok(text),
    }
}

/// The same, of a text that must be there.
///
/// # Errors
/// When it is not, or [`within`] refuses it.
pub fn required(field: &'static str, text: Option<String>, limit: usize) -> Result<String, ApiError> {
    within(field, text, limit)?.ok_or_else(|| ApiError::InvalidField {
        field,
        reason: "is required".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_limited_by_characters_and_blank_ones_are_none() {
        assert_eq!(within("x", Some("ééé".to_owned()), 3).unwrap().as_deref(), Some("ééé"));
        assert!(within("x", Some("éééé".to_owned()), 3).is_err());
        assert!(within("x", Some("a\0".to_owned()), 3).is_err());
        assert_eq!(within("x", Some(" ".to_owned()), 3).unwrap(), None);
    }
}
