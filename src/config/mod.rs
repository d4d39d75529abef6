//! Configuration: one struct a concern, read from the environment at start and never again.
//!
//! Every variable is optional. An empty value switches an optional thing off; lists are comma-separated.

mod accounts;
mod data;
mod engines;
mod environment;
mod http;
mod limits;
mod log;
mod page;
mod presence;
mod rtc;
mod secret;
mod streaming;
mod traces;
mod webhooks;

pub use accounts::{AccountsConfig, ConfiguredKey};
pub use colloquy_agents::secret::Secret;
pub use data::DataConfig;
pub use engines::{EngineChoice, EnginesConfig};
pub use environment::{ConfigError, Environment, Setting};
pub use http::{HttpConfig, TlsFiles};
pub use limits::LimitsConfig;
pub use log::{LogConfig, LogFormat};
pub use page::PageConfig;
pub use presence::PresenceConfig;
pub use rtc::{RtcConfig, When};
pub use streaming::StreamingConfig;
pub use traces::TracesConfig;
pub use webhooks::WebhooksConfig;

/// Everything that can be set.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the program listens and what it calls itself.
    pub http: HttpConfig,
    /// Where it keeps things.
    pub data: DataConfig,
    /// What it shares with other nodes.
    pub presence: PresenceConfig,
    /// Where webhooks may go.
    pub webhooks: WebhooksConfig,
    /// Who may come in without signing up.
    pub accounts: AccountsConfig,
    /// How real-time sound reaches it.
    pub rtc: RtcConfig,
    /// What listens, thinks and speaks.
    pub engines: EnginesConfig,
    /// How the sound of document 004 comes.
    pub streaming: StreamingConfig,
    /// What pages are told of where they call.
    pub page: PageConfig,
    /// What it says about itself.
    pub log: LogConfig,
    /// Where its traces go.
    pub traces: TracesConfig,
    settings: Vec<Setting>,
}

impl Config {
    /// Reads the process's environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// Reads variables from `lookup`.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let environment = Environment::new(lookup);
        Ok(Self {
            http: HttpConfig::from_env(&environment)?,
            data: DataConfig::from_env(&environment)?,
            presence: PresenceConfig::from_env(&environment)?,
            webhooks: WebhooksConfig::from_env(&environment)?,
            accounts: AccountsConfig::from_env(&environment)?,
            rtc: RtcConfig::from_env(&environment)?,
            engines: EnginesConfig::from_env(&environment)?,
            streaming: StreamingConfig::from_env(&environment)?,
            page: PageConfig::from_env(&environment)?,
            log: LogConfig::from_env(&environment)?,
            traces: TracesConfig::from_env(&environment)?,
            settings: environment.into_settings(),
        })
    }

    /// Every variable with the value in force, secrets masked, in the order of the documentation.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }
}

