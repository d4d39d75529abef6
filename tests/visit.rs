//! A visitor of the page: a browser before a server, with a microphone that says what a test wants, when it wants.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::test_server::TestServer;

/// What is heard of the tutor adds at least this to the energy of what the browser has played: a second at -40 dBFS.
const AUDIBLE: f64 = 1e-4;
/// How long the tutor speaks until a few words are out, in ms.
const A_FEW_WORDS: u32 = 1_500;

/// Replaces the microphone by a loudspeaker that the test holds in front of it, in a room that is quiet but not dead; keeps
/// what the server tells, and samples what is heard of it.
const STAGING: &str = r#"
    const context = new AudioContext({ sampleRate: 48000 });
    const microphone = context.createMediaStreamDestination();
    const room = context.createBufferSource();
    room.buffer = context.createBuffer(1, 48000, 48000);
    let seed = 1;
    for (const [at] of room.buffer.getChannelData(0).entries()) {
        seed = (seed * 48271) % 2147483647;
        room.buffer.getChannelData(0)[at] = (seed / 2147483647 - 0.5) * 0.0006;
    }
    room.loop = true;
    room.connect(microphone);
    room.start();
    window.hush = (quiet) => (quiet ? room.disconnect() : room.connect(microphone));
    navigator.mediaDevices.getUserMedia = async () => {
        await context.resume();
        return microphone.stream.clone();
    };
    window.say = async (base64) => {
        await context.resume();
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const source = context.createBufferSource();
        source.buffer = await context.decodeAudioData(bytes.buffer);
        source.connect(microphone);
        source.start();
        await new Promise((resolve) => { source.onended = resolve; });
    };

    window.events = [];
    colloquy.call.addEventListener("message", ({ detail }) => events.push({ ...detail, at: performance.now() }));
    const isReply = ({ type, interrupted }) => type === "ai_response" && !interrupted;
    const isAnswer = ({ type, is_final, text }) => type === "transcript" && is_final && text;
    window.replies = () => new Set(events.filter(isReply).map(({ id }) => id)).size;
    window.answers = () => events.filter(isAnswer);
    // A tutor who stops for a noise listens too, but not for long; and nobody answers in no time.
    window.isMyTurn = () => {
        const state = events.findLastIndex(({ type }) => type === "state");
        return events[state]?.state === "listening" && performance.now() - events[state].at > 500
            && state > events.findLastIndex(isReply)
            && events.findLastIndex(isReply) > events.findLastIndex(isAnswer);
    };
    window.state = () => document.querySelector("[data-testid=state]").dataset.state;
    window.bubbles = () => [...document.querySelectorAll("[data-testid=captions] .bubble")].map((bubble) => ({
        role: bubble.dataset.role,
        // No-break spaces are for the eye.
        text: bubble.querySelector(".text").textContent.replace(/[\u00a0\u202f]/g, " "),
        interrupted: bubble.dataset.interrupted === "true",
    }));
    window.samples = [];
    setInterval(async () => {
        const now = { at: performance.now(), reply: replies(), state: state() };
        for (const report of (await colloquy.call.pc?.getStats())?.values() ?? []) {
            if (report.type !== "inbound-rtp" || report.kind !== "audio") continue;
            samples.push({ ...now, energy: report.totalAudioEnergy, lost: report.packetsLost });
        }
    }, 100);
"#;

/// A visitor of the page.
pub struct Visit {
    /// What they see.
    pub browser: Browser,
    /// What they see it of.
    pub server: TestServer,
}

/// A caption, or a message of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// "agent" or "learner".
    pub role: String,
    /// The words.
    pub text: String,
    /// Whether the learner broke in.
    pub interrupted: bool,
}

impl Visit {
    /// Opens a server's page in a window of that size.
    pub async fn start(server: TestServer, width: u32, height: u32) -> Self {
        let browser = Browser::start(width, height).await;
        let visit = Self { browser, server };
        visit.load().await;
        visit
    }

    /// Loads the page, or loads it again.
    pub async fn load(&self) {
        self.browser
            .open(&format!("http://{}/", self.server.running.http_addr))
            .await;
        self.browser.run(STAGING).await;
    }

