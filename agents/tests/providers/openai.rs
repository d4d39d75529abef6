//! An OpenAI-compatible server: its recogniser, its dialogue model and its voice.

mod failures;
mod success;

use std::sync::Arc;
use std::time::Duration;

use colloquy_agents::engine::{
    EngineError, Heard, Listen, Occasion, Pace, ReplyPiece, Transcript, Utterance, WordTiming,
};
use colloquy_agents::llm::openai::OpenAiLlm;
use colloquy_agents::openai::{OpenAiConfig, OpenAiServer};
use colloquy_agents::secret::Secret;
use colloquy_agents::stt::openai::OpenAiStt;
use colloquy_agents::tts::openai::OpenAiTts;

use crate::server::Server;
use crate::{KEY, request, timeouts, turn};

/// The provider at this address, each piece of whose answers is waited for this long.
fn provider(base_url: &str, idle: Duration) -> Arc<OpenAiServer> {
    let mut config = OpenAiConfig::new(base_url, Some(Secret::new(KEY))).expect("the address is a URL");
    config.timeouts = timeouts(idle);
    Arc::new(OpenAiServer::new(config).expect("it speaks plain HTTP"))
}

fn provider_of(server: &Server) -> Arc<OpenAiServer> {
    provider(&server.base_url(), server.patience())
}

async fn hear(server: &Server, phrases: &[&str], messages: Vec<Listen>) -> (Vec<Heard>, Option<EngineError>) {
    crate::hear(&OpenAiStt::new(provider_of(server)), turn(phrases), messages).await
}

async fn reply(server: &Server, history: Vec<Utterance>, occasion: Occasion) -> (Vec<ReplyPiece>, Option<EngineError>) {
    let mut asked = request(occasion);
    asked.history = history;
    crate::reply(&OpenAiLlm::new(provider_of(server)), asked).await
}

async fn speak(server: &Server, words: &str) -> (Vec<i16>, Vec<WordTiming>, Option<EngineError>) {
    crate::speak(&OpenAiTts::new(provider_of(server)), words, Pace::Slow).await
}

fn answer(text: &str) -> Occasion {
    Occasion::Answer(Transcript {
        text: text.to_owned(),
        ..Transcript::default()
    })
}
