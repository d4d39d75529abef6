//! What is said of the engines at start: who does what, and which keys nobody uses.

use std::fmt::Write;

use crate::config::{EngineChoice, EnginesConfig};

/// One line a service.
pub fn announcement(config: &EnginesConfig) -> [String; 3] {
    [
        line("STT", config.stt, &keys(config, false)),
        line("LLM", config.llm, &keys(config, true)),
        line("TTS", config.tts, &keys(config, false)),
    ]
}

/// The key of a provider.
struct Key {
    variable: &'static str,
    is_set: bool,
    /// What chooses its provider, if there is such an engine.
    choice: Option<EngineChoice>,
}

/// The keys of the providers that think, or those of the providers that listen and speak.
fn keys(config: &EnginesConfig, think: bool) -> Vec<Key> {
    let openai = Key {
        variable: "OPENAI_API_KEY",
        is_set: config.openai.as_ref().is_some_and(|openai| openai.key.is_some()),
        choice: Some(EngineChoice::OpenAi),
    };
    if !think {
        let elevenlabs = config.elevenlabs.as_ref();
        let elevenlabs = Key {
            variable: "ELEVEN_API_KEY",
            is_set: elevenlabs.is_some_and(|elevenlabs| elevenlabs.key.is_some()),
            choice: Some(EngineChoice::ElevenLabs),
        };
        return vec![elevenlabs, openai];
    }
    let cerebras = Key {
        variable: "CEREBRAS_API_KEY",
        is_set: config.cerebras.is_some(),
        choice: Some(EngineChoice::Cerebras),
    };
    let gemini = Key {
        variable: "GEMINI_API_KEY",
        is_set: config.gemini_key.is_some(),
        choice: None,
    };
    vec![cerebras, gemini, openai]
}

fn line(service: &str, chosen: EngineChoice, keys: &[Key]) -> String {
    let mut line = format!("{service}: {}", chosen.name());
    if !matches!(chosen, EngineChoice::Embedded | EngineChoice::Scripted) {
        line.push_str(", then embedded");
    }
    for key in keys.iter().filter(|key| key.is_set) {
        // Writing to a string can't fail.
        let _ = match key.choice {
            Some(choice) if choice == chosen => Ok(()),
            Some(choice) => write!(
                line,
                "; {} is set but not used, {service}={} would use it",
                key.variable,
                choice.name()
            ),
            None => write!(line, "; {} is set, but there is no engine for it yet", key.variable),
        };
    }
    if chosen == EngineChoice::Embedded {
        let missing = keys.iter().filter(|key| !key.is_set && key.choice.is_some());
        let missing: Vec<&str> = missing.map(|key| key.variable).collect();
        if !missing.is_empty() {
            let _ = write!(line, "; not set: {}", missing.join(", "));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn said(variables: &[(&str, &str)]) -> [String; 3] {
        let set = |name: &str| variables.iter().find(|(variable, _)| *variable == name);
        let config = Config::from_lookup(|name| set(name).map(|(_, value)| (*value).to_owned())).unwrap();
        announcement(&config.engines)
    }

    #[test]
    fn without_keys_the_embedded_engines_work_and_the_keys_that_are_missing_are_named() {
        assert_eq!(
            said(&[]),
            [
                "STT: embedded; not set: ELEVEN_API_KEY, OPENAI_API_KEY",
                "LLM: embedded; not set: CEREBRAS_API_KEY, OPENAI_API_KEY",
                "TTS: embedded; not set: ELEVEN_API_KEY, OPENAI_API_KEY",
            ]
        );
    }

    #[test]
    fn a_key_that_nobody_uses_is_named_with_what_would_use_it() {
        let variables = [
            ("CEREBRAS_API_KEY", "csk-1"),
            ("GEMINI_API_KEY", "g-1"),
            ("ELEVEN_API_KEY", "xi-1"),
            ("TTS", "elevenlabs"),
        ];
        let lines = said(&variables);
        assert_eq!(
            lines,
            [
                "STT: embedded; ELEVEN_API_KEY is set but not used, STT=elevenlabs would use it; not set: OPENAI_API_KEY",
                "LLM: embedded; CEREBRAS_API_KEY is set but not used, LLM=cerebras would use it; \
                 GEMINI_API_KEY is set, but there is no engine for it yet; not set: OPENAI_API_KEY",
                "TTS: elevenlabs, then embedded",
            ]
        );
        for secret in ["csk-1", "g-1", "xi-1"] {
            assert!(lines.iter().all(|line| !line.contains(secret)));
        }
    }

    #[test]
    fn engines_for_tests_need_no_keys() {
        let scripted = [("STT", "scripted"), ("LLM", "scripted"), ("TTS", "scripted")];
        let lines = said(&scripted);
        assert_eq!(lines, ["STT: scripted", "LLM: scripted", "TTS: scripted"]);
    }
}
