//! Servers that take no tools, and those that refuse for other reasons.

use std::time::Duration;

use colloquy_agents::tools::Tools;
use serde_json::json;

use super::Wire;
use crate::clock::Clock;
use crate::server::{Answer, Server};
use crate::{reply, request, text, unforeseen};

/// How many tools each request told of.
fn offered(wire: Wire, server: &Server) -> Vec<usize> {
    let requests = server.requests();
    requests.iter().map(|asked| wire.offered(asked).len()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_model_that_takes_no_tools_is_asked_without_them_for_a_while() {
    let clock = Clock::paused();
    for (wire, status, complaint) in [
        (
            Wire::OpenAi,
            400,
            "registry.ollama.ai/library/gemma:2b does not support tools",
        ),
        (Wire::OpenAi, 422, "Unrecognized field: tools"),
        (Wire::Gemini, 400, "Function calling is not enabled for models/gemma-3"),
    ] {
        let complaint = json!({"error": {"message": complaint}});
        let answers = [
            Answer::whole(status, "application/json", complaint.to_string()),
            wire.says("Bien.", &[]),
            wire.says("Bon.", &[]),
            wire.says("Oui.", &[]),
        ];
        let server = Server::with(answers).await;
        let model = wire.model(&server, Tools::default());
        for said in ["Bien.", "Bon.", "Oui."] {
            let (pieces, error) = reply(&*model, request(unforeseen())).await;
            assert_eq!((text(&pieces).as_str(), error), (said, None));
            if said == "Bon." {
                clock.pass(Duration::from_secs(600)).await;
            }
        }
        assert_eq!(offered(wire, &server), [3, 0, 0, 3], "{wire:?}");
    }
}

#[tokio::test]
async fn other_refusals_stay_what_they_are_and_cost_no_tools() {
    let wire = Wire::OpenAi;
    for (status, complaint) in [
        (400, "no such model"),
        (401, "your key may not use tools"),
        (500, "the tool parser crashed"),
    ] {
        let body = json!({ "error": complaint });
        let answers = [
            Answer::whole(status, "application/json", body.to_string()),
            wire.says("Bon.", &[]),
        ];
        let server = Server::with(answers).await;
        let model = wire.model(&server, Tools::default());
        let (_, error) = reply(&*model, request(unforeseen())).await;
        let reason = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(reason.contains(complaint), "{reason}");
        reply(&*model, request(unforeseen())).await;
        assert_eq!(offered(wire, &server), [3, 3], "{status}");
    }
}
