//! All three chains of one conversation, whose preferred engines are those of one provider.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tokio::sync::mpsc;
use tokio::time::{Instant, advance};

use super::fakes::{Act, FakeLlm, FakeStt, FakeTts, Fault, broken};
use super::*;
use crate::correction::Guidance;
use crate::engine::{
    Expected, Heard, Listen, ListenRequest, Llm, Occasion, Pace, ReplyPiece, ReplyRequest, SpeakRequest, SpeechChunk,
    Stt, Tts,
};
use crate::language::Language;
use crate::scenario::{Progress, Script};

struct Chains {
    stt: FallbackStt,
    llm: FallbackLlm,
    tts: FallbackTts,
}

/// The provider does as told; the embedded engines answer at once.
fn chains(fault: Fault, reply: Vec<Act<ReplyPiece>>, speech: Vec<Act<SpeechChunk>>) -> Chains {
    let (config, health, told) = (ChainConfig::default(), Arc::new(Health::default()), Arc::new(()));
    let stt = |name, fault| Arc::new(FakeStt { name, fault }) as Arc<dyn Stt>;
    let llm = |name, acts| Arc::new(FakeLlm { name, acts }) as Arc<dyn Llm>;
    let tts = |name, acts| {
        Arc::new(FakeTts {
            name,
            speaks: true,
            acts,
            asked: Default::default(),
        }) as Arc<dyn Tts>
    };
    let progress = Progress::default();
    let embedded_reply = vec![text(), Act::Give(ReplyPiece::Done { progress })];
    let listeners = vec![stt("cloud", fault), stt("embedded", Fault::None)];
    let models = vec![llm("cloud", reply), llm("embedded", embedded_reply)];
    let voices = vec![tts("cloud", speech), tts("embedded", vec![sound()])];
    Chains {
        stt: FallbackStt::new(listeners, config, Arc::clone(&health), told.clone()),
        llm: FallbackLlm::new(models, config, Arc::clone(&health), told.clone()),
        tts: FallbackTts::new(voices, config, health, told),
    }
}

fn text() -> Act<ReplyPiece> {
    // The first phrase is over once it is known that another begins.
    Act::Give(ReplyPiece::Text("Très bien. Une table ?".to_owned()))
}

fn sound() -> Act<SpeechChunk> {
    Act::Give(SpeechChunk {
        pcm: vec![100; 1600].into(),
        rate: 16_000,
        words: Vec::new(),
    })
}

impl Chains {
    /// How many milliseconds after the end of a turn it is recognised, replied to, and the reply heard.
    async fn turn(&self) -> [u128; 3] {
        let (sender, receiver) = mpsc::channel(4);
        let request = ListenRequest {
            language: Language::French,
            expected: Arc::new(Expected::default()),
        };
        let mut heard = self.stt.listen(request, receiver);
        for listen in [Listen::Audio([0; 320].into()), Listen::End] {
            sender.send(listen).await.expect("it is read");
        }
        let ended = Instant::now();
        let recognised = heard.next().await;
        assert!(matches!(recognised, Some(Ok(Heard::Final(_)))), "{recognised:?}");
        let recognised = ended.elapsed();
        let mut reply = self.llm.reply(ReplyRequest {
            script: Script::sample(),
            progress: Progress::default(),
            native_language: Language::English,
            history: Vec::new(),
            occasion: Occasion::Opener,
            guidance: Guidance::default(),
        });
        let piece = reply.next().await;
        assert!(matches!(piece, Some(Ok(ReplyPiece::Text(_)))), "{piece:?}");
        let replied = ended.elapsed();
        let mut speech = self.tts.speak(SpeakRequest {
            language: Language::French,
            text: "Très bien.".to_owned(),
            pace: Pace::Natural,
            melody: None,
        });
        let chunk = speech.next().await;
        assert!(matches!(chunk, Some(Ok(_))), "{chunk:?}");
        [recognised, replied, ended.elapsed()].map(|after| after.as_millis())
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_hangs_costs_less_than_two_seconds_in_every_turn() {
    let chains = chains(Fault::Hangs, vec![Act::Hang], vec![Act::Hang]);
    assert_eq!(chains.turn().await, [1200, 1400, 1600]);
    for _ in 0..10 {
        let [.., heard] = chains.turn().await;
        assert!(heard < 2000, "{heard}");
        advance(Duration::from_secs(7)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_restores_the_trust_in_a_provider() {
    let in_time = |first| vec![Act::Wait(first), text(), Act::Hang];
    // It is slow to listen, yet replies in the little time that it is given: its voice gets its whole time again.
    let chains = chains(Fault::Hangs, in_time(150), vec![Act::Wait(900), sound()]);
    assert_eq!(chains.turn().await, [1200, 1350, 2250]);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_stops_after_its_first_syllable_in_every_service_costs_less_than_two_seconds() {
    let syllable = Act::Give(ReplyPiece::Text("Tr".to_owned()));
    let chains = chains(Fault::Hangs, vec![syllable, Act::Hang], vec![Act::Hang]);
    assert_eq!(chains.turn().await, [1200, 1600, 1800]);
}

#[tokio::test(start_paused = true)]
async fn failures_that_cost_no_time_are_not_held_against_a_provider() {
    let reply = vec![Act::Wait(900), text()];
    let chains = chains(Fault::BreaksAtTheEnd, reply, vec![Act::Fail(broken())]);
    assert_eq!(chains.turn().await, [0, 900, 900]);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_asks_for_rest_is_not_asked_again_before() {
    let rest = Duration::from_secs(30);
    let resting = EngineError::Resting {
        engine: "cloud",
        reason: "HTTP 429".to_owned(),
        rest,
    };
    let voice = |name, acts| {
        Arc::new(FakeTts {
            name,
            speaks: true,
            acts,
            asked: Default::default(),
        })
    };
    let (cloud, embedded) = (
        voice("cloud", vec![Act::Fail(resting)]),
        voice("embedded", vec![sound()]),
    );
    let engines = vec![cloud.clone() as Arc<dyn Tts>, embedded.clone()];
    let chain = FallbackTts::new(engines, ChainConfig::default(), Arc::default(), Arc::new(()));
    let up = || {
        chain
            .status()
            .iter()
            .map(|link| (link.name, link.is_up))
            .collect::<Vec<_>>()
    };
    assert_eq!(up(), [("cloud", true), ("embedded", true)]);
    for (after, asked) in [(0, 1), (29, 1), (1, 2)] {
        advance(Duration::from_secs(after)).await;
        let request = SpeakRequest {
            language: Language::French,
            text: "Très bien.".to_owned(),
            pace: Pace::Natural,
            melody: None,
        };
        let chunk = chain.speak(request).next().await;
        assert!(matches!(chunk, Some(Ok(_))), "{chunk:?}");
        // Once, not twice: it is no use to repeat at once what was refused for a while.
        assert_eq!(cloud.asked.lock().expect("not poisoned").len(), asked);
        assert_eq!(up()[0], ("cloud", false));
    }
    assert_eq!(embedded.asked.lock().expect("not poisoned").len(), 3);
}
