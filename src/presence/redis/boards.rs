//! Boards that all nodes share: sorted sets.
//!
//! | key | holds |
//! |---|---|
//! | `{boards}:complete` | that everyone was set |
//! | `{boards}:version` | how often anything changed |
//! | `{boards}:sets` | the names of the sets below, to take someone out of all of them |
//! | `{boards}:<language>:day:<day>` | XP of one day |
//! | `{boards}:<language>:ever` | all XP |
//! | `{boards}:<language>:last` | seconds since 2020 of each one's last gain |
//! | `{boards}:<language>:rank:<span>` | a board in order, as it was at a version |
//! | `{boards}:<language>:rank:<span>:version` | that version |
//!
//! `<language>` is `all` for all together. A score in a board is XP * 2^31 less the second of the last gain, so that who came
//! first is in front: `ZREVRANK` alone would go by the name. Both fit in the 53 bits of a score up to four million XP. A span
//! ends today, so everyone's last gain of all is the last that counts.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use async_trait::async_trait;
use redis::Script;

use super::Redis;
use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::presence::PresenceError;
use crate::presence::boards::{Board, Boards, DAYS_KEPT, Gain, Place, Span, Standings};

/// Boards in Redis.
#[derive(Clone, Debug)]
pub struct RedisBoards(Redis);

/// Keys: the total, the version, the names of sets, then sets. Arguments: who, their XP in all, then for each set the score and the seconds that
/// the set lasts (0: for ever). The ledger only grows: less than is known is older, and changes nothing.
static SET: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local known = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0')
        if known >= tonumber(ARGV[2]) then return 0 end
        redis.call('SADD', KEYS[3], KEYS[1])
        for i = 4, #KEYS do
            redis.call('SADD', KEYS[3], KEYS[i])
            redis.call('ZADD', KEYS[i], ARGV[2 * i - 5], ARGV[1])
            local lasts = tonumber(ARGV[2 * i - 4])
            if lasts > 0 then redis.call('EXPIRE', KEYS[i], lasts) end
        end
        redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
        return redis.call('INCR', KEYS[2])
        ",
    )
});

/// Keys: the names of sets, the version. Argument: who. Names of sets that have expired are dropped with it.
static FORGET: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        for _, set in ipairs(redis.call('SMEMBERS', KEYS[1])) do
            if redis.call('EXISTS', set) == 0 then
                redis.call('SREM', KEYS[1], set)
            else
                redis.call('ZREM', set, ARGV[1])
            end
        end
        return redis.call('INCR', KEYS[2])
        ",
    )
});

/// Keys: the completeness, the version, the last gains, the board, its version, then the sets that count. Arguments: who asks,
/// how many leaders. A board of an older version is made anew in its place: there is one of each, however much is gained.
/// Answers false while not complete, else the number of places, the asker's index (-1: none) and score, the score in
/// front of the asker, and then leaders and scores.
static STANDINGS: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        if redis.call('EXISTS', KEYS[1]) == 0 then return false end
        local board, version = KEYS[4], redis.call('GET', KEYS[2]) or '0'
        if redis.call('GET', KEYS[5]) ~= version then
            redis.call('ZUNIONSTORE', board, #KEYS - 5, unpack(KEYS, 6))
            redis.call('ZINTERSTORE', board, 2, board, KEYS[3], 'WEIGHTS', '2147483648', '-1')
            redis.call('EXPIRE', board, 600)
            redis.call('SET', KEYS[5], version, 'EX', 590)
        end
        local rank = redis.call('ZREVRANK', board, ARGV[1])
        local own, ahead = '', {}
        if rank then
            own = redis.call('ZSCORE', board, ARGV[1])
            if rank > 0 then ahead = redis.call('ZREVRANGE', board, rank - 1, rank - 1, 'WITHSCORES') end
        else
            ahead = redis.call('ZRANGE', board, 0, 0, 'WITHSCORES')
        end
        local answer = {tostring(redis.call('ZCARD', board)), tostring(rank or -1), own, ahead[2] or ''}
        local limit = tonumber(ARGV[2])
        if limit > 0 then
            for _, entry in ipairs(redis.call('ZREVRANGE', board, 0, limit - 1, 'WITHSCORES')) do
                answer[#answer + 1] = entry
            end
        end
        return answer
        ",
    )
});

/// 2^31: XP weighs so much more than a second.
const WEIGHT: f64 = 2_147_483_648.0;
/// 2020-01-01, in seconds since 1970.
const BEGAN: i64 = 1_577_836_800;
/// How long the set of a day is needed, in seconds, with a day to spare at both ends.
const DAY_LASTS: i64 = (DAYS_KEPT + 2) * 24 * 60 * 60;

