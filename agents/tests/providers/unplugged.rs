//! Unplugging a provider in the middle of a sentence is heard as a pause of at most two seconds, and nothing that was said is
//! said again: for each provider, each thing that it does, and each way to fail.
//!
//! The whole way is there: the provider's engines over their real wires, chains with stand-ins behind them, the mind, and a
//! playout that counts silence. Time is simulated ([`crate::clock`]).

mod call;
mod lookup;
mod plugs;

use std::time::Duration;

use colloquy_agents::chain::Service;

use self::call::Call;
use self::lookup::{ANSWER, BEGUN, Lookup, Place, Provider};
use self::plugs::{Fault, Plug, REPLY};

/// The longest silence that is allowed, from the last voiced sample of the learner to the last word of the reply.
const LONGEST: Duration = Duration::from_secs(2);

/// Takes the plug out of one service, or of all of them, in the middle of a turn, in every way.
async fn is_heard_as_a_short_pause(plug: impl AsyncFn() -> Plug) {
    let services = plug().await.services();
    let each = services.iter().map(|service| vec![*service]);
    let all = (services.len() > 1).then(|| services.clone());
    let mut longest = Duration::ZERO;
    for broken in each.chain(all) {
        for fault in Fault::ALL {
            let plug = plug().await;
            let name = plug.name;
            let mut call = Call::with(&plug).await;
            call.hear_opener().await;
            plug.pull(&broken, fault);
            let turn = call.take_turn().await;
            println!(
                "{name} {broken:?} {fault:?}: {:?} of silence, {:?}",
                turn.silence, turn.said
            );
            assert!(turn.silence <= LONGEST, "{name} {broken:?} {fault:?}: {turn:?}");
            longest = longest.max(turn.silence);
            let told = format!("{name} {broken:?} {fault:?}: {turn:?}");
            // The learner is understood, and answered.
            assert_eq!(turn.heard, call::SAID, "{told}");
            if services.contains(&Service::Llm) && !broken.contains(&Service::Llm) {
                assert_eq!(turn.said, REPLY, "{told}");
            }
            if broken.contains(&Service::Llm) && fault.begins() {
                // What was said stays, the sentence is broken off, and another one follows.
                let rest = turn.said.strip_prefix("Certainly. Would you like… ");
                assert!(rest.is_some_and(|rest| rest.len() > 10), "{told}");
            }
            // Words that nobody could have heard are not begun with.
            assert!(!turn.said.starts_with("Cert…"), "{told}");
            // Nothing is said twice.
            assert!(!call::repeats(&turn.said), "{told}");
            assert!(call::are_part_of(&turn.words, &turn.said), "{told}");
            for (phrase, rest) in &turn.taken_over {
                assert!(phrase.ends_with(rest.as_str()), "{told}");
            }
            if broken.contains(&Service::Tts) && fault.begins() {
                let goes_on = |(phrase, rest): &(String, String)| rest.len() < phrase.len();
                assert!(turn.taken_over.iter().any(goes_on), "{told}");
            }
            // And the next turn goes on.
            let next = call.take_turn().await;
            assert!(
                next.silence <= LONGEST && !next.said.is_empty(),
                "{name} {broken:?} {fault:?}: {next:?}"
            );
        }
    }
    println!("longest silence: {longest:?}");
}

#[tokio::test(start_paused = true)]
async fn openai_unplugged_is_heard_as_a_short_pause() {
    is_heard_as_a_short_pause(plugs::openai).await;
}

#[tokio::test(start_paused = true)]
async fn cerebras_unplugged_is_heard_as_a_short_pause() {
    is_heard_as_a_short_pause(plugs::cerebras).await;
}

#[tokio::test(start_paused = true)]
async fn gemini_unplugged_is_heard_as_a_short_pause() {
    is_heard_as_a_short_pause(plugs::gemini).await;
}

#[tokio::test(start_paused = true)]
async fn elevenlabs_unplugged_is_heard_as_a_short_pause() {
    is_heard_as_a_short_pause(plugs::elevenlabs).await;
}

