//! Topics, languages, exercises, recordings, and the files of sound.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::ContentBuilder;

use super::endpoint::{Endpoint, binary, get, post};
use super::values;
use crate::accounts::scope::Scope;
use crate::rest::voice::azure::Recognised;

const CONTENT: &str = "Content";
const VOICE: &str = "Voice";

/// What there is to talk about.
#[derive(ToSchema)]
struct Topics {
    language: String,
    level: String,
    categories: Vec<CategoryView>,
}

/// Topics that belong together.
#[derive(ToSchema)]
struct CategoryView {
    id: String,
    name: String,
    icon: String,
    topics: Vec<TopicView>,
}

/// Something to talk about.
#[derive(ToSchema)]
struct TopicView {
    id: String,
    name: String,
    difficulty: String,
    duration_minutes: u32,
    description: String,
    icon: String,
}

/// What can be practised.
#[derive(ToSchema)]
struct Languages {
    languages: Vec<LanguageOffer>,
}

/// A language, and what this server can do in it.
#[derive(ToSchema)]
struct LanguageOffer {
    id: String,
    tag: String,
    name: String,
    native_name: String,
    /// How many scenarios there are; without any there is open talk.
    scenarios: u64,
    /// The recogniser that is asked first; null where one has to type.
    #[schema(required)]
    recognition: Option<String>,
    /// All of them, in the order in which they are asked.
    recognisers: Vec<String>,
    /// Whether the tutor has a voice.
    voice: bool,
    /// The voices, in the order in which they are asked.
    voices: Vec<String>,
    /// Whether there is neither, so that conversations are held in writing.
    text_only: bool,
    assessment: JudgesOfLanguage,
    /// The tag of the language into which the tutor is translated; null where it depends.
    #[schema(required)]
    translated_into: Option<String>,
}

/// Who judges what is said and written in a language; null or empty where nobody does.
#[derive(ToSchema)]
struct JudgesOfLanguage {
    #[schema(required)]
    pronunciation: Option<String>,
    #[schema(required)]
    fluency: Option<String>,
    #[schema(required)]
    intonation: Option<String>,
    /// `rules`, `languagetool` and `model`, as far as they are there, in order of trust; with none of them there is no score.
    grammar: Vec<String>,
    /// Of what is typed: `dictionary`, `languagetool` and `model`, as far as they are there.
    spelling: Vec<String>,
}

/// A recording, and what is read aloud in it.
#[derive(ToSchema)]
struct Recording {
    /// A WAV, MP3, WebM or Ogg file of at most 10 MB and two minutes.
    #[schema(format = Binary)]
    audio: String,
    #[schema(min_length = 1, max_length = 1000, pattern = r"^[^\u0000]*\S[^\u0000]*$")]
    text: String,
    language: values::LanguageName,
}

/// A recording, measured: as document 000 shows it, or with `format=azure`.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum MeasuredVoice {
    Document(Box<AnalysisOfVoice>),
    Azure(Recognised),
}

/// A recording, measured. What was not measured is null.
#[derive(Serialize, ToSchema)]
struct AnalysisOfVoice {
    #[schema(pattern = "^voice_")]
    analysis_id: String,
    text: String,
    language: String,
    #[schema(required, maximum = 100)]
    overall_score: Option<u8>,
    /// How far the recording can be judged at all. Below 0.65 no single sound is, below 0.35 nothing.
    #[schema(minimum = 0, maximum = 1)]
    confidence: f64,
    /// What lowers it, the worst first.
    doubts: Vec<DoubtView>,
    detailed_analysis: DetailedAnalysis,
    improvements: Vec<String>,
    next_exercises: Vec<String>,
}

/// Why a recording can't be judged with certainty.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum DoubtView {
    /// Little was said.
    Short,
    /// There is noise behind the voice.
    Noisy,
    /// It is too loud for the microphone.
    Clipped,
    /// The upper half of the spectrum is missing.
    NarrowBand,
    /// The method was measured on few people in the language, or on none.
    Language,
}

/// Part by part.
#[derive(Serialize, ToSchema)]
struct DetailedAnalysis {
    pronunciation: PronunciationOfVoice,
    fluency: FluencyOfVoice,
    intonation: IntonationOfVoice,
}

