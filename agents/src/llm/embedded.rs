//! The embedded dialogue model: the scenario itself says what comes next.

use futures::StreamExt;
use futures::stream;

use crate::engine::{Llm, Occasion, ReplyPiece, ReplyRequest, Results};
use crate::scenario::Reply;

/// Answers from the script, at once and without a network.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmbeddedLlm;

impl Llm for EmbeddedLlm {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn reply(&self, request: ReplyRequest) -> Results<ReplyPiece> {
        let ReplyRequest {
            script,
            progress,
            occasion,
            guidance,
            ..
        } = request;
        let (reply, progress) = match occasion {
            Occasion::Opener => (script.opener(), progress),
            Occasion::Answer(answer) if guidance.answered_in.is_some() => script.ask_in_practised(&progress, &answer),
            Occasion::Answer(answer) => script.respond_recasting(&progress, &answer, guidance.correction.as_ref()),
            Occasion::Idle => script.idle(&progress),
        };
        let Reply {
            text,
            translation,
            insights,
        } = reply;
        let text = (!text.is_empty()).then_some(ReplyPiece::Text(text));
        let translation = (!translation.is_empty()).then_some(ReplyPiece::Translation(translation));
        let insights = (!insights.is_empty()).then_some(ReplyPiece::Insights(insights));
        let pieces = [text, translation, insights, Some(ReplyPiece::Done { progress })];
        stream::iter(pieces.into_iter().flatten().map(Ok)).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correction::Guidance;
    use crate::engine::Transcript;
    use crate::language::Language;
    use crate::scenario::{Progress, Script};

    #[tokio::test]
    async fn each_occasion_is_answered_from_the_script() {
        let script = Script::sample();
        let answer = Transcript {
            text: "deux".to_owned(),
            ..Transcript::default()
        };
        let progress = Progress::default();
        for (occasion, (reply, next)) in [
            (Occasion::Opener, (script.opener(), progress.clone())),
            (Occasion::Answer(answer.clone()), script.respond(&progress, &answer)),
            (Occasion::Idle, script.idle(&progress)),
        ] {
            let pieces = EmbeddedLlm
                .reply(ReplyRequest {
                    script: script.clone(),
                    progress: progress.clone(),
                    native_language: Language::English,
                    history: Vec::new(),
                    occasion,
                    guidance: Guidance::default(),
                })
                .collect::<Vec<_>>()
                .await;
            let mut expected = vec![Ok(ReplyPiece::Text(reply.text))];
            if !reply.translation.is_empty() {
                expected.push(Ok(ReplyPiece::Translation(reply.translation)));
            }
            if !reply.insights.is_empty() {
                expected.push(Ok(ReplyPiece::Insights(reply.insights)));
            }
            expected.push(Ok(ReplyPiece::Done { progress: next }));
            assert_eq!(pieces, expected);
        }
    }
}
