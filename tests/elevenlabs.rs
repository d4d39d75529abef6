//! Document 002's way of a recording with ElevenLabs: WAV to its recogniser, the reply to its voice, MP3 to the learner.

use base64::prelude::{BASE64_STANDARD, Engine};
use colloquy::audio::{Sound, decode};
use colloquy_loadtest::api::http_client;
use reqwest::Client;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Program, command};
use crate::providers::server::{Answer, Request, Server};

const KEY: &str = "xi-tell-nobody-0123456789";
/// "I would like a table for two, please.", recorded by a browser's MediaRecorder.
const RECORDING: &[u8] = include_bytes!("data/sound/answer.webm");
/// What the provider hears in it, whatever is said: an expected answer, but not in the words of the recording.
const HEARD: &str = "A table for two, please.";
/// How long each phrase takes that the provider says.
const PHRASE: f64 = 0.8;

/// Its voice: a tone of 500 Hz, which is nobody else's.
fn tone() -> Vec<u8> {
    let samples =
        (0..(24_000.0 * PHRASE) as usize).map(|at| if (at / 24).is_multiple_of(2) { 8_000_i16 } else { -8_000 });
    samples.flat_map(i16::to_le_bytes).collect()
}

fn is_heard(request: &Request) -> bool {
    request.head.starts_with("POST /v1/speech-to-text ")
}

fn is_said(request: &Request) -> bool {
    request.head.starts_with("POST /v1/text-to-speech/") && request.head.contains("/stream/with-timestamps?")
}

/// A provider that works.
fn answer(request: &Request) -> Answer {
    if is_heard(request) {
        let words = HEARD.split(' ').zip(0..);
        let words = words.map(|(word, number)| {
            let start = f64::from(number) * 0.3;
            json!({"text": word, "type": "word", "start": start, "end": start + 0.25, "logprob": -0.01})
        });
        let words: Vec<Value> = words.collect();
        let body = json!({"language_code": "eng", "language_probability": 0.99, "text": HEARD, "words": words});
        return Answer::whole(200, "application/json", body.to_string());
    }
    assert!(is_said(request), "{}", request.head);
    let text = request.json()["text"].as_str().unwrap().to_owned();
    let characters: Vec<String> = text.chars().map(String::from).collect();
    let each = PHRASE / characters.len() as f64;
    let at = |number: usize| number as f64 * each;
    let alignment = json!({
        "characters": characters,
        "character_start_times_seconds": (0..characters.len()).map(at).collect::<Vec<_>>(),
        "character_end_times_seconds": (1..=characters.len()).map(at).collect::<Vec<_>>(),
    });
    let sound = tone();
    let (first, rest) = sound.split_at(10_001);
    let lines = [
        json!({"audio_base64": BASE64_STANDARD.encode(first), "alignment": alignment, "normalized_alignment": alignment}),
        json!({"audio_base64": BASE64_STANDARD.encode(rest), "alignment": null, "normalized_alignment": null}),
    ];
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    Answer::chunked("application/json", lines, 1_000)
}

fn start(dir: &TempDir, provider: &Server, log_level: &str) -> Program {
    Program::start(
        command(dir)
            .env("STT", "elevenlabs")
            .env("TTS", "elevenlabs")
            .env("ELEVEN_API_KEY", KEY)
            .env("ELEVEN_BASE_URL", provider.origin())
            .env("LOG_LEVEL", log_level),
    )
}

/// One who talks by upload.
struct Session {
    client: Client,
    base: String,
    started: Value,
}

impl Session {
    async fn start(program: &Program) -> Self {
        let client = http_client().unwrap();
        let url = format!("{}/api/session/start", program.base());
        let body = json!({"scenario": "restaurant", "language": "english"});
        let answer = client.post(url).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        Self {
            client,
            base: program.base().to_owned(),
            started: answer.json().await.unwrap(),
        }
    }

    fn url(&self, what: &str) -> String {
        format!(
            "{}/api/session/{}/{what}",
            self.base,
            self.started["sessionId"].as_str().unwrap()
        )
    }

    async fn step(&self) -> Value {
        let status: Value = self
            .client
            .get(self.url("status"))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        status["currentStep"].clone()
    }