/// How the sounds were made.
#[derive(Serialize, ToSchema)]
struct PronunciationOfVoice {
    #[schema(required, maximum = 100)]
    score: Option<u8>,
    /// The share of the words of the text that were said, in percent.
    #[schema(required, maximum = 100)]
    completeness: Option<u8>,
    /// Those of the words that were said, in the order of the text; empty where the recording allows to judge none.
    phonemes: Vec<PhonemeView>,
    /// Why there is no score.
    #[schema(required)]
    feedback: Option<String>,
}

/// A sound.
#[derive(Serialize, ToSchema)]
struct PhonemeView {
    /// In IPA.
    phoneme: String,
    word: String,
    /// Null of a sound that nothing here tells from those that learners usually put in its place.
    #[schema(required, maximum = 100)]
    score: Option<u8>,
    /// What to do about it, or why there is no score, in the learner's own language.
    feedback: String,
    /// The sound in a word.
    audio_example: Option<String>,
    /// What it sounded like, in IPA, where that is another sound.
    heard: Option<String>,
}

/// How fluently it was said.
#[derive(Serialize, ToSchema)]
struct FluencyOfVoice {
    #[schema(required, maximum = 100)]
    score: Option<u8>,
    /// `slow`, `appropriate` or `fast`; `unknown` where the words that were said aren't.
    pace: String,
    /// Syllables a second, pauses and fillers left out.
    #[schema(required)]
    articulation_rate: Option<f64>,
    pauses: u32,
    filler_words: u32,
    feedback: String,
}

/// Its melody.
#[derive(Serialize, ToSchema)]
struct IntonationOfVoice {
    #[schema(required, maximum = 100)]
    score: Option<u8>,
    /// `questioning` (it rises), `declarative` (it falls), `level` or `unclear`.
    pattern: String,
    #[schema(required, maximum = 100)]
    accuracy: Option<u8>,
    feedback: String,
}

/// What there is to say after the tutor.
#[derive(ToSchema)]
struct ExerciseList {
    exercises: Vec<ExerciseView>,
}

/// An exercise.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ExerciseView {
    /// Words.
    WordRepetition {
        id: String,
        title: String,
        difficulty: String,
        words: Vec<WordToSay>,
    },
    /// Sentences.
    SentencePractice {
        id: String,
        title: String,
        difficulty: String,
        sentences: Vec<SentenceToSay>,
    },
}

/// A word.
#[derive(Serialize, ToSchema)]
struct WordToSay {
    text: String,
    phonetic: String,
    #[schema(required)]
    audio_url: Option<String>,
    tips: String,
}

/// A sentence.
#[derive(Serialize, ToSchema)]
struct SentenceToSay {
    text: String,
    #[schema(required)]
    audio_url: Option<String>,
    intonation_pattern: String,
    tips: String,
}

/// The sounds of a language.
#[derive(ToSchema)]
struct PhonemeList {
    /// As it was asked for.
    language: String,
    phonemes: Vec<PhonemeToSay>,
}

