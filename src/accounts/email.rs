//! Addresses of e-mail, as people sign in with them.

use std::fmt;

/// An address in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// Octets that an address may have (RFC 5321 section 4.5.3.1.3, without the brackets).
const LIMIT: usize = 254;

impl EmailAddress {
    /// Reads an address: something, one `@`, something, and no space. Whether it receives mail, only mail could tell.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (local, domain) = text.split_once('@')?;
        let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>\"(),:;[]\\@".contains(c);
        let is_whole = !local.is_empty() && !domain.is_empty() && text.len() <= LIMIT;
        (is_whole && local.chars().chain(domain.chars()).all(is_plain)).then(|| Self(text.to_lowercase()))
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_kept_in_lower_case_without_space_around() {
        for (text, address) in [
            (" Jane.Doe@Example.COM ", "jane.doe@example.com"),
            ("a+b@x", "a+b@x"),
            ("élan@münchen.example", "élan@münchen.example"),
        ] {
            assert_eq!(EmailAddress::parse(text).unwrap().as_str(), address);
        }
    }

    #[test]
    fn what_is_no_address_is_none() {
        let long = format!("{}@example.com", "x".repeat(250));
        for text in [
            "", "jane", "@x", "jane@", "a@b@c", "a b@c", "a@b\n", "\0a@b", "<a@b>", &long,
        ] {
            let is_address = EmailAddress::parse(text).is_some();
            assert_eq!(is_address, text == "a@b\n", "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_reading_is_stable(text: String) {
            if let Some(address) = EmailAddress::parse(&text) {
                proptest::prop_assert_eq!(EmailAddress::parse(address.as_str()), Some(address));
            }
        }
    }
}
