//! Progress, achievements, vocabulary and leaderboards.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::ToSchema;

use super::endpoint::{Endpoint, get};
use super::values;
use crate::accounts::scope::Scope;
use crate::clock::Timestamp;

const TAG: &str = "Progress";

/// What somebody learned in a window of time. What was not measured is null.
#[derive(ToSchema)]
struct ProgressView {
    user_id: String,
    /// As the caller wrote it; `all` when none was asked for.
    language: String,
    period: String,
    start_date: Timestamp,
    end_date: Timestamp,
    conversations_completed: u32,
    xp_total: u64,
    overall_stats: OverallStatsView,
    skill_breakdown: SkillBreakdownView,
    daily_breakdown: Vec<DayView>,
}

/// Sums over the window.
#[derive(ToSchema)]
struct OverallStatsView {
    conversations_completed: u32,
    total_time_minutes: u32,
    xp_earned: u64,
    streak_days: u32,
    #[schema(required)]
    proficiency_improvement: Option<f64>,
}

/// Skill by skill.
#[derive(ToSchema)]
struct SkillBreakdownView {
    grammar: SkillView,
    pronunciation: SkillView,
    vocabulary: VocabularyProgress,
    fluency: FluencyView,
    weak_areas: Vec<String>,
}

/// A skill.
#[derive(ToSchema)]
struct SkillView {
    #[schema(required, maximum = 100)]
    current_score: Option<u8>,
    #[schema(required)]
    improvement: Option<i32>,
    weak_areas: Vec<String>,
    strong_areas: Vec<String>,
}

/// Words.
#[derive(ToSchema)]
struct VocabularyProgress {
    words_learned: u32,
    words_reviewed: u32,
    /// Of a hundred words that came up again since they were met, those that would be recalled now.
    #[schema(required, maximum = 100)]
    retention_rate: Option<u8>,
    categories: BTreeMap<String, u32>,
}

/// Speaking.
#[derive(ToSchema)]
struct FluencyView {
    #[schema(required, maximum = 100)]
    conversation_confidence: Option<u8>,
    #[schema(required)]
    response_time_improvement: Option<i32>,
    #[schema(required)]
    complexity_level: Option<String>,
}

/// A day.
#[derive(ToSchema)]
struct DayView {
    #[schema(format = Date)]
    date: String,
    conversations: u32,
    minutes: u32,
    xp: u64,
    #[schema(required, maximum = 100)]
    grammar_score: Option<u8>,
    #[schema(required, maximum = 100)]
    pronunciation_score: Option<u8>,
}

/// What somebody achieved, and what there is yet to achieve.
#[derive(ToSchema)]
struct AchievementsView {
    user_id: String,
    total_achievements: u64,
    total_xp_from_achievements: u64,
    achievements: Vec<EarnedView>,
    available_achievements: Vec<AvailableView>,
}

/// An achievement that somebody has.
#[derive(ToSchema)]
struct EarnedView {
    id: String,
    name: String,
    description: String,
    icon: String,
    xp_reward: u32,
    earned_at: Timestamp,
    category: String,
}

/// An achievement that somebody has not yet.
#[derive(ToSchema)]
struct AvailableView {
    id: String,
    name: String,
    description: String,
    icon: String,
    xp_reward: u32,
    progress: StandingView,
    category: String,
}

/// How far it is.
#[derive(ToSchema)]
struct StandingView {
    current: u64,
    required: u64,
}