#[tokio::test(start_paused = true)]
async fn deepgram_unplugged_is_heard_as_a_short_pause() {
    is_heard_as_a_short_pause(plugs::deepgram).await;
}

/// What is said while something is looked up, by the model or for it.
const ASIDES: [&str; 3] = ["One moment, let me check.", "I'm still looking.", "Let me see."];

/// What was said of a reply beside that.
fn without_asides(said: &str) -> String {
    let without = ASIDES
        .iter()
        .fold(said.to_owned(), |said, aside| said.replace(aside, ""));
    without.trim().to_owned()
}

/// Takes the plug out of a model that asks a service, or out of the service, anywhere in a turn and in every way.
async fn is_never_silent_nor_lost(provider: Provider) {
    let mut longest = Duration::ZERO;
    for words in ["", "Let me see."] {
        for place in Place::ALL {
            for fault in Fault::ALL {
                let lookup = Lookup::with(provider, words).await;
                let mut call = Call::with(&lookup.plug).await;
                call.hear_opener().await;
                lookup.pull(place, fault);
                let turn = call.take_turn().await;
                let told = format!("{provider:?} {words:?} {place:?} {fault:?}: {turn:?}");
                println!("{told}");
                assert!(turn.silence <= LONGEST, "{told}");
                longest = longest.max(turn.silence);
                let reply = without_asides(&turn.said);
                match place {
                    // The model makes the best of it.
                    Place::Service => assert_eq!(reply, ANSWER, "{told}"),
                    Place::Reply if fault.begins() => {
                        let rest = reply.strip_prefix(format!("{BEGUN}… ").as_str());
                        assert!(rest.is_some_and(|rest| rest.len() > 10), "{told}");
                    }
                    // The scenario replies.
                    Place::Call | Place::Reply => assert!(reply.len() > 10 && !reply.contains('…'), "{told}"),
                }
                // Who has to wait is told so.
                let is_told = ASIDES.iter().any(|aside| turn.said.starts_with(aside));
                assert!(is_told || place == Place::Call, "{told}");
                assert!(!call::repeats(&turn.said), "{told}");
                assert!(call::are_part_of(&turn.words, &turn.said), "{told}");
            }
        }
    }
    println!("longest silence: {longest:?}");
}

#[tokio::test(start_paused = true)]
async fn openai_unplugged_while_it_looks_something_up_is_neither_silent_nor_lost() {
    is_never_silent_nor_lost(Provider::OpenAi).await;
}

#[tokio::test(start_paused = true)]
async fn cerebras_unplugged_while_it_looks_something_up_is_neither_silent_nor_lost() {
    is_never_silent_nor_lost(Provider::Cerebras).await;
}

#[tokio::test(start_paused = true)]
async fn gemini_unplugged_while_it_looks_something_up_is_neither_silent_nor_lost() {
    is_never_silent_nor_lost(Provider::Gemini).await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_service_and_a_slow_model_after_it_are_waited_for_and_the_learner_is_told() {
    for (service, reply, said) in [
        (0, 0, format!("One moment, let me check. {ANSWER}")),
        (600, 800, format!("One moment, let me check. {ANSWER}")),
        (
            600,
            2000,
            format!("One moment, let me check. I'm still looking. {ANSWER}"),
        ),
        // The service is given up, the model is not.
        (
            5000,
            2000,
            format!("One moment, let me check. I'm still looking. {ANSWER}"),
        ),
    ] {
        let lookup = Lookup::with(Provider::OpenAi, "").await;
        let mut call = Call::with(&lookup.plug).await;
        call.hear_opener().await;
        lookup.slow_down(Duration::from_millis(service), Duration::from_millis(reply));
        let turn = call.take_turn().await;
        assert_eq!(turn.said, said, "{service} {reply}");
        assert!(turn.silence <= LONGEST, "{service} {reply}: {turn:?}");
    }
}