/// Reads "true" or "false", or what else is usual for them, in any case.
fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_lookup(|name| {
            variables
                .iter()
                .find(|(variable, _)| *variable == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn nothing_set_gives_the_documented_defaults() {
        let config = config(&[]).unwrap();
        assert_eq!(config.http.host, "0.0.0.0");
        assert_eq!(config.http.port, 8000);
        assert_eq!(config.http.public_url, None);
        assert_eq!(config.http.cors_origins, ["http://localhost:3000"]);
        let url = config.data.database_url.expose();
        assert!(url.starts_with("sqlite:///") && url.ends_with("/data/colloquy.db?mode=rwc"));
        assert_eq!(config.data.audio_dir, std::path::Path::new("data/audio"));
        assert_eq!(config.rtc.udp_port, 7882);
        assert_eq!(config.rtc.tcp_port, Some(7881));
        assert!(config.rtc.addresses.is_empty());
        assert_eq!(config.engines.stt, EngineChoice::Embedded);
        assert!(config.accounts.api_keys.is_empty());
        assert_eq!(config.log.level, "info");
    }

    #[test]
    fn the_page_is_where_a_browser_gives_the_microphone_to_it() {
        let page = |variables: &[(&str, &str)], address: &str| {
            let config = config(variables).unwrap();
            config.http.page(address.parse().unwrap())
        };
        assert_eq!(page(&[], "0.0.0.0:8000"), "http://localhost:8000");
        assert_eq!(page(&[], "127.0.0.1:8600"), "http://localhost:8600");
        assert_eq!(page(&[], "[::]:8000"), "http://localhost:8000");
        assert_eq!(page(&[], "192.0.2.7:8000"), "http://192.0.2.7:8000");
        let tls = [("TLS_CERT", "cert.pem"), ("TLS_KEY", "key.pem")];
        assert_eq!(page(&tls, "0.0.0.0:443"), "https://localhost:443");
        assert_eq!(
            page(&[("PUBLIC_URL", "https://talk.example")], "0.0.0.0:8000"),
            "https://talk.example"
        );
    }

    #[test]
    fn bad_values_give_one_line_that_names_the_variable() {
        for (variable, value) in [
            ("PORT", "eight"),
            ("PORT", "70000"),
            ("RTC_TCP_PORT", "-1"),
            ("RTC_UDP_PORT", ""),
            ("RTC_ADDRESSES", "10.0.0.1,here"),
            ("MEDIA_THREADS", "0"),
            ("ICE_SERVERS", "http://example.com"),
            ("STT", "ears"),
            ("LOG_LEVEL", "loud"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a-key"),
            ("LOG_FORMAT", "xml"),
            ("API_KEYS", "no-address"),
            ("DATABASE_URL", "mysql://here"),
            ("PUBLIC_URL", "example.com"),
            ("REDIS_URL", "localhost:6379"),
            ("REDIS_URL", "redis://local host"),
            ("NODE_URL", "10.0.0.1:8000"),
            ("TRUSTED_PROXIES", "10.0.0.0/33"),
            ("REQUIRE_HTTPS", "maybe"),
            ("RATE_LIMITS", "some"),
            ("RATE_LIMIT_AUTH", "10"),
            ("WEBHOOK_ALLOW", "localhost"),
            ("CORS_ORIGINS", "example.com"),
            ("OPENAI_BASE_URL", "localhost:8000"),
            ("TUTOR_PORT", "eight"),
            ("DEBUG", "maybe"),
            ("SAMPLE_RATE", "4000"),
            ("CHUNK_SIZE", "0"),
            ("NEXT_PUBLIC_WS_URL", "http://localhost:8000/ws"),
            ("LLM", "cerebras"),
            ("LLM", "gemini"),
            ("LLM", "elevenlabs"),
            ("STT", "deepgram"),
            ("STT", "whisper"),
            ("CEREBRAS_URL", "api.cerebras.ai"),
            ("DEEPGRAM_URL", "https://api.deepgram.com/?key=1"),
            ("GEMINI_URL", "generativelanguage"),
            ("GEMINI_MODEL", "../models"),
            ("STT", "elevenlabs"),
            ("ELEVEN_BASE_URL", "https://api.elevenlabs.io/?key=1"),
            ("ELEVEN_TTS_VOICE", "../voices"),
            ("ELEVEN_STT_MODEL", ""),
        ] {
            let error = config(&[(variable, value)]).unwrap_err().to_string();
            assert!(error.starts_with(variable), "{variable}={value}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn an_empty_value_switches_an_optional_thing_off() {
        let config = config(&[
            ("RTC_TCP_PORT", ""),
            ("CORS_ORIGINS", ""),
            ("API_KEYS", ""),
            ("PUBLIC_URL", " "),
            ("DATABASE_URL", ""),
        ])
        .unwrap();
        assert_eq!(config.rtc.tcp_port, None);
        assert!(config.http.cors_origins.is_empty());
        assert!(config.accounts.api_keys.is_empty());
        assert_eq!(config.http.public_url, None);
        assert!(config.data.database_url.expose().starts_with("sqlite://"));
    }

    #[test]
    fn the_variables_of_document_004_are_read_flags_in_any_case() {
        let defaults = config(&[]).unwrap();
        assert!(defaults.streaming.debug && defaults.page.debug);
        assert_eq!(
            (defaults.streaming.sample_rate, defaults.streaming.chunk_size),
            (16_000, 1_024)
        );
        assert_eq!(defaults.page.ws_url, "ws://localhost:8000/ws");
        let set = config(&[
            ("DEBUG", "False"),
            ("SAMPLE_RATE", "8000"),
            ("CHUNK_SIZE", "320"),
            ("NEXT_PUBLIC_DEBUG", "FALSE"),
            ("NEXT_PUBLIC_API_URL", "https://api.example.com"),
            ("LLM", "Cerebras"),
            ("CEREBRAS_API_KEY", "csk-1"),
        ])
        .unwrap();
        assert!(!set.streaming.debug && !set.page.debug);
        assert_eq!((set.streaming.sample_rate, set.streaming.chunk_size), (8_000, 320));
        assert_eq!(set.page.api_url, "https://api.example.com");
        let cerebras = set.engines.cerebras.expect("a key names it");
        assert_eq!(cerebras.base_url.as_str(), "https://api.cerebras.ai/v1");
        assert_eq!(cerebras.key.as_ref().map(Secret::expose), Some("csk-1"));
    }

    #[test]
    fn the_key_of_document_002_names_elevenlabs_and_a_server_of_ones_own_needs_none() {
        let set = config(&[("ELEVEN_API_KEY", "xi-1"), ("STT", "ElevenLabs"), ("TTS", "elevenlabs")]).unwrap();
        assert_eq!(
            (set.engines.stt, set.engines.llm, set.engines.tts),
            (
                EngineChoice::ElevenLabs,
                EngineChoice::Embedded,
                EngineChoice::ElevenLabs
            )
        );
        let elevenlabs = set.engines.elevenlabs.expect("a key names it");
        assert_eq!(elevenlabs.base_url.as_str(), "https://api.elevenlabs.io/");
        assert_eq!(elevenlabs.key.as_ref().map(Secret::expose), Some("xi-1"));
        let own = config(&[
            ("ELEVEN_BASE_URL", "http://localhost:9999"),
            ("ELEVEN_STT_MODEL", "scribe_v1"),
            ("ELEVEN_TTS_MODEL", "eleven_v3"),
            ("ELEVEN_TTS_VOICE", "abc123"),
            ("TTS", "elevenlabs"),
        ]);
        let own = own.unwrap().engines.elevenlabs.expect("an address names it");
        assert_eq!((own.base_url.port(), own.key), (Some(9999), None));
        assert_eq!(
            (own.stt_model.as_str(), own.tts_model.as_str()),
            ("scribe_v1", "eleven_v3")
        );
        assert_eq!(own.tts_voice.as_str(), "abc123");
    }

    #[test]
    fn a_provider_is_named_by_its_key_or_its_address_and_chosen_for_what_it_can_do() {
        let set = config(&[
            ("DEEPGRAM_API_KEY", "dg-1"),
            ("GEMINI_API_KEY", "g-1"),
            ("CEREBRAS_URL", "http://localhost:7000/v1"),
            ("STT", "Deepgram"),
            ("LLM", "gemini"),
            ("TOOLS_FILE", "tools.json"),
        ]);
        let engines = set.unwrap().engines;
        assert_eq!(
            (engines.stt, engines.llm),
            (EngineChoice::Deepgram, EngineChoice::Gemini)
        );
        let deepgram = engines.deepgram.expect("a key names it");
        assert_eq!(
            (deepgram.base_url.as_str(), deepgram.model.as_str()),
            ("https://api.deepgram.com/", "nova-3")
        );
        let gemini = engines.gemini.expect("a key names it");
        assert_eq!(gemini.model.as_str(), "gemini-flash-lite-latest");
        let cerebras = engines.cerebras.expect("an address names it");
        assert_eq!(
            (cerebras.base_url.port(), cerebras.key, cerebras.name),
            (Some(7000), None, "cerebras")
        );
        assert_eq!(engines.tools_file.as_deref(), Some(std::path::Path::new("tools.json")));
        for (variable, value) in [("TTS", "deepgram"), ("LLM", "deepgram"), ("STT", "gemini")] {
            let keys = [
                ("DEEPGRAM_API_KEY", "dg-1"),
                ("GEMINI_API_KEY", "g-1"),
                (variable, value),
            ];
            assert_eq!(config(&keys).unwrap_err().variable, variable);
        }
    }

    #[test]
    fn the_second_port_is_8081_unless_it_is_off() {
        assert_eq!(config(&[]).unwrap().http.tutor_port, Some(8081));
        assert_eq!(config(&[("TUTOR_PORT", "")]).unwrap().http.tutor_port, None);
        assert_eq!(config(&[("TUTOR_PORT", "9")]).unwrap().http.tutor_port, Some(9));
    }

    #[test]
    fn a_certificate_needs_its_key_and_a_key_its_certificate() {
        for (set, lacking) in [("TLS_CERT", "TLS_KEY"), ("TLS_KEY", "TLS_CERT")] {
            let error = config(&[(set, "file.pem")]).unwrap_err();
            assert_eq!(error.variable, lacking);
        }
        let both = config(&[("TLS_CERT", "cert.pem"), ("TLS_KEY", "key.pem")]).unwrap();
        assert!(both.http.tls.is_some());
    }

    #[test]
    fn switches_are_read_in_any_case() {
        for (text, is_on) in [("on", true), ("TRUE", true), ("1", true), ("Off", false), ("no", false)] {
            assert_eq!(
                config(&[("REQUIRE_HTTPS", text)]).unwrap().http.require_https,
                is_on,
                "{text}"
            );
        }
    }

    #[test]
    fn lists_are_split_at_commas_and_trimmed() {
        let config = config(&[
            ("RTC_ADDRESSES", "10.0.0.1, ::1 ,"),
            ("ICE_SERVERS", "stun:a.example:3478,turn:u:p@b.example"),
        ])
        .unwrap();
        assert_eq!(config.rtc.addresses.len(), 2);
        let servers: Vec<&str> = config.rtc.ice_servers.iter().map(Secret::expose).collect();
        assert_eq!(servers, ["stun:a.example:3478", "turn:u:p@b.example"]);
    }

    #[test]
    fn api_keys_are_split_at_the_last_colon() {
        let config = config(&[("API_KEYS", "sk:live:1:ann@example.com,plain:Bob@Example.com")]).unwrap();
        let keys = &config.accounts.api_keys;
        assert_eq!(keys[0].key.expose(), "sk:live:1");
        assert_eq!(keys[0].email, "ann@example.com");
        assert_eq!(keys[1].email, "bob@example.com");
    }

    #[test]
    fn secrets_are_shown_neither_by_settings_nor_debug_nor_errors() {
        let config = config(&[
            ("API_KEYS", "tell-nobody:ann@example.com"),
            ("OPENAI_API_KEY", "tell-nobody"),
            ("GEMINI_API_KEY", "tell-nobody"),
            ("CEREBRAS_API_KEY", "tell-nobody"),
            ("DEEPGRAM_API_KEY", "tell-nobody"),
            ("ELEVEN_API_KEY", "tell-nobody"),
            ("ICE_SERVERS", "turn:user:tell-nobody@b.example"),
            ("DATABASE_URL", "postgres://colloquy:tell-nobody@db/colloquy"),
        ])
        .unwrap();
        for setting in config.settings() {
            assert!(!setting.shown.contains("tell-nobody"), "{setting:?}");
        }
        let shown = |name: &str| {
            let setting = config.settings().iter().find(|setting| setting.name == name);
            setting.unwrap().shown.clone()
        };
        assert_eq!(shown("DATABASE_URL"), "postgres://colloquy:***@db/colloquy");
        assert_eq!(shown("OPENAI_API_KEY"), "***");
        assert!(!format!("{config:?}").contains("tell-nobody"));
        for (variable, value) in [
            ("API_KEYS", "tell-nobody"),
            ("OPENAI_BASE_URL", "http://user:tell-nobody@localhost:9/v1"),
        ] {
            let error = self::config(&[(variable, value)]).unwrap_err();
            assert!(!error.to_string().contains("tell-nobody"), "{error}");
        }
    }

    #[test]
    fn a_server_is_named_by_its_address_or_by_a_key_for_openai() {
        let server = |variables: &[(&str, &str)]| config(variables).unwrap().engines.openai;
        assert_eq!(server(&[("OPENAI_TTS_VOICE", "nova"), ("OPENAI_API_KEY", " ")]), None);
        let openai = server(&[("OPENAI_API_KEY", "sk-1"), ("OPENAI_TTS_VOICE", "nova")]).unwrap();
        assert_eq!(openai.base_url.as_str(), "https://api.openai.com/v1");
        assert_eq!(openai.key.as_ref().map(Secret::expose), Some("sk-1"));
        let names = [
            &openai.stt_model,
            &openai.llm_model,
            &openai.tts_model,
            &openai.tts_voice,
        ];
        assert_eq!(names, ["whisper-1", "gpt-4o-mini", "tts-1", "nova"]);
        let local = server(&[("OPENAI_BASE_URL", "http://localhost:11434/v1")]).unwrap();
        assert_eq!((local.base_url.port(), local.key), (Some(11434), None));
    }

    #[test]
    fn calls_are_limited_only_when_a_limit_is_set() {
        assert_eq!(config(&[]).unwrap().rtc.max_calls, None);
        assert_eq!(config(&[("MAX_CALLS", "")]).unwrap().rtc.max_calls, None);
        assert_eq!(config(&[("MAX_CALLS", "250")]).unwrap().rtc.max_calls, Some(250));
        for none in ["0", "-1", "many"] {
            assert!(config(&[("MAX_CALLS", none)]).is_err(), "{none}");
        }
    }

    #[test]
    fn every_variable_is_in_the_example_and_in_the_documentation() {
        let config = config(&[]).unwrap();
        let example = include_str!("../../.env.example");
        let documentation = include_str!("../../docs/configuration.md");
        for Setting { name, .. } in config.settings() {
            assert!(
                example.lines().any(|line| line
                    .trim_start_matches('#')
                    .trim_start()
                    .starts_with(&format!("{name}="))),
                "{name} is missing from .env.example"
            );
            assert!(
                documentation.contains(&format!("| `{name}` |")),
                "{name} is missing from docs/configuration.md"
            );
        }
    }

    #[test]
    fn the_example_itself_is_a_valid_configuration() {
        let example = include_str!("../../.env.example");
        let variables: Vec<(&str, &str)> = example
            .lines()
            .map(|line| line.trim_start_matches('#').trim())
            .filter_map(|line| line.split_once('='))
            .filter(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
            .collect();
        assert!(variables.len() > 10);
        config(&variables).unwrap();
    }
}
