//! Replies of several rounds: none of their words is lost, and none of them is nothing but an announcement.

use std::sync::Arc;

use colloquy_agents::chain::{ChainConfig, FallbackLlm};
use colloquy_agents::engine::{Act, EngineError, Llm, ReplyPiece};
use colloquy_agents::llm::embedded::EmbeddedLlm;
use colloquy_agents::tools::Tools;
use serde_json::json;

use super::{WIRES, acts, trains};
use crate::server::{Answer, Server};
use crate::{reply, request, text, unforeseen};

/// The reply of a chain of this model and the scenario itself.
async fn chained(model: Arc<dyn Llm>) -> (Vec<ReplyPiece>, Option<EngineError>) {
    let engines = vec![model, Arc::new(EmbeddedLlm) as Arc<dyn Llm>];
    let chain = FallbackLlm::new(engines, ChainConfig::default(), Arc::default(), Arc::new(()));
    reply(&chain, request(unforeseen())).await
}

/// What the scenario says itself.
async fn scripted() -> String {
    text(&reply(&EmbeddedLlm, request(unforeseen())).await.0)
}

#[tokio::test]
async fn an_answer_after_a_round_of_acts_without_words_is_not_lost() {
    for wire in WIRES {
        let service = Server::with([Answer::whole(200, "text/plain", "12:04")]).await;
        let answers = [
            wire.says("Je regarde.", &[("trains", json!({"to": "Lyon"}))]),
            wire.says("", &[("give_hint", json!({}))]),
            wire.says("À midi.", &[]),
        ];
        let server = Server::with(answers).await;
        let (pieces, error) = chained(wire.model(&server, trains(&service.origin(), 800))).await;
        assert_eq!(
            (text(&pieces).as_str(), error),
            ("Je regarde. À midi.", None),
            "{wire:?}"
        );
        assert_eq!((acts(&pieces), server.requests().len()), (vec![Act::GiveHint], 3));
    }
}

#[tokio::test]
async fn a_last_round_without_words_is_no_reply_and_the_scenario_gives_one() {
    let call = || ("trains", json!({"to": "Lyon"}));
    for wire in WIRES {
        for (answers, said) in [
            (
                vec![wire.says("Je regarde.", &[call()]), wire.says("", &[])],
                "Je regarde. ",
            ),
            (vec![wire.says("", &[call()]), wire.says("", &[])], " "),
            (
                vec![wire.says("", &[call()]), wire.says("", &[call()]), wire.says("", &[])],
                " ",
            ),
            (vec![wire.says("", &[("give_hint", json!({}))]), wire.says("", &[])], ""),
            (vec![wire.says("", &[])], ""),
        ] {
            let service = Server::answering(|_| Some(Answer::whole(200, "text/plain", "12:04"))).await;
            let (asked, server) = (answers.len(), Server::with(answers).await);
            let (pieces, error) = chained(wire.model(&server, trains(&service.origin(), 800))).await;
            let whole = format!("{said}{}", scripted().await);
            assert_eq!((text(&pieces), error), (whole, None), "{wire:?} {said:?}");
            assert_eq!(server.requests().len(), asked);
            assert_eq!(
                acts(&pieces),
                [],
                "what the scenario says is not what was to be acted upon"
            );
        }
    }
}

#[tokio::test]
async fn each_round_in_which_nothing_is_said_has_words_of_its_own() {
    for wire in WIRES {
        let service = Server::answering(|_| Some(Answer::whole(200, "text/plain", "12:04"))).await;
        let call = || wire.says("", &[("trains", json!({"to": "Lyon"}))]);
        let server = Server::with([call(), call(), wire.says("À midi.", &[])]).await;
        let model = wire.model(&server, trains(&service.origin(), 800));
        let (pieces, error) = reply(&*model, request(unforeseen())).await;
        assert_eq!((error, service.requests().len()), (None, 2));
        let told: Vec<&ReplyPiece> = pieces.iter().take(3).collect();
        let aside = |words: &str| ReplyPiece::Aside(words.to_owned());
        let expected = [
            &aside("Un instant, je regarde."),
            &aside(" Je cherche encore."),
            &ReplyPiece::Text(" À midi.".to_owned()),
        ];
        assert_eq!(told, expected, "{wire:?}");
    }
}

#[tokio::test]
async fn words_are_spoken_before_their_translation_or_a_call_is_whole() {
    for wire in WIRES {
        let server = Server::with([wire.says("Oui.\n###\nYes.", &[("give_hint", json!({}))])]).await;
        let (pieces, error) = reply(&*wire.model(&server, Tools::default()), request(unforeseen())).await;
        assert_eq!(error, None);
        let of = |wanted: &ReplyPiece| pieces.iter().filter(|piece| *piece == wanted).count();
        assert_eq!(of(&ReplyPiece::PhraseEnd), 1, "{pieces:?}");
        assert_eq!(
            pieces[..2],
            [ReplyPiece::Text("Oui.".to_owned()), ReplyPiece::PhraseEnd]
        );
    }
}
