//! Unplugging a provider in the middle of a sentence is heard as a pause of at most two seconds, and nothing that was said is
//! said again: for each provider, each thing that it does, and each way to fail.
//!
//! The whole way is there: the provider's engines over their real wires, chains with stand-ins behind them, the mind, and a
//! playout that counts silence. Time is simulated ([`crate::clock`]).

mod call;
mod plugs;

use std::time::Duration;

use colloquy_agents::chain::Service;

use self::call::Call;
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