    /// Uploads the recording.
    async fn say(&self) -> Value {
        let form = Form::new().part("audio", Part::bytes(RECORDING).file_name("recording.webm"));
        let answer = self
            .client
            .post(self.url("process"))
            .multipart(form)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    /// What stands behind the `audioUrl` of an answer.
    async fn listen(&self, answer: &Value) -> Sound {
        let file = self
            .client
            .get(answer["audioUrl"].as_str().unwrap())
            .send()
            .await
            .unwrap();
        assert_eq!(file.headers()["content-type"], "audio/mpeg");
        decode(&file.bytes().await.unwrap()).unwrap()
    }
}

fn seconds(sound: &Sound) -> f64 {
    sound.samples.len() as f64 / f64::from(sound.rate)
}

/// The share of the energy that is at 500 Hz, within the first phrase.
fn share_of_tone(sound: &Sound) -> f64 {
    let rate = sound.rate as usize;
    let middle = &sound.samples[rate / 5..rate * 3 / 5];
    let turn = std::f64::consts::TAU * 500.0 / f64::from(sound.rate);
    let (mut real, mut imaginary, mut energy) = (0.0, 0.0, 0.0);
    for (at, sample) in middle.iter().enumerate() {
        let sample = f64::from(*sample);
        real += sample * (turn * at as f64).cos();
        imaginary += sample * (turn * at as f64).sin();
        energy += sample * sample;
    }
    2.0 * (real * real + imaginary * imaginary) / (energy * middle.len() as f64)
}

/// What the provider was asked to say, joined.
fn said(requests: &[Request]) -> String {
    let texts = requests.iter().filter(|request| is_said(request));
    let texts: Vec<String> = texts
        .map(|request| request.json()["text"].as_str().unwrap().to_owned())
        .collect();
    texts.join(" ")
}

fn assert_no_key(program: &Program) {
    let log = program.log();
    let told: Vec<&String> = log.iter().filter(|line| line.contains(KEY)).collect();
    assert!(told.is_empty(), "{told:?}");
}

#[actix_rt::test]
async fn what_is_uploaded_goes_to_elevenlabs_as_wav_and_the_reply_comes_from_there_as_mp3() {
    let provider = Server::answering(|request| Some(answer(request))).await;
    let dir = tempfile::tempdir().unwrap();
    let program = start(&dir, &provider, "trace");
    let session = Session::start(&program).await;
    let opened = provider.requests();
    assert_eq!(said(&opened), session.started["message"].as_str().unwrap());
    assert!(share_of_tone(&session.listen(&session.started).await) > 0.5);
    let before = session.step().await;

    let answer = session.say().await;
    assert!(answer["audioUrl"].as_str().unwrap().ends_with("/response_001.mp3"));
    assert_ne!(answer["currentStep"], before, "what was heard is an expected answer");
    let requests = provider.requests().split_off(opened.len());
    let heard: Vec<&Request> = requests.iter().filter(|request| is_heard(request)).collect();
    assert!(!heard.is_empty());
    let upload = &heard.last().unwrap().body;
    let wav = upload.windows(4).position(|bytes| bytes == b"RIFF").expect("it is WAV");
    let header = &upload[wav..wav + 44];
    assert_eq!(
        (&header[8..16], &header[20..24]),
        (b"WAVEfmt ".as_slice(), [1, 0, 1, 0].as_slice())
    );
    assert_eq!(header[24..28], 16_000_u32.to_le_bytes());
    let length = u32::from_le_bytes(header[40..44].try_into().unwrap());
    let (sent, recorded) = (f64::from(length) / 32_000.0, seconds(&decode(RECORDING).unwrap()));
    assert!((sent - recorded).abs() < 0.5, "{sent} s of {recorded} s");

    assert_eq!(said(&requests), answer["message"].as_str().unwrap());
    let phrases = requests.iter().filter(|request| is_said(request)).count();
    let sound = session.listen(&answer).await;
    assert_eq!(sound.rate, 44_100);
    assert!(
        (seconds(&sound) - phrases as f64 * PHRASE).abs() < 0.3,
        "{} s",
        seconds(&sound)
    );
    assert!(share_of_tone(&sound) > 0.5, "{}", share_of_tone(&sound));

    for request in provider.requests() {
        assert_eq!(request.header("xi-api-key"), Some(KEY));
    }
    let metrics = program.metrics().await;
    assert!(!metrics.contains("colloquy_engine_fallbacks_total{"), "{metrics}");
    assert_no_key(&program);
}

#[actix_rt::test]
async fn a_session_goes_on_when_elevenlabs_refuses() {
    let complaint = json!({"detail": {"status": "invalid_api_key", "message": format!("{KEY} is no key")}}).to_string();
    let provider = Server::answering(move |_| Some(Answer::whole(401, "application/json", &complaint))).await;
    let dir = tempfile::tempdir().unwrap();
    let program = start(&dir, &provider, "debug");
    let session = Session::start(&program).await;
    let before = session.step().await;
    let answer = session.say().await;
    assert_ne!(answer["currentStep"], before, "the embedded recogniser understood it");
    let sound = session.listen(&answer).await;
    assert!(seconds(&sound) > 0.5 && share_of_tone(&sound) < 0.5);
    let asked = provider.requests();
    assert!(asked.iter().any(is_heard) && asked.iter().any(is_said));
    let metrics = program.metrics().await;
    for service in ["stt", "tts"] {
        let fallback = format!("colloquy_engine_fallbacks_total{{service=\"{service}\",from=\"elevenlabs\"");
        assert!(metrics.contains(&fallback), "no {fallback} in {metrics}");
    }
    let health: Value = session
        .client
        .get(format!("{}/health", program.base()))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        health["services"],
        json!({"ai_service": true, "audio_processor": true, "audio_pipeline": true})
    );
    assert_no_key(&program);
}

#[actix_rt::test]
async fn without_keys_the_log_says_so_once_for_each_service() {
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(command(&dir).env("GEMINI_API_KEY", KEY));
    let log = program.log();
    for said in [
        "STT: embedded; not set: DEEPGRAM_API_KEY, ELEVEN_API_KEY, OPENAI_API_KEY",
        "LLM: embedded; GEMINI_API_KEY is set but not used, LLM=gemini would use it; not set: CEREBRAS_API_KEY, OPENAI_API_KEY",
        "TTS: embedded; not set: ELEVEN_API_KEY, OPENAI_API_KEY",
    ] {
        let lines = log
            .iter()
            .filter(|line| line.contains("INFO") && line.contains(said))
            .count();
        assert_eq!(lines, 1, "{said}: {log:#?}");
    }
    assert_no_key(&program);
}
