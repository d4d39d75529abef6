//! The calls of one reply.

use futures::future::join_all;
use serde_json::{Value, json};

use super::http::ToolFailure;
use super::{HttpTool, ToolCall, ToolSpec, Tools};
use crate::engine::{Act, Occasion};
use crate::scenario::{Progress, Script};

/// What a model may call while it makes one reply, and what came of it.
#[derive(Debug)]
pub(crate) struct Calling<'a> {
    services: &'a [HttpTool],
    specs: Vec<ToolSpec>,
    script: &'a Script,
    /// Where the scenario stands after the reply.
    progress: Progress,
    acts: Vec<Act>,
    /// How many calls were made.
    count: usize,
}

impl<'a> Calling<'a> {
    /// The names of acts, which no service can have.
    pub(super) const RESERVED: [&'static str; 3] = [END, HINT, GOAL];

    /// `before` and `after`: where the scenario stands without what the learner said, and with it, as the script understands it.
    pub(crate) fn new(
        tools: &'a Tools,
        script: &'a Script,
        occasion: &Occasion,
        before: &Progress,
        after: Progress,
    ) -> Self {
        let mut specs: Vec<ToolSpec> = tools.services().iter().map(|tool| tool.spec().clone()).collect();
        if let Occasion::Answer(_) = occasion {
            specs.extend([
                act(END, "Ends the conversation after your words. Call it only when the learner says goodbye or wants to stop."),
                act(HINT, "Shows the learner answers that would fit. Call it when they don't know what to say."),
            ]);
            // Where the script itself takes the story on, the model is told of the next aim only.
            if !script.is_complete(&after) && after.is_at_step_of(before) {
                specs.push(act(
                    GOAL,
                    "Takes the story on. Call it when the learner has reached the aim now, though in words that nobody expected.",
                ));
            }
        }
        Self {
            services: tools.services(),
            specs,
            script,
            progress: after,
            acts: Vec::new(),
            count: 0,
        }
    }

    /// What the model is told of.
    pub(crate) fn specs(&self) -> &[ToolSpec] {
        &self.specs
    }

    /// Whether a call asks a service, which takes time, and whose answer the reply needs.
    pub(crate) fn is_service(&self, call: &ToolCall) -> bool {
        self.services.iter().any(|tool| tool.spec().name == call.name)
    }

    /// Makes calls, all at once, and gives the result of each.
    pub(crate) async fn make(&mut self, calls: &[ToolCall]) -> Vec<Value> {
        let services = self.services;
        let mut results = Vec::new();
        for call in calls {
            self.count += 1;
            let is_allowed = self.count <= MOST_CALLS;
            let service = services.iter().find(|tool| tool.spec().name == call.name);
            let acted = if is_allowed { self.act(&call.name) } else { None };
            results.push(async move {
                match (acted, service.filter(|_| is_allowed)) {
                    (Some(result), _) => Ok(result),
                    (None, Some(service)) => service.call(&call.arguments).await,
                    (None, None) => Err(ToolFailure::Unknown),
                }
            });
        }
        let as_value = |result: Result<Value, ToolFailure>| match result {
            Ok(result) => json!({ "result": result }),
            Err(failure) => json!({ "error": failure.to_string() }),
        };
        join_all(results).await.into_iter().map(as_value).collect()
    }

    /// What the reply does, and where the scenario stands after it.
    pub(crate) fn finish(self) -> (Vec<Act>, Progress) {
        (self.acts, self.progress)
    }

    /// Notes an act; nothing if it is none that is offered.
    fn act(&mut self, name: &str) -> Option<Value> {
        self.specs.iter().find(|spec| spec.name == name)?;
        let act = match name {
            END => Act::EndConversation,
            HINT => Act::GiveHint,
            GOAL => {
                self.specs.retain(|spec| spec.name != GOAL);
                self.progress = self.script.pass_step(&self.progress);
                let is_complete = self.script.is_complete(&self.progress);
                return Some(match is_complete {
                    true => json!({"the story": "is at its end: say goodbye"}),
                    false => json!({"the aim now": self.script.goal(&self.progress)}),
                });
            }
            _ => return None,
        };
        if !self.acts.contains(&act) {
            self.acts.push(act);
        }
        Some(json!("done"))
    }
}

fn act(name: &'static str, description: &str) -> ToolSpec {
    ToolSpec {
        name,
        description: description.to_owned(),
        parameters: json!({"type": "object", "properties": {}}),
    }
}

const END: &str = "end_conversation";
const HINT: &str = "give_hint";
const GOAL: &str = "goal_reached";
/// In one reply.
const MOST_CALLS: usize = 6;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Transcript;

    fn call(name: &str) -> ToolCall {
        ToolCall {
            name: name.to_owned(),
            arguments: "{}".to_owned(),
            ..ToolCall::default()
        }
    }

    fn names(calling: &Calling<'_>) -> Vec<String> {
        calling.specs().iter().map(|spec| spec.name.to_owned()).collect()
    }

    #[tokio::test]
    async fn acts_are_noted_once_and_the_goal_takes_the_story_on_once() {
        let (tools, script, before) = (Tools::default(), Script::sample(), Progress::default());
        let answer = Occasion::Answer(Transcript::default());
        let mut calling = Calling::new(&tools, &script, &answer, &before, before.clone());
        assert_eq!(names(&calling), [END, HINT, GOAL]);
        let results = calling
            .make(&[call(HINT), call(HINT), call(GOAL), call(GOAL), call("rm")])
            .await;
        let next = script.pass_step(&before);
        assert_eq!(
            results,
            [
                json!({"result": "done"}),
                json!({"result": "done"}),
                json!({"result": {"the aim now": script.goal(&next)}}),
                json!({"error": "there is no such tool now"}),
                json!({"error": "there is no such tool now"}),
            ]
        );
        assert_eq!(
            calling.make(&[call(END), call(END)]).await[1]["error"],
            "there is no such tool now"
        );
        assert_eq!(calling.finish(), (vec![Act::GiveHint, Act::EndConversation], next));
    }

    #[test]
    fn a_goal_that_the_script_saw_reached_is_not_offered_and_an_opener_calls_nothing() {
        let (tools, script, before) = (Tools::default(), Script::sample(), Progress::default());
        let after = script.pass_step(&before);
        let answer = Occasion::Answer(Transcript::default());
        let calling = Calling::new(&tools, &script, &answer, &before, after);
        assert_eq!(names(&calling), [END, HINT]);
        let calling = Calling::new(&tools, &script, &Occasion::Opener, &before, before.clone());
        assert!(calling.specs().is_empty());
    }
}