/// A deck of words, the most urgent first.
#[derive(ToSchema)]
struct Deck {
    user_id: String,
    language: String,
    total_words: u64,
    due_words: u64,
    words: Vec<WordView>,
    /// Where the list goes on; null at its end.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A word of a deck, as FSRS schedules it.
#[derive(ToSchema)]
struct WordView {
    word: String,
    #[schema(required)]
    category: Option<String>,
    due_at: Timestamp,
    is_due: bool,
    first_met_at: Timestamp,
    #[schema(required)]
    last_reviewed_at: Option<Timestamp>,
    reviews: u32,
    uses: u32,
    /// How likely it is to be recalled now, in percent.
    #[schema(maximum = 100)]
    recall: u8,
}

/// Who gained most XP.
#[derive(ToSchema)]
struct Leaderboard {
    leaderboard_type: String,
    language: String,
    /// Two dates: `2024-03-08 to 2024-03-15`.
    #[schema(pattern = r"^\d{4}-\d{2}-\d{2} to \d{4}-\d{2}-\d{2}$")]
    period: String,
    /// Of a `team` board.
    #[schema(nullable = false)]
    team_id: Option<String>,
    #[schema(required)]
    user_rank: Option<u64>,
    total_participants: u64,
    leaders: Vec<Leader>,
    user_stats: UserStats,
}

/// One of the first.
#[derive(ToSchema)]
struct Leader {
    rank: u64,
    user: LeaderName,
    xp: u64,
    conversations: u64,
    streak: u32,
    /// Of a `team` board.
    avg_performance_score: Option<u8>,
    /// Of a `team` board.
    #[schema(nullable = false)]
    business_scenarios_completed: Option<u64>,
}

/// Who it is.
#[derive(ToSchema)]
struct LeaderName {
    id: String,
    /// The last name is an initial.
    name: String,
    #[schema(required)]
    avatar_url: Option<String>,
    level: u64,
}

/// How whoever asks stands.
#[derive(ToSchema)]
struct UserStats {
    #[schema(required)]
    rank: Option<u64>,
    xp: u64,
    conversations: u64,
    streak: u32,
    #[schema(required)]
    xp_to_next_rank: Option<u64>,
}

pub(super) fn endpoints() -> Vec<Endpoint> {
    let scopes = [Scope::ReadProgress];
    let period = || values::choice(&["week", "month", "year", "all", ""]);
    let user = || values::id("user_123456");
    let endpoints = vec![
        get("/v1/users/me/progress", "getProgress", "Get Learning Progress")
            .scoped(&scopes)
            .query(
                "period",
                period(),
                "The last eight dates (`week`, unless said otherwise), or more.",
            )
            .query(
                "language",
                values::language_or_blank(),
                "Only what was practised in it.",
            )
            .query("user_id", user(), "A member of the organisation whose key asks.")
            .answers::<ProgressView>(200, "The progress.", progress())
            .refuses(&[400, 404]),
        get(
            "/v1/users/{id}/progress",
            "getMemberProgress",
            "Get the progress of a member",
        )
        .about("For the keys of organisations; `me` is whoever asks.")
        .scoped(&scopes)
        .part("id", user(), "Whose.")
        .query(
            "period",
            period(),
            "The last eight dates (`week`, unless said otherwise), or more.",
        )
        .query(
            "language",
            values::language_or_blank(),
            "Only what was practised in it.",
        )
        .query(
            "user_id",
            values::any_text(),
            "Whose, where the path says `me`; else it is not looked at.",
        )
        .answers::<ProgressView>(200, "The progress.", progress())
        .refuses(&[400, 404]),
        get("/v1/users/me/achievements", "getAchievements", "Get Achievement Data")
            .scoped(&scopes)
            .answers::<AchievementsView>(200, "The achievements.", achievements()),
        get("/v1/users/me/vocabulary", "getVocabulary", "Get the words of a deck")
            .scoped(&scopes)
            .query(
                "language",
                values::language(),
                "Which deck; without it, that of the language of the preferences.",
            )
            .query("due", values::flag(), "Whether only those that are due now.")
            .query("limit", values::limit(200, 50), "How many.")
            .query("cursor", values::cursor(), "The `next_cursor` of the page before.")
            .answers::<Deck>(
                200,
                "A page of the deck.",
                json!({
                    "user_id": "user_123456",
                    "language": "french",
                    "total_words": 1,
                    "due_words": 1,
                    "words": [{
                        "word": "l'addition",
                        "category": "food",
                        "due_at": "2024-03-15T14:22:00Z",
                        "is_due": true,
                        "first_met_at": "2024-03-12T14:22:00Z",
                        "last_reviewed_at": null,
                        "reviews": 0,
                        "uses": 1,
                        "recall": 90
                    }],
                    "next_cursor": null
                }),
            )
            .refuses(&[400]),
        get("/v1/leaderboards", "getLeaderboard", "Get Leaderboard")
            .scoped(&scopes)
            .query(
                "type",
                values::choice(&["weekly", "monthly", "all_time", "team"]),
                "Which; `weekly` unless said otherwise.",
            )
            .query("language", values::language_or_blank(), "Only XP gained in it.")
            .query("limit", values::limit(100, 50), "How many leaders.")
            .query(
                "team_id",
                values::id("org_0191d5f24f2c7c3e8e1a000000000000"),
                "The organisation of a `team` board.",
            )
            .query(
                "period",
                values::choice(&["week", "weekly", "month", "monthly", "all", "all_time"]),
                "The time of a `team` board; `month` unless said otherwise.",
            )
            .answers::<Leaderboard>(200, "The board.", leaderboard())
            .refuses(&[400, 404]),
    ];
    endpoints.into_iter().map(|endpoint| endpoint.tag(TAG)).collect()
}

fn progress() -> Value {
    json!({
        "user_id": "user_123456",
        "language": "french",
        "period": "week",
        "start_date": "2024-03-08T00:00:00Z",
        "end_date": "2024-03-15T23:59:59Z",
        "conversations_completed": 7,
        "xp_total": 2847,
        "overall_stats": {
            "conversations_completed": 7,
            "total_time_minutes": 210,
            "xp_earned": 840,
            "streak_days": 6,
            "proficiency_improvement": 8.5
        },
        "skill_breakdown": {
            "grammar": {
                "current_score": 82,
                "improvement": 6,
                "weak_areas": ["subjunctive_mood", "gender_agreement"],
                "strong_areas": ["present_tense", "question_formation"]
            },
            "pronunciation": {
                "current_score": 79,
                "improvement": 4,
                "weak_areas": ["nasal_vowels", "r_sound"],
                "strong_areas": ["basic_vowels", "consonants"]
            },
            "vocabulary": {
                "words_learned": 23,
                "words_reviewed": 45,
                "retention_rate": 87,
                "categories": { "food": 12, "business": 8, "travel": 3 }
            },
            "fluency": {
                "conversation_confidence": 72,
                "response_time_improvement": 15,
                "complexity_level": "intermediate_low"
            },
            "weak_areas": ["subjunctive_mood", "gender_agreement", "nasal_vowels", "r_sound"]
        },
        "daily_breakdown": [
            {
                "date": "2024-03-08",
                "conversations": 1,
                "minutes": 32,
                "xp": 120,
                "grammar_score": 75,
                "pronunciation_score": 73
            },
            {
                "date": "2024-03-09",
                "conversations": 2,
                "minutes": 45,
                "xp": 180,
                "grammar_score": 78,
                "pronunciation_score": 76
            }
        ]
    })
}

fn achievements() -> Value {
    json!({
        "user_id": "user_123456",
        "total_achievements": 23,
        "total_xp_from_achievements": 2300,
        "achievements": [
            {
                "id": "first_conversation",
                "name": "Breaking the Ice",
                "description": "Complete your first AI conversation",
                "icon": "🎉",
                "xp_reward": 50,
                "earned_at": "2024-01-15T10:45:00Z",
                "category": "milestone"
            },
            {
                "id": "week_streak_1",
                "name": "Week Warrior",
                "description": "Maintain a 7-day learning streak",
                "icon": "🔥",
                "xp_reward": 100,
                "earned_at": "2024-01-22T09:30:00Z",
                "category": "consistency"
            },
            {
                "id": "pronunciation_perfect_10",
                "name": "Pronunciation Pro",
                "description": "Get perfect pronunciation scores 10 times",
                "icon": "🎯",
                "xp_reward": 200,
                "earned_at": "2024-02-10T16:20:00Z",
                "category": "skill"
            }
        ],
        "available_achievements": [
            {
                "id": "restaurant_master",
                "name": "Restaurant Master",
                "description": "Complete 5 restaurant conversations",
                "icon": "🍽️",
                "xp_reward": 150,
                "progress": { "current": 3, "required": 5 },
                "category": "topic"
            }
        ]
    })
}

fn leaderboard() -> Value {
    json!({
        "leaderboard_type": "weekly",
        "language": "french",
        "period": "2024-03-08 to 2024-03-15",
        "user_rank": 12,
        "total_participants": 156,
        "leaders": [
            {
                "rank": 1,
                "user": {
                    "id": "user_999888",
                    "name": "Alex M.",
                    "avatar_url": "https://cdn.linguaai.com/avatars/user_999888.jpg",
                    "level": 15
                },
                "xp": 2840,
                "conversations": 18,
                "streak": 12
            },
            {
                "rank": 2,
                "user": {
                    "id": "user_777666",
                    "name": "Sarah K.",
                    "avatar_url": "https://cdn.linguaai.com/avatars/user_777666.jpg",
                    "level": 13
                },
                "xp": 2650,
                "conversations": 15,
                "streak": 9
            }
        ],
        "user_stats": {
            "rank": 12,
            "xp": 1890,
            "conversations": 11,
            "streak": 6,
            "xp_to_next_rank": 150
        }
    })
}