/// A sound, and how it is made.
#[derive(ToSchema)]
struct PhonemeToSay {
    /// In IPA.
    phoneme: String,
    /// A word with that sound.
    example: String,
    /// Where the word can be heard; null where there is no voice for the language.
    #[schema(required)]
    audio_example: Option<String>,
    /// What to do with tongue and lips, in the learner's own language.
    advice: String,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let audio = get("/audio/{directory}/{file}", "getAudio", "Hear a file of sound")
        .about("What the tutor says, exercises, and words to hear sounds in, as MP3. The URL is the credential. Ranges are answered.")
        .part(
            "directory",
            values::id("123e4567-e89b-42d3-a456-426614174000"),
            "The conversation or session.",
        )
        .part("file", values::file(), "The message.")
        .query(
            "pace",
            values::choice(&["natural", "slow"]),
            "`slow` has the voice say it more slowly than in the conversation. Files of sessions have one pace.",
        )
        .header(
            "Range",
            values::range(),
            "Bytes that are wanted (RFC 9110 section 14.2).",
        )
        .answers_of(200, "The sound.", "audio/mpeg", binary())
        .tells(200, "Accept-Ranges", "`bytes`")
        .answers_of(206, "A part of it.", "audio/mpeg", binary())
        .tells(206, "Content-Range", "Which part.")
        .answers_with(304, "It is what the client has.", &[])
        .answers_with(412, "It is not what the client supposes.", &[])
        .answers_with(416, "There are no such bytes.", &[])
        .refuses(&[400, 404])
        .tag(VOICE);
    vec![
        get("/v1/content/topics", "listTopics", "Get Available Conversation Topics")
            .tag(CONTENT)
            .bearer()
            .query(
                "language",
                values::language_or_blank(),
                "Without it, the language of the preferences.",
            )
            .query(
                "level",
                values::text(100),
                "A recommendation: a topic for more advanced learners is listed as such. Without it, the level of the preferences.",
            )
            .answers::<Topics>(200, "The topics.", topics())
            .refuses(&[400]),
        get(
            "/v1/content/languages",
            "listLanguages",
            "List the languages that can be practised",
        )
        .tag(CONTENT)
        .bearer()
        .answers::<Languages>(
            200,
            "The languages.",
            json!({
                "languages": [{
                    "id": "french",
                    "tag": "fr",
                    "name": "French",
                    "native_name": "Français",
                    "scenarios": 6,
                    "recognition": "acoustic",
                    "recognisers": ["acoustic"],
                    "voice": true,
                    "voices": ["embedded"],
                    "text_only": false,
                    "assessment": {
                        "pronunciation": "acoustic",
                        "fluency": "acoustic",
                        "intonation": "acoustic",
                        "grammar": ["rules"],
                        "spelling": ["dictionary"]
                    },
                    "translated_into": "en"
                }]
            }),
        ),
        post("/v1/voice/analyze", "analyzeVoice", "Upload Audio for Analysis")
            .tag(VOICE)
            .scoped(&[Scope::ManageConversations])
            .query(
                "format",
                values::choice(&["document", "azure"]),
                "`azure` answers in the shape of Azure's pronunciation assessment, times in ticks of 100 ns.",
            )
            .query(
                "native_language",
                values::language_or_blank(),
                "The language to explain in. Without it, the learner's own.",
            )
            .takes_files::<Recording>()
            .answers::<MeasuredVoice>(200, "What was measured.", analysis()),
        get(
            "/v1/voice/exercises",
            "listExercises",
            "Get Pronunciation Practice Exercises",
        )
        .tag(VOICE)
        .bearer()
        .query(
            "language",
            values::language_or_blank(),
            "Without it, the language of the preferences.",
        )
        .query(
            "difficulty",
            values::level(200),
            "Without it, the level of the preferences.",
        )
        .query(
            "focus",
            values::choice(&["pronunciation", "intonation", "fluency"]),
            "Without it, all.",
        )
        .query(
            "phoneme",
            values::text(200),
            "A sound in IPA: only what trains it, whatever the focus; nothing where the language has no such sound.",
        )
        .query(
            "native_language",
            values::language_or_blank(),
            "The language of titles and tips. Without it, the learner's own.",
        )
        .answers::<ExerciseList>(200, "The exercises.", exercises())
        .refuses(&[400]),
        get("/v1/voice/phonemes", "listPhonemes", "List the sounds of a language")
            .about("What to do with tongue and lips for each of them, and a word to hear it in.")
            .tag(VOICE)
            .bearer()
            .query(
                "language",
                values::language_or_blank(),
                "Without it, the language of the preferences.",
            )
            .query(
                "native_language",
                values::language_or_blank(),
                "The language to explain in. Without it, the learner's own.",
            )
            .answers::<PhonemeList>(
                200,
                "The sounds.",
                json!({
                    "language": "french",
                    "phonemes": [{
                        "phoneme": "y",
                        "example": "rue",
                        "audio_example": "https://talk.example.com/audio/phonemes/fr-0079.mp3",
                        "advice": "Say “ee”, keep the tongue just there, and round your lips as if to whistle."
                    }]
                }),
            )
            .refuses(&[400]),
        audio.without_body("headAudio").tag(VOICE),
        audio,
    ]
}

