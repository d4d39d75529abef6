//! The documents that the server implements, and the examples in them.

/// The platform: `/v1`, OAuth, webhooks.
pub const PLATFORM: &str = include_str!("../contracts/000-linguaai-platform-api.md");
/// The tutor by requests and a WebSocket.
pub const TUTOR: &str = include_str!("../contracts/001-livekit-tutor-api.md");
/// Sessions of uploaded recordings.
pub const SESSIONS: &str = include_str!("../contracts/002-voice-session-api.md");
/// Flat conversations and messages.
pub const FLAT: &str = include_str!("../contracts/003-flat-conversation-api.md");
/// Conversations by sound over a WebSocket.
pub const SOCKET: &str = include_str!("../contracts/004-websocket-voice-api.md");

/// A block of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// What stands after the fence.
    pub language: &'a str,
    /// The nearest heading above it.
    pub heading: &'a str,
    /// The code, word for word.
    pub text: String,
}

/// All blocks of a document, in order.
pub fn blocks(document: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut heading = "";
    let mut open: Option<Block<'_>> = None;
    for line in document.lines() {
        let fence = line.trim_start().strip_prefix("```");
        open = match (open.take(), fence) {
            (Some(block), Some(_)) => {
                blocks.push(block);
                None
            }
            (Some(mut block), None) => {
                block.text += line;
                block.text.push('\n');
                Some(block)
            }
            (None, Some(language)) => Some(Block {
                language,
                heading,
                text: String::new(),
            }),
            (None, None) => {
                let title = line.trim_start_matches('#');
                if title.len() < line.len() {
                    heading = title.trim();
                }
                None
            }
        };
    }
    // Document 002 leaves its last block open.
    blocks.extend(open);
    blocks
}

/// The blocks of a language under a heading.
pub fn examples(document: &str, heading: &str, language: &str) -> Vec<String> {
    blocks(document)
        .into_iter()
        .filter(|block| (block.heading, block.language) == (heading, language))
        .map(|block| block.text)
        .collect()
}

/// The only block of a language under a heading.
pub fn example(document: &str, heading: &str, language: &str) -> String {
    let mut found = examples(document, heading, language);
    assert_eq!(found.len(), 1, "{language} under {heading}");
    found.remove(0)
}

/// Examples in programming languages that tests run, by heading.
const RUN: [(&str, &str); 7] = [
    ("Webhook Verification", "python"),
    ("Retry Logic", "javascript"),
    ("Starting a Conversation", "javascript"),
    ("Adding Messages", "javascript"),
    ("Ending a Conversation", "javascript"),
    ("JavaScript Client Example", "javascript"),
    ("Python Client Example", "python"),
];
/// Those that need the client libraries of document 000 (rows 0.080 to 0.087), which are still to be made.
const AWAITING_LIBRARIES: [(&str, &str); 6] = [
    ("JavaScript/TypeScript SDK", "typescript"),
    ("JavaScript/TypeScript SDK", "typescript"),
    ("Python SDK", "python"),
    ("React Hooks", "tsx"),
    ("Learning Management System (LMS) Integration", "python"),
    ("Corporate Training Platform", "typescript"),
];
/// Those that show types or the inside of a server: nothing that a client could run.
const NO_PROGRAMS: [(&str, &str); 4] = [
    ("Session", "python"),
    ("CORS Configuration", "python"),
    ("Conversation Object", "typescript"),
    ("Message Object", "typescript"),
];

#[test]
fn every_example_is_run_or_known_to_be_open() {
    let languages = ["javascript", "typescript", "tsx", "python"];
    let mut found: Vec<_> = [PLATFORM, TUTOR, SESSIONS, FLAT, SOCKET]
        .into_iter()
        .flat_map(blocks)
        .filter(|block| languages.contains(&block.language))
        .map(|block| (block.heading, block.language))
        .collect();
    let mut known = [&RUN[..], &AWAITING_LIBRARIES, &NO_PROGRAMS].concat();
    found.sort_unstable();
    known.sort_unstable();
    assert_eq!(found, known);
}