impl RedisBoards {
    /// Boards in that Redis.
    pub fn new(redis: Redis) -> Self {
        Self(redis)
    }

    fn key(&self, name: &str) -> String {
        self.0.key(format_args!("{{boards}}:{name}"))
    }

    fn set_of(&self, language: &str, name: &str) -> String {
        self.key(&format!("{language}:{name}"))
    }
}

#[async_trait]
impl Boards for RedisBoards {
    async fn set(&self, user: &UserId, gains: &[Gain]) -> Result<(), PresenceError> {
        let newest = gains.iter().map(|gain| gain.day).max().unwrap_or_default();
        let total: u64 = gains.iter().map(|gain| gain.xp).sum();
        let mut days: BTreeMap<(&str, i64), u64> = BTreeMap::new();
        let mut ever: BTreeMap<&str, (u64, Timestamp)> = BTreeMap::new();
        for gain in gains {
            for language in [gain.language.as_str(), ALL] {
                if gain.day > newest - DAYS_KEPT {
                    *days.entry((language, gain.day)).or_default() += gain.xp;
                }
                let (xp, last_at) = ever.entry(language).or_insert((0, gain.last_at));
                *xp += gain.xp;
                *last_at = gain.last_at.max(*last_at);
            }
        }
        let mut call = SET.prepare_invoke();
        call.key(self.set_of(ALL, "ever"))
            .key(self.key("version"))
            .key(self.key("sets"));
        call.arg(user.as_str()).arg(total);
        for ((language, day), xp) in days {
            call.key(self.set_of(language, &format!("day:{day}")))
                .arg(xp)
                .arg(DAY_LASTS);
        }
        for (language, (xp, last_at)) in ever {
            let second = (last_at.as_millis().div_euclid(1000) - BEGAN).max(0);
            call.key(self.set_of(language, "last")).arg(second).arg(0);
            if language != ALL {
                call.key(self.set_of(language, "ever")).arg(xp).arg(0);
            }
        }
        self.0.script::<i64>(&call).await.map(drop)
    }

    async fn forget(&self, user: &UserId) -> Result<(), PresenceError> {
        let mut call = FORGET.prepare_invoke();
        call.key(self.key("sets")).key(self.key("version")).arg(user.as_str());
        self.0.script::<i64>(&call).await.map(drop)
    }

    async fn complete(&self) -> Result<(), PresenceError> {
        let mut set = redis::cmd("SET");
        set.arg(self.key("complete")).arg(1);
        self.0.command(set).await
    }

    async fn standings(&self, board: &Board, user: &UserId, limit: usize) -> Result<Option<Standings>, PresenceError> {
        let language = board.language.as_deref().unwrap_or(ALL);
        let mut call = STANDINGS.prepare_invoke();
        call.key(self.key("complete"))
            .key(self.key("version"))
            .key(self.set_of(language, "last"))
            .key(self.set_of(language, &format!("rank:{}", board.span)))
            .key(self.set_of(language, &format!("rank:{}:version", board.span)));
        match board.span {
            Span::Ever => {
                call.key(self.set_of(language, "ever"));
            }
            Span::Days { first, last } => {
                for day in first..=last {
                    call.key(self.set_of(language, &format!("day:{day}")));
                }
            }
        }
        call.arg(user.as_str()).arg(limit);
        let answer: Option<Vec<String>> = self.0.script(&call).await?;
        answer.map(|answer| parse(&answer, user)).transpose()
    }
}

/// All languages together.
const ALL: &str = "all";

fn parse(answer: &[String], user: &UserId) -> Result<Standings, PresenceError> {
    let refused = || PresenceError::Refused(format!("{answer:?} is no answer"));
    let [total, rank, own, ahead, leaders @ ..] = answer else {
        return Err(refused());
    };
    let xp = |score: &str| -> Result<u64, PresenceError> {
        let score: f64 = score.parse().map_err(|_| refused())?;
        Ok((score / WEIGHT).ceil() as u64)
    };
    let optional = |score: &str| (!score.is_empty()).then(|| xp(score)).transpose();
    let index: i64 = rank.parse().map_err(|_| refused())?;
    let own = optional(own)?.map(|xp| Place {
        rank: u64::try_from(index + 1).unwrap_or_default(),
        user: user.clone(),
        xp,
    });
    let leaders = leaders.chunks(2).zip(1..).map(|(entry, rank)| match entry {
        [user, score] => Ok(Place {
            rank,
            user: UserId::from_text(user.as_str()),
            xp: xp(score)?,
        }),
        _ => Err(refused()),
    });
    Ok(Standings {
        total: total.parse().map_err(|_| refused())?,
        leaders: leaders.collect::<Result<_, _>>()?,
        own,
        ahead: optional(ahead)?,
    })
}
