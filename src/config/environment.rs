//! Reading variables: parsed once, and remembered for `colloquy config`.

use std::cell::RefCell;
use std::str::FromStr;

use colloquy_agents::secret::{MASK, Secret};

use super::secret::without_password;

/// The variables, read by name.
pub struct Environment<'a> {
    lookup: Box<Lookup<'a>>,
    settings: RefCell<Vec<Setting>>,
}

type Lookup<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// One variable as it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// Its value, masked if it is secret.
    pub shown: String,
    /// Whether it was set, or left to its default.
    pub is_set: bool,
}

/// A variable that can't be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} is {shown:?}, but should be {expected}")]
pub struct ConfigError {
    /// Its name.
    pub variable: &'static str,
    /// What it is, masked if it is secret.
    pub shown: String,
    /// What it should be.
    pub expected: String,
}

impl<'a> Environment<'a> {
    /// Variables that `lookup` finds.
    pub fn new(lookup: impl Fn(&str) -> Option<String> + 'a) -> Self {
        Self {
            lookup: Box::new(lookup),
            settings: RefCell::default(),
        }
    }

    /// Everything read so far.
    pub fn into_settings(self) -> Vec<Setting> {
        self.settings.into_inner()
    }

    /// A value that can't be off: `default` when unset, parsed by `parse` when set.
    pub fn required<T>(
        &self,
        name: &'static str,
        default: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        let set = self.value(name);
        self.remember(name, set.as_deref().unwrap_or(default), set.is_some());
        let text = set.unwrap_or_else(|| default.to_owned());
        parse(&text).ok_or_else(|| ConfigError {
            variable: name,
            shown: text,
            expected: expected.to_owned(),
        })
    }

    /// A number that can't be off.
    pub fn number<T: FromStr>(&self, name: &'static str, default: &str, expected: &str) -> Result<T, ConfigError> {
        self.required(name, default, expected, |text| text.parse().ok())
    }

    /// Something that is on or off, in any of the usual words.
    pub fn switch(&self, name: &'static str, default: bool) -> Result<bool, ConfigError> {
        let default = if default { "on" } else { "off" };
        self.required(name, default, "on or off", |text| {
            match text.to_ascii_lowercase().as_str() {
                "on" | "true" | "yes" | "1" => Some(true),
                "off" | "false" | "no" | "0" | "" => Some(false),
                _ => None,
            }
        })
    }

    /// A value that is off when empty, and `default` (which may be off, too) when unset.
    pub fn optional<T>(
        &self,
        name: &'static str,
        default: Option<&str>,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, ConfigError> {
        let set = self.value(name);
        let text = set.clone().or_else(|| default.map(str::to_owned)).unwrap_or_default();
        self.remember(name, &without_password(&text), set.is_some());
        if text.is_empty() {
            return Ok(None);
        }
        parse(&text).map(Some).ok_or_else(|| ConfigError {
            variable: name,
            shown: without_password(&text),
            expected: expected.to_owned(),
        })
    }

    /// A secret, off when unset or empty.
    pub fn secret(&self, name: &'static str) -> Option<Secret> {
        let text = self.value(name);
        let is_present = text.as_deref().is_some_and(|text| !text.is_empty());
        self.remember(name, if is_present { MASK } else { "" }, text.is_some());
        text.filter(|text| !text.is_empty()).map(Secret::new)
    }

    /// A comma-separated list, each entry parsed by `parse`; passwords in entries are masked.
    pub fn list<T>(
        &self,
        name: &'static str,
        default: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, ConfigError> {
        self.entries(name, default, expected, without_password, parse)
    }

    /// A comma-separated list of which nothing may be shown.
    pub fn secret_list<T>(
        &self,
        name: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, ConfigError> {
        self.entries(name, "", expected, |_| MASK.to_owned(), parse)
    }

    fn entries<T>(
        &self,
        name: &'static str,
        default: &str,
        expected: &str,
        show: impl Fn(&str) -> String,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, ConfigError> {
        let set = self.value(name);
        let text = set.as_deref().unwrap_or(default);
        let entries: Vec<&str> = text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .collect();
        let shown: Vec<String> = entries.iter().map(|entry| show(entry)).collect();
        self.remember(name, &shown.join(","), set.is_some());
        entries
            .iter()
            .map(|entry| {
                parse(entry).ok_or_else(|| ConfigError {
                    variable: name,
                    shown: show(entry),
                    expected: expected.to_owned(),
                })
            })
            .collect()
    }

    fn value(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|text| text.trim().to_owned())
    }

    fn remember(&self, name: &'static str, shown: &str, is_set: bool) {
        self.settings.borrow_mut().push(Setting {
            name,
            shown: shown.to_owned(),
            is_set,
        });
    }
}
