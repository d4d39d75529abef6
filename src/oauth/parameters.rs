//! The parameters of a request: each at most once (RFC 6749 sections 3.1 and 3.2), and none that is empty.

use std::collections::BTreeMap;

use serde_json::Value;
use url::form_urlencoded;

/// Names with their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    values: BTreeMap<String, String>,
    repeated: Vec<String>,
}

/// Why a body has no parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParametersError {
    /// It is no JSON object.
    #[error("the body is no JSON object of texts")]
    NotAnObject,
    /// It is no text.
    #[error("the body is not UTF-8")]
    NotText,
}

impl Parameters {
    /// Reads a query, or the body of a form.
    pub fn of_query(query: &[u8]) -> Self {
        let mut parameters = Self::default();
        for (name, value) in form_urlencoded::parse(query) {
            // RFC 6749 section 3.1: without a value, it is as if it were not there.
            if value.is_empty() {
                continue;
            }
            if parameters.values.contains_key(name.as_ref()) {
                parameters.repeated.push(name.into_owned());
            } else {
                parameters.values.insert(name.into_owned(), value.into_owned());
            }
        }
        parameters
    }

    /// Reads a JSON object of texts.
    ///
    /// # Errors
    /// When it is none.
    pub fn of_json(body: &[u8]) -> Result<Self, ParametersError> {
        let object: BTreeMap<String, Value> = serde_json::from_slice(body).map_err(|_| ParametersError::NotAnObject)?;
        let mut values = BTreeMap::new();
        for (name, value) in object {
            match value {
                Value::String(value) if value.is_empty() => {}
                Value::String(value) => drop(values.insert(name, value)),
                Value::Null => {}
                _ => return Err(ParametersError::NotAnObject),
            }
        }
        Ok(Self {
            values,
            repeated: Vec::new(),
        })
    }

    /// Reads a body: JSON if that is its type, else a form.
    ///
    /// # Errors
    /// When it is not what it says.
    pub fn of_body(content_type: &str, body: &[u8]) -> Result<Self, ParametersError> {
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if media_type.eq_ignore_ascii_case("application/json") {
            return Self::of_json(body);
        }
        std::str::from_utf8(body).map_err(|_| ParametersError::NotText)?;
        Ok(Self::of_query(body))
    }

    /// The value of that name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Whether it was given more than once.
    pub fn is_repeated(&self, name: &str) -> bool {
        self.repeated.iter().any(|repeated| repeated == name)
    }

    /// A name that was given more than once.
    pub fn repeated(&self) -> Option<&str> {
        self.repeated.first().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_and_an_object_say_the_same() {
        let form = Parameters::of_body("application/x-www-form-urlencoded", b"grant_type=x&code=a%20b&empty=").unwrap();
        let json = br#"{"grant_type": "x", "code": "a b", "empty": "", "none": null}"#;
        let json = Parameters::of_body("application/JSON; charset=utf-8", json).unwrap();
        assert_eq!(form, json);
        assert_eq!((form.value("code"), form.value("empty")), (Some("a b"), None));
    }

    #[test]
    fn what_is_there_twice_is_noticed_and_the_first_counts() {
        let parameters = Parameters::of_query(b"a=1&b=2&a=3");
        assert_eq!(parameters.value("a"), Some("1"));
        assert_eq!(parameters.repeated(), Some("a"));
        assert!(parameters.is_repeated("a") && !parameters.is_repeated("b"));
    }

    #[test]
    fn objects_of_other_things_are_refused() {
        for body in ["[]", "{\"a\": 1}", "{\"a\": {}}", "{", ""] {
            let refusal = Parameters::of_json(body.as_bytes());
            assert_eq!(refusal, Err(ParametersError::NotAnObject), "{body}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = Parameters::of_body("application/json", &bytes);
            let _ = Parameters::of_body("", &bytes);
        }
    }
}