    /// Chooses the restaurant in a language, for a speaker of another.
    pub async fn choose_restaurant(&self, language: &str, native: &str) {
        self.browser.choose("native", native).await;
        self.browser.choose("language", language).await;
        self.browser.choose("scenario", "restaurant").await;
    }

    /// Says a WAV file into the microphone, to its end.
    pub async fn say(&self, wav: &[u8]) {
        let script = "const [base64, done] = arguments; say(base64).then(() => done(null), (e) => done(String(e)));";
        let said = self.browser.run_to_end(script, vec![json!(STANDARD.encode(wav))]).await;
        assert_eq!(said, Value::Null, "the clip could not be played");
    }

    /// Waits until the tutor has spoken and listens.
    pub async fn await_turn(&self) {
        self.browser.until("the learner's turn", "return isMyTurn()").await;
    }

    /// Waits until the tutor has been heard with a few words of a reply, and has more to say.
    pub async fn await_words(&self) {
        let script = format!(
            "const now = samples.filter(({{ reply, state }}) => reply === replies() && state === 'speaking');
            return now.at(-1)?.at - now[0]?.at > {A_FEW_WORDS} && now.at(-1).energy - now[0].energy > {AUDIBLE}"
        );
        self.browser.until("the tutor's voice", &script).await;
    }

    /// Waits for the final transcript of a turn, counted from 0.
    pub async fn heard(&self, turn: usize) -> String {
        let script = format!("return answers()[{turn}]?.text");
        text_of(&self.browser.until(&format!("transcript {turn}"), &script).await)
    }

    /// Waits for the summary.
    pub async fn await_summary(&self) {
        let summary = "document.querySelector('[data-testid=summary]')";
        let script = format!("return !{summary}.hidden && {summary}.querySelector('li') !== null");
        self.browser.until("the summary", &script).await;
    }

    /// Checks that each reply was heard, counted from 1, and that nothing of any was lost on the way.
    pub async fn check_sound(&self, replies: usize) {
        let samples = self.browser.run("return samples").await;
        let samples = samples.as_array().expect("a list of samples");
        for reply in 1..=replies {
            let energies: Vec<f64> = samples
                .iter()
                .filter(|sample| sample["reply"] == reply && sample["state"] == "speaking")
                .filter_map(|sample| sample["energy"].as_f64())
                .collect();
            let (Some(first), Some(last)) = (energies.first(), energies.last()) else {
                panic!("reply {reply} was never seen to be spoken");
            };
            assert!(last - first > AUDIBLE, "reply {reply} was not audible: {energies:?}");
        }
        assert!(samples.iter().all(|sample| sample["lost"] == 0), "{:?}", samples.last());
    }

    /// What the page shows of what was said.
    pub async fn captions(&self) -> Vec<Line> {
        lines(&self.browser.run("return bubbles()").await, "role", "text")
    }

    /// The same as the server keeps it.
    pub async fn history(&self) -> Vec<Line> {
        let path = format!("/v1/conversations/{}/messages", self.conversation().await);
        let history = self.server.get(&self.token().await, &path).await.json();
        lines(&history["messages"], "sender", "content")
    }

    /// The id of the conversation.
    pub async fn conversation(&self) -> String {
        let script = "return performance.getEntriesByType('resource')
            .map(({ name }) => name.match(/(conv_\\w+)\\/whip/)?.[1]).find(Boolean)";
        text_of(&self.browser.until("a call", script).await)
    }

    /// The visitor's credential.
    pub async fn token(&self) -> String {
        let script = "return JSON.parse(localStorage['colloquy.guest']).access_token";
        text_of(&self.browser.run(script).await)
    }
}

fn lines(list: &Value, role: &str, text: &str) -> Vec<Line> {
    let list = list.as_array().expect("a list of lines");
    list.iter()
        .map(|line| Line {
            role: match line[role].as_str() {
                Some("ai") => "agent".to_owned(),
                Some("user") => "learner".to_owned(),
                _ => text_of(&line[role]),
            },
            text: text_of(&line[text]),
            interrupted: line["interrupted"] == true,
        })
        .collect()
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