/// A body of any kind that is no JSON.
pub(super) fn raw(example: &str) -> utoipa::openapi::Content {
    ContentBuilder::new()
        .schema(Some(values::any_text()))
        .example(Some(Value::from(example)))
        .build()
}

fn topics() -> Value {
    json!({
        "language": "french",
        "level": "intermediate",
        "categories": [
            {
                "id": "travel",
                "name": "Travel & Tourism",
                "icon": "✈️",
                "topics": [
                    {
                        "id": "airport_checkin",
                        "name": "Airport Check-in",
                        "difficulty": "intermediate",
                        "duration_minutes": 15,
                        "description": "Practice checking in for a flight and handling travel documents",
                        "icon": "🛫"
                    },
                    {
                        "id": "hotel_reservation",
                        "name": "Hotel Reservation",
                        "difficulty": "intermediate",
                        "duration_minutes": 20,
                        "description": "Make and modify hotel reservations, discuss amenities",
                        "icon": "🏨"
                    }
                ]
            },
            {
                "id": "business",
                "name": "Professional Communication",
                "icon": "💼",
                "topics": [
                    {
                        "id": "job_interview",
                        "name": "Job Interview",
                        "difficulty": "advanced",
                        "duration_minutes": 30,
                        "description": "Practice answering common interview questions professionally",
                        "icon": "💼"
                    }
                ]
            }
        ]
    })
}

fn analysis() -> Value {
    json!({
        "analysis_id": "voice_456789",
        "text": "Bonjour, comment allez-vous?",
        "language": "french",
        "overall_score": 78,
        "confidence": 0.9,
        "doubts": ["language"],
        "detailed_analysis": {
            "pronunciation": {
                "score": 78,
                "completeness": 100,
                "feedback": null,
                "phonemes": [
                    {
                        "phoneme": "b",
                        "word": "bonjour",
                        "score": 95,
                        "feedback": "Excellent pronunciation"
                    },
                    {
                        "phoneme": "ʒ",
                        "word": "bonjour",
                        "score": 65,
                        "feedback": "Try to make the 'j' sound softer",
                        "audio_example": "https://cdn.linguaai.com/pronunciation/j_sound_fr.mp3"
                    }
                ]
            },
            "fluency": {
                "score": 82,
                "pace": "appropriate",
                "articulation_rate": 4.8,
                "pauses": 2,
                "filler_words": 0,
                "feedback": "Good natural pace with appropriate pauses"
            },
            "intonation": {
                "score": 74,
                "pattern": "questioning",
                "accuracy": 74,
                "feedback": "Rising intonation appropriate for question, but could be more pronounced"
            }
        },
        "improvements": [
            "Focus on the 'j' sound in 'bonjour' - it should be softer",
            "Try to make your question intonation slightly more pronounced",
            "Overall excellent pronunciation! Keep practicing"
        ],
        "next_exercises": [
            "Practice words with the 'j' sound",
            "Work on question intonation patterns"
        ]
    })
}

fn exercises() -> Value {
    json!({
        "exercises": [
            {
                "id": "exercise_001",
                "type": "word_repetition",
                "title": "French R Sound Practice",
                "difficulty": "intermediate",
                "words": [
                    {
                        "text": "rouge",
                        "phonetic": "/ʁuʒ/",
                        "audio_url": "https://cdn.linguaai.com/exercises/rouge.mp3",
                        "tips": "The French R is pronounced at the back of the throat"
                    },
                    {
                        "text": "partir",
                        "phonetic": "/paʁtiʁ/",
                        "audio_url": "https://cdn.linguaai.com/exercises/partir.mp3",
                        "tips": "Notice the R sound appears twice in this word"
                    }
                ]
            },
            {
                "id": "exercise_002",
                "type": "sentence_practice",
                "title": "Question Intonation",
                "difficulty": "intermediate",
                "sentences": [
                    {
                        "text": "Comment vous appelez-vous ?",
                        "audio_url": "https://cdn.linguaai.com/exercises/comment_vous_appelez.mp3",
                        "intonation_pattern": "rising",
                        "tips": "Voice should rise at the end for questions"
                    }
                ]
            }
        ]
    })
}
