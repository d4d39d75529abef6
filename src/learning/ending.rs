//! The end of a conversation: what it came to is written in one transaction, exactly once, whoever ends it how often.

use std::collections::BTreeMap;

use serde_json::json;

use super::practice::{Practice, Scores, Subject};
use super::streak::Streak;
use super::vocabulary::{Card, CardChange, Met, met};
use super::xp;
use super::{Learning, review};
use crate::clock::Timestamp;
use crate::conversations::summary::{Ending, Gains, Measures};
use crate::ids::OrganisationId;
use crate::storage::StorageError;
use crate::storage::achievements::Earned;
use crate::storage::conversations::Conversation;
use crate::storage::ending::{EndingTransaction, Learner};
use crate::storage::messages::Message;
use crate::storage::outbox::OutboxEvent;
use crate::webhooks::CONVERSATION_COMPLETED;

impl Learning {
    /// Ends a conversation in which these messages were said, the oldest first. `None` if it had ended before; then nothing
    /// changes.
    ///
    /// # Errors
    /// When it can't be written; then nothing has happened.
    pub async fn end(
        &self,
        conversation: &Conversation,
        messages: &[Message],
        subject: Subject,
        recommendations: Vec<String>,
        now: Timestamp,
    ) -> Result<Option<Ending>, StorageError> {
        // Outside the transaction: a word that joins the deck meanwhile is missed, never damaged.
        let deck = self
            .database
            .deck_words(&conversation.owner_id, &conversation.language)
            .await?;
        let met = met(messages, &deck, &review::of_context(&conversation.context));
        let Some(mut transaction) = self.database.begin_ending(conversation, now).await? else {
            return Ok(None);
        };
        // A guest who was claimed meanwhile has given it to a user.
        let conversation = &Conversation {
            owner_id: transaction.owner().clone(),
            ..conversation.clone()
        };
        let practice = Practice::of(conversation, messages, subject, now);
        let learner = transaction.learner().await?;
        let vocabulary_growth = review(&mut transaction, &met, practice.category.as_deref(), now).await?;
        transaction.add_practice(&practice).await?;

        // Every day on which the learner spoke counts, however late the conversation is ended.
        let moments: Vec<Timestamp> = Practice::turns_at(messages).into_iter().map(|at| at.min(now)).collect();
        let last_day = transaction.add_days(&moments, &learner.time_zone).await?;
        let practised = xp::of_practice(Measures::of(messages).practice);
        transaction.add_xp("practice".to_owned(), practised, now).await?;
        let streak = Streak::at(last_day.as_ref(), now, &learner.time_zone);
        let (achievements, rewarded) = self.award(&mut transaction, &learner, streak, now).await?;

        let gains = Gains {
            xp: practised.saturating_add(rewarded),
            vocabulary_growth,
            achievements,
        };
        let ending = Ending::of(conversation, messages, gains, recommendations, now);
        let organisation = transaction.organisation().cloned();
        for event in events(conversation, organisation.as_ref(), &practice, &learner, &ending, now) {
            transaction.enqueue(&event).await?;
        }
        transaction.commit(&ending).await?;
        tracing::info!(
            conversation_id = %conversation.id.logged(),
            xp = ending.summary.xp_earned,
            messages = messages.len(),
            "conversation ended"
        );
        self.leaderboards.refresh(&conversation.owner_id).await;
        Ok(Some(ending))
    }

    /// Gives what was achieved by now: the ids, and the XP of all together.
    async fn award(
        &self,
        transaction: &mut EndingTransaction,
        learner: &Learner,
        streak: Streak,
        now: Timestamp,
    ) -> Result<(Vec<String>, u32), StorageError> {
        let mut tallies = transaction.tallies().await?;
        tallies.streak_days = streak.days;
        let mut ids = Vec::new();
        let mut rewarded = 0_u32;
        for achievement in self.achievements.earned(&tallies, &learner.earned) {
            let earned = Earned {
                achievement_id: achievement.id.clone(),
                xp_reward: achievement.xp_reward,
                earned_at: now,
            };
            if transaction.award(&earned).await? {
                let reason = format!("achievement:{}", achievement.id);
                transaction.add_xp(reason, achievement.xp_reward, now).await?;
                rewarded = rewarded.saturating_add(achievement.xp_reward);
                ids.push(achievement.id.clone());
            }
        }
        Ok((ids, rewarded))
    }
}

/// Keeps what became of the words that came up; tells how many joined the deck.
async fn review(
    transaction: &mut EndingTransaction,
    met: &[Met],
    category: Option<&str>,
    now: Timestamp,
) -> Result<u32, StorageError> {
    let words: Vec<&str> = met.iter().map(|met| met.word.as_str()).collect();
    let cards = transaction.cards(&words).await?;
    let mut cards: BTreeMap<String, Card> = cards.into_iter().map(|card| (card.word.clone(), card)).collect();
    let mut changes = Vec::new();
    for met in met {
        let card = cards.remove(&met.word);
        let is_new = card.is_none();
        if let Some(card) = Card::after(card, met, category, now) {
            changes.push(CardChange {
                card,
                encounter: met.encounter,
                is_new,
            });
        }
    }
    transaction.put_cards(&changes).await?;
    let joined = changes.iter().filter(|change| change.is_new).count();
    Ok(u32::try_from(joined).unwrap_or(u32::MAX))
}

/// What others may want to know, as document 000 shows it.
fn events(
    conversation: &Conversation,
    organisation: Option<&OrganisationId>,
    practice: &Practice,
    learner: &Learner,
    ending: &Ending,
    now: Timestamp,
) -> [OutboxEvent; 2] {
    let summary = &ending.summary;
    let event = |event, data| OutboxEvent {
        user_id: conversation.owner_id.clone(),
        event,
        data,
        organisation_id: organisation.cloned(),
        at: now,
    };
    let completed = json!({
        "conversation_id": conversation.id,
        "user_id": conversation.owner_id,
        "topic": conversation.topic,
        "language": conversation.requested_language,
        "duration_minutes": summary.duration_minutes,
        "performance": {
            "grammar_score": summary.performance.grammar_score,
            "pronunciation_score": summary.performance.pronunciation_score,
            "xp_earned": summary.xp_earned,
        },
    });
    let updated = json!({
        "user_id": conversation.owner_id,
        "conversation_id": conversation.id,
        "progress_change": {
            "xp_gained": summary.xp_earned,
            "grammar_improvement": improvement(practice.grammar, learner.scores.grammar),
            "pronunciation_improvement": improvement(practice.pronunciation, learner.scores.pronunciation),
            "new_achievements": summary.achievements,
        },
    });
    [
        event(CONVERSATION_COMPLETED, completed),
        event("user.progress.updated", updated),
    ]
}

/// By how much scores are above the learner's mean so far; `None` if either was not measured.
fn improvement(now: Scores, before: Scores) -> Option<i32> {
    let difference = now.mean()? - before.mean()?;
    Some(difference.round() as i32)
}
