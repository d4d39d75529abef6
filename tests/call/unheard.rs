//! What the embedded recogniser doesn't expect, over the wire.

use colloquy_loadtest::clip::Voice;

use super::*;
use crate::caller::{history, listening};

#[actix_rt::test]
async fn a_sentence_that_nobody_expects_is_shown_without_a_word_and_asked_for_again() {
    let server = TestServer::start().await;
    let api = server.caller().await;
    let conversation = api.create_conversation("restaurant", "english").await;
    let conversation = conversation.expect("a conversation");
    let mut call = Call::join(&api, &conversation).await.expect("a call");
    message(&mut call, "ai_response").await;
    listening(&mut call).await;
    let voice = Voice::of("english").expect("a voice");
    let clip = Clip::spoken("Have you seen the football match last night", voice);
    say(
        &mut call,
        &clip.expect("espeak-ng is installed (make test installs it)"),
    )
    .await;
    let transcript = message_that(&mut call, "transcript", |transcript| transcript["is_final"] == true).await;
    assert_eq!(transcript["text"], "…");
    let again = reply(&mut call).await;
    let text = again["text"].as_str().expect("a text");
    assert!(
        text.contains("catch that") && text.contains("A table for two, please"),
        "what is asked is asked again, with something to say: {again}"
    );
    let kept = history(&api, &conversation, 3).await;
    assert_eq!(kept[1]["content"], "…", "{kept:?}");
    server.stop().await;
}
