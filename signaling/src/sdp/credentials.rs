//! ICE credentials.

/// An ICE username fragment and password (RFC 8839 section 5.4).
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// 4 to 256 ice-chars.
    pub ufrag: String,
    /// 22 to 256 ice-chars.
    pub pwd: String,
}

impl Credentials {
    /// Both, when both are of the form that RFC 8839 gives them.
    pub fn new(ufrag: &str, pwd: &str) -> Option<Self> {
        (is_ice_chars(ufrag, 4) && is_ice_chars(pwd, 22)).then(|| Self {
            ufrag: ufrag.to_owned(),
            pwd: pwd.to_owned(),
        })
    }
}

impl std::fmt::Debug for Credentials {
    /// The password is a secret: logs show only the fragment.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("ufrag", &self.ufrag)
            .finish_non_exhaustive()
    }
}

/// Whether a text is between `least` and 256 ice-chars.
pub(super) fn is_ice_chars(text: &str, least: usize) -> bool {
    (least..=256).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
}
