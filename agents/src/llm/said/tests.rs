use futures::StreamExt;
use futures::future::BoxFuture;

use super::*;
use crate::produce::produce;

/// What a reply gives, and after how many milliseconds.
async fn given(
    language: Language,
    work: impl for<'a> FnOnce(&'a mut Said<'_>) -> BoxFuture<'a, ()> + Send + 'static,
) -> Vec<(u64, String)> {
    let began = Instant::now();
    let stream = produce(move |emit| async move {
        work(&mut Said::new(language, &emit)).await;
        Ok(())
    });
    let shown = stream.map(|piece| {
        let piece = match piece.expect("nothing fails") {
            ReplyPiece::Text(text) => text,
            ReplyPiece::PhraseEnd => "|".to_owned(),
            ReplyPiece::Aside(text) => format!("<{text}>"),
            piece => panic!("{piece:?}"),
        };
        (began.elapsed().as_millis() as u64, piece)
    });
    shown.collect().await
}

fn at(pieces: &[(u64, &str)]) -> Vec<(u64, String)> {
    pieces.iter().map(|(at, piece)| (*at, (*piece).to_owned())).collect()
}

async fn after(ms: u64) {
    tokio::time::sleep(Duration::from_millis(ms)).await;
}

#[tokio::test]
async fn rounds_are_separated_where_the_language_separates_words() {
    for (language, next, text) in [
        (Language::French, " Non.", "Oui. Non."),
        (Language::Japanese, "Non.", "Oui.Non."),
    ] {
        let pieces = given(language, move |said| {
            Box::pin(async move {
                assert!(!said.has_words());
                said.push("Oui.".to_owned()).await;
                assert!(said.has_words());
                assert_eq!(said.take_round(), "Oui.");
                assert!(!said.has_words(), "a new round has none");
                said.push("Non.".to_owned()).await;
                assert_eq!((said.take_round().as_str(), said.text.as_str()), ("Non.", text));
            })
        });
        assert_eq!(pieces.await, at(&[(0, "Oui."), (0, next)]));
    }
}

#[tokio::test]
async fn a_phrase_is_ended_once_and_a_round_without_words_shows_that_there_was_one() {
    let pieces = given(Language::French, |said| {
        Box::pin(async move {
            said.end_phrase().await;
            said.push("Oui.".to_owned()).await;
            said.end_phrase().await;
            said.end_round().await;
            said.take_round();
            said.end_round().await;
        })
    });
    assert_eq!(pieces.await, at(&[(0, "Oui."), (0, "|"), (0, "|")]));
}

#[tokio::test(start_paused = true)]
async fn who_waits_is_told_so_twice_at_most_and_words_that_come_end_it() {
    let pieces = given(Language::French, |said| {
        Box::pin(async move {
            // Nobody has been told to wait.
            said.while_waiting(after(5000)).await;
            said.look_up().await;
            // Its 18 letters take 540 ms at least.
            said.while_waiting(after(1600)).await;
            said.while_waiting(after(1400)).await;
            said.while_waiting(after(9000)).await;
            said.push("À midi.".to_owned()).await;
            said.while_waiting(after(9000)).await;
            assert_eq!(said.text, "À midi.");
        })
    });
    let expected = [
        (5000, "<Un instant, je regarde.>"),
        (6640, "< Je cherche encore.>"),
        (17_000, " À midi."),
    ];
    assert_eq!(pieces.await, at(&expected));
}

#[tokio::test(start_paused = true)]
async fn words_that_come_with_a_call_tell_it_themselves_and_the_next_round_has_other_ones() {
    let pieces = given(Language::French, |said| {
        Box::pin(async move {
            said.push("Je regarde.".to_owned()).await;
            said.look_up().await;
            said.while_waiting(after(500)).await;
            said.take_round();
            // It asks again, and says nothing with it.
            said.look_up().await;
            said.take_round();
            // There are no more words for that.
            said.look_up().await;
        })
    });
    let expected = [
        (0, "Je regarde."),
        (0, "<>"),
        (500, "< Je cherche encore.>"),
        (500, "<>"),
    ];
    assert_eq!(pieces.await, at(&expected));
}

#[tokio::test(start_paused = true)]
async fn many_words_give_no_more_time_than_a_mind_waits() {
    let pieces = given(Language::English, |said| {
        Box::pin(async move {
            said.push("word ".repeat(60)).await;
            said.look_up().await;
            said.while_waiting(after(2500)).await;
        })
    });
    assert_eq!(pieces.await[2..], at(&[(2000, "< I'm still looking.>")]));
}

#[test]
fn every_language_has_something_to_say_twice() {
    for language in Language::ALL {
        let [first, second] = asides(language);
        assert!(
            first != second && !first.is_empty() && !second.is_empty(),
            "{language:?}"
        );
    }
}
