//! Query strings.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use colloquy_agents::language::Language;
use serde::de::DeserializeOwned;
use std::future::{Ready, ready};

use super::error::ApiError;

/// A query string, with errors of our own shape.
#[derive(Clone, Copy, Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let query = web::Query::<T>::from_query(request.query_string());
        ready(
            query
                .map(|query| Self(query.into_inner()))
                .map_err(|error| ApiError::InvalidRequest(format!("The query can't be read: {error}"))),
        )
    }
}

/// A language that may be asked for: as the caller wrote it, and its English name.
///
/// # Errors
/// When it is none.
pub fn language(named: Option<String>) -> Result<Option<(String, &'static str)>, ApiError> {
    let named = named.filter(|named| !named.is_empty());
    named
        .map(|named| match Language::parse(&named) {
            Some(language) => Ok((named, language.name())),
            None => Err(ApiError::InvalidLanguage(named)),
        })
        .transpose()
}

/// A language that is asked for, else the one that somebody practises: as it was written, and which it is.
///
/// # Errors
/// When it is none.
pub fn practised(named: Option<String>, preference: &str) -> Result<(String, Language), ApiError> {
    let named = named.filter(|named| !named.is_empty());
    let named = named.unwrap_or_else(|| preference.to_owned());
    match Language::parse(&named) {
        Some(language) => Ok((named, language)),
        None => Err(ApiError::InvalidLanguage(named)),
    }
}

/// How many entries of a list are asked for: `usual` if nothing is said.
///
/// # Errors
/// When it is not from 1 to `most`.
pub fn limit(asked: Option<i64>, usual: u32, most: u32) -> Result<u32, ApiError> {
    match asked.map(u32::try_from) {
        None => Ok(usual),
        Some(Ok(limit)) if (1..=most).contains(&limit) => Ok(limit),
        Some(_) => Err(ApiError::InvalidField {
            field: "limit",
            reason: format!("must be from 1 to {most}"),
        }),
    }
}

/// A moment and a text, as a place in a list where it goes on.
pub fn cursor(millis: i64, text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("{millis} {text}"))
}

/// Reads what [`cursor`] wrote.
///
/// # Errors
/// When it is none.
pub fn parse_cursor(cursor: &str) -> Result<(i64, String), ApiError> {
    use base64::Engine;
    let parse = || {
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let (millis, text) = text.split_once(' ')?;
        let is_storable = !text.contains('\0');
        is_storable.then_some((millis.parse().ok()?, text.to_owned()))
    };
    parse().ok_or_else(|| ApiError::InvalidField {
        field: "cursor",
        reason: "is none that a list of this kind gave".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn limits_are_kept() {
        assert_eq!(limit(None, 20, 100).unwrap(), 20);
        assert_eq!(limit(Some(100), 20, 100).unwrap(), 100);
        for asked in [0, 101, -1, i64::MAX] {
            assert!(limit(Some(asked), 20, 100).is_err(), "{asked}");
        }
    }

    #[test]
    fn languages_are_known_by_their_own_words() {
        assert_eq!(
            language(Some("fr".to_owned())).unwrap(),
            Some(("fr".to_owned(), "french"))
        );
        assert_eq!(language(None).unwrap(), None);
        assert!(language(Some("klingon".to_owned())).is_err());
        let french = || ("fr".to_owned(), Language::French);
        assert_eq!(practised(Some("fr".to_owned()), "german").unwrap(), french());
        for nothing in [None, Some(String::new())] {
            assert_eq!(practised(nothing, "fr").unwrap(), french());
        }
        assert!(practised(Some("klingon".to_owned()), "fr").is_err());
    }

    proptest! {
        #[test]
        fn cursors_are_read_back(millis: i64, text in "[^\0]*") {
            prop_assert_eq!(parse_cursor(&cursor(millis, &text)).unwrap(), (millis, text));
        }

        #[test]
        fn any_cursor_is_read_or_refused(text: String) {
            let _ = parse_cursor(&text);
        }
    }
}
