//! What is said of the engines at start: who does what, and which keys nobody uses.

use std::fmt::Write;

use crate::config::{EngineChoice, EnginesConfig};

/// One line a service.
pub fn announcement(config: &EnginesConfig) -> [String; 3] {
    let key = |variable, is_set, choice| Key {
        variable,
        is_set,
        choice,
    };
    let openai = config.openai.as_ref().and_then(|openai| openai.key.as_ref());
    let elevenlabs = config
        .elevenlabs
        .as_ref()
        .and_then(|elevenlabs| elevenlabs.key.as_ref());
    let deepgram = config.deepgram.as_ref().and_then(|deepgram| deepgram.key.as_ref());
    let cerebras = config.cerebras.as_ref().and_then(|cerebras| cerebras.key.as_ref());
    let gemini = config.gemini.as_ref().and_then(|gemini| gemini.key.as_ref());
    let openai = || key("OPENAI_API_KEY", openai.is_some(), EngineChoice::OpenAi);
    let elevenlabs = || key("ELEVEN_API_KEY", elevenlabs.is_some(), EngineChoice::ElevenLabs);
    let deepgram = key("DEEPGRAM_API_KEY", deepgram.is_some(), EngineChoice::Deepgram);
    let cerebras = key("CEREBRAS_API_KEY", cerebras.is_some(), EngineChoice::Cerebras);
    let gemini = key("GEMINI_API_KEY", gemini.is_some(), EngineChoice::Gemini);
    [
        line("STT", config.stt, &[deepgram, elevenlabs(), openai()]),
        line("LLM", config.llm, &[cerebras, gemini, openai()]),
        line("TTS", config.tts, &[elevenlabs(), openai()]),
    ]
}

/// The key of a provider.
struct Key {
    variable: &'static str,
    is_set: bool,
    /// What chooses its provider.
    choice: EngineChoice,
}

fn line(service: &str, chosen: EngineChoice, keys: &[Key]) -> String {
    let mut line = format!("{service}: {}", chosen.name());
    if !matches!(chosen, EngineChoice::Embedded | EngineChoice::Scripted) {
        line.push_str(", then embedded");
    }
    for key in keys.iter().filter(|key| key.is_set) {
        if key.choice != chosen {
            // Writing to a string can't fail.
            let _ = write!(
                line,
                "; {} is set but not used, {service}={} would use it",
                key.variable,
                key.choice.name()
            );
        }
    }
    if chosen == EngineChoice::Embedded {
        let missing = keys.iter().filter(|key| !key.is_set);
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
                "STT: embedded; not set: DEEPGRAM_API_KEY, ELEVEN_API_KEY, OPENAI_API_KEY",
                "LLM: embedded; not set: CEREBRAS_API_KEY, GEMINI_API_KEY, OPENAI_API_KEY",
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
                "STT: embedded; ELEVEN_API_KEY is set but not used, STT=elevenlabs would use it; \
                 not set: DEEPGRAM_API_KEY, OPENAI_API_KEY",
                "LLM: embedded; CEREBRAS_API_KEY is set but not used, LLM=cerebras would use it; \
                 GEMINI_API_KEY is set but not used, LLM=gemini would use it; not set: OPENAI_API_KEY",
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
