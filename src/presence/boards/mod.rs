//! Leaderboards: who gained most XP, in a language or in all, over some days or ever.
//!
//! The ledger knows everything that is here; a board only knows it faster, and may be built anew from the ledger at any time.
//! What a learner gained is always written whole, never added to, so writing it twice or late does no harm.

pub mod local;

use std::fmt;

use async_trait::async_trait;

use super::PresenceError;
use crate::clock::Timestamp;
use crate::ids::UserId;

/// What someone gained in a language on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gain {
    /// The day, in UTC, counted from 1970-01-01.
    pub day: i64,
    /// The language, as an English name.
    pub language: String,
    /// How much.
    pub xp: u64,
    /// When the last of it came.
    pub last_at: Timestamp,
}

/// One of the boards.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Board {
    /// A language, as an English name; `None` for all together.
    pub language: Option<String>,
    /// What counts.
    pub span: Span,
}

/// Which gains count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Span {
    /// Those of some days, the first and the last included, counted from 1970-01-01. The last one must not be over yet.
    Days {
        /// The first.
        first: i64,
        /// The last.
        last: i64,
    },
    /// All.
    Ever,
}

/// Someone with XP on a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contestant {
    /// Who.
    pub user: UserId,
    /// How much.
    pub xp: u64,
    /// When the last of it came.
    pub last_at: Timestamp,
}

/// A place on a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub rank: u64,
    /// Whose.
    pub user: UserId,
    /// With how much XP.
    pub xp: u64,
}

/// What someone sees of a board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standings {
    /// How many are on it.
    pub total: u64,
    /// Those in front, the first of all first.
    pub leaders: Vec<Place>,
    /// Their own place, if they are on it.
    pub own: Option<Place>,
    /// XP of whoever is next in front of them: the last of all, if they are not on it.
    pub ahead: Option<u64>,
}

/// Where boards are.
#[async_trait]
pub trait Boards: Send + Sync {
    /// Notes everything that someone gained. Days that no board looks at any more may be left out.
    ///
    /// # Errors
    /// When it can't be shared with other nodes.
    async fn set(&self, user: &UserId, gains: &[Gain]) -> Result<(), PresenceError>;

    /// Takes someone off all boards.
    ///
    /// # Errors
    /// When it can't be shared with other nodes.
    async fn forget(&self, user: &UserId) -> Result<(), PresenceError>;

    /// Notes that everyone has been set.
    ///
    /// # Errors
    /// When it can't be shared with other nodes.
    async fn complete(&self) -> Result<(), PresenceError>;

    /// The first `limit` places of a board, and someone's own; `None` until it is complete.
    ///
    /// # Errors
    /// When nobody answers.
    async fn standings(&self, board: &Board, user: &UserId, limit: usize) -> Result<Option<Standings>, PresenceError>;
}

/// How many days boards look back at most: a month.
pub const DAYS_KEPT: i64 = 31;

/// Everyone on a board, in order: more XP first, then who came to it first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranking(Vec<Contestant>);

impl Ranking {
    /// Puts those who gained anything in order. Times are compared by the second, and ids decide between those who are level
    /// even so.
    pub fn of(mut contestants: Vec<Contestant>) -> Self {
        contestants.retain(|contestant| contestant.xp > 0);
        Self::of_all(contestants)
    }

    /// The same, with those who gained nothing at the end.
    pub fn of_all(mut contestants: Vec<Contestant>) -> Self {
        contestants.sort_by(|a, b| {
            let seconds = |contestant: &Contestant| contestant.last_at.as_millis().div_euclid(1000);
            let by_xp = b.xp.cmp(&a.xp);
            by_xp
                .then_with(|| seconds(a).cmp(&seconds(b)))
                .then_with(|| b.user.cmp(&a.user))
        });
        Self(contestants)
    }

    /// What someone sees of it.
    pub fn standings(&self, user: &UserId, limit: usize) -> Standings {
        let place = |(index, contestant): (usize, &Contestant)| Place {
            rank: index as u64 + 1,
            user: contestant.user.clone(),
            xp: contestant.xp,
        };
        let own = self.0.iter().position(|contestant| contestant.user == *user);
        let ahead = match own {
            Some(index) => index.checked_sub(1).map(|ahead| &self.0[ahead]),
            None => self.0.last(),
        };
        Standings {
            total: self.0.len() as u64,
            leaders: self.0.iter().enumerate().take(limit).map(place).collect(),
            own: own.map(|index| place((index, &self.0[index]))),
            ahead: ahead.map(|contestant| contestant.xp),
        }
    }
}

impl Standings {
    /// How much more XP takes them one place further, past whoever came there first; 0 for the first of all.
    pub fn xp_to_next_rank(&self) -> u64 {
        let own = self.own.as_ref().map_or(0, |own| own.xp);
        match (&self.own, self.ahead) {
            (Some(_), None) => 0,
            (_, ahead) => ahead.unwrap_or(0).saturating_sub(own) + 1,
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days { first, last } => write!(f, "{first}-{last}"),
            Self::Ever => f.write_str("ever"),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::learning::calendar::DAY_MILLIS;
    use proptest::prelude::*;

    pub(crate) fn user(name: &str) -> UserId {
        UserId::from_text(format!("user_{name}"))
    }

    /// XP that came at second `at` of a day.
    pub(crate) fn gain(day: i64, language: &str, xp: u64, at: i64) -> Gain {
        Gain {
            day,
            language: language.to_owned(),
            xp,
            last_at: Timestamp::from_millis(day * DAY_MILLIS + at * 1000),
        }
    }

    pub(crate) fn days(first: i64, last: i64, language: Option<&str>) -> Board {
        Board {
            language: language.map(str::to_owned),
            span: Span::Days { first, last },
        }
    }

    /// The leaders of a board, by name and XP.
    pub(crate) async fn leaders(boards: &dyn Boards, board: &Board) -> Vec<(String, u64)> {
        let standings = boards.standings(board, &user("nobody"), 100).await.unwrap().unwrap();
        let leaders = standings.leaders.iter();
        leaders
            .map(|place| (place.user.as_str()[5..].to_owned(), place.xp))
            .collect()
    }

    /// What every kind of boards must do.
    pub(crate) async fn check(boards: &dyn Boards) {
        let today = 19_797;
        assert_eq!(
            boards
                .standings(&days(today, today, None), &user("ann"), 5)
                .await
                .unwrap(),
            None
        );
        let ann = [
            gain(today - 8, "french", 500, 1),
            gain(today - 7, "french", 30, 1),
            gain(today, "french", 10, 50),
        ];
        let bob = [gain(today - 1, "french", 40, 99), gain(today, "spanish", 100, 60)];
        let cid = [gain(today - 1, "french", 40, 7)];
        for (name, gains) in [("ann", &ann[..]), ("bob", &bob), ("cid", &cid)] {
            boards.set(&user(name), gains).await.unwrap();
        }
        boards.complete().await.unwrap();

        let owned = |names: &[(&str, u64)]| -> Vec<(String, u64)> {
            names.iter().map(|(name, xp)| ((*name).to_owned(), *xp)).collect()
        };
        // Forty each: Cid came first, Bob before Ann. Seven days ago counts, eight don't.
        let week = days(today - 7, today, Some("french"));
        assert_eq!(
            leaders(boards, &week).await,
            owned(&[("cid", 40), ("bob", 40), ("ann", 40)])
        );
        assert_eq!(
            leaders(boards, &days(today - 7, today, None)).await,
            owned(&[("bob", 140), ("cid", 40), ("ann", 40)])
        );
        assert_eq!(
            leaders(boards, &days(today, today, None)).await,
            owned(&[("bob", 100), ("ann", 10)])
        );
        let ever = Board {
            language: None,
            span: Span::Ever,
        };
        assert_eq!(
            leaders(boards, &ever).await,
            owned(&[("ann", 540), ("bob", 140), ("cid", 40)])
        );
        assert_eq!(leaders(boards, &days(today - 7, today, Some("german"))).await, []);

        let seen = boards.standings(&week, &user("bob"), 1).await.unwrap().unwrap();
        assert_eq!(seen.leaders.len(), 1);
        let own = Place {
            rank: 2,
            user: user("bob"),
            xp: 40,
        };
        assert_eq!((seen.total, seen.own.clone(), seen.ahead), (3, Some(own), Some(40)));
        assert_eq!(seen.xp_to_next_rank(), 1);
        let unseen = boards.standings(&week, &user("dan"), 1).await.unwrap().unwrap();
        assert_eq!(
            (unseen.own.clone(), unseen.ahead, unseen.xp_to_next_rank()),
            (None, Some(40), 41)
        );

        // What comes late says less than is known, and changes nothing.
        let more = [cid[0].clone(), gain(today, "french", 1, 70)];
        boards.set(&user("cid"), &more).await.unwrap();
        boards.set(&user("cid"), &cid).await.unwrap();
        assert_eq!(
            leaders(boards, &week).await,
            owned(&[("cid", 41), ("bob", 40), ("ann", 40)])
        );

        boards.forget(&user("cid")).await.unwrap();
        assert_eq!(leaders(boards, &week).await, owned(&[("bob", 40), ("ann", 40)]));
        boards.set(&user("cid"), &cid).await.unwrap();
        assert_eq!(leaders(boards, &week).await.len(), 3);
    }

    #[test]
    fn an_empty_board_is_one_point_away() {
        let standings = Ranking::default().standings(&user("ann"), 10);
        assert_eq!((standings.total, standings.xp_to_next_rank()), (0, 1));
    }

    #[test]
    fn the_first_of_all_has_no_next_rank() {
        let only = Contestant {
            user: user("ann"),
            xp: 5,
            last_at: Timestamp::from_millis(0),
        };
        let standings = Ranking::of(vec![only]).standings(&user("ann"), 10);
        assert_eq!(standings.xp_to_next_rank(), 0);
    }

    proptest! {
        #[test]
        fn so_much_xp_more_is_a_better_rank(xp in prop::collection::vec((0_u64..20, 0_i64..5), 1..30), which: prop::sample::Index) {
            let mut contestants: Vec<Contestant> = xp
                .iter()
                .enumerate()
                .map(|(number, (xp, second))| Contestant {
                    user: user(&format!("{number:02}")),
                    xp: *xp,
                    last_at: Timestamp::from_millis(second * 1000),
                })
                .collect();
            let which = which.index(contestants.len());
            let me = contestants[which].user.clone();
            let before = Ranking::of(contestants.clone()).standings(&me, 0);
            let needed = before.xp_to_next_rank();
            contestants[which].xp += needed;
            // It comes after everyone else's.
            contestants[which].last_at = Timestamp::from_millis(1_000_000);
            let after = Ranking::of(contestants).standings(&me, 0);
            let rank = |standings: &Standings| standings.own.as_ref().map_or(u64::MAX, |own| own.rank);
            if needed > 0 {
                prop_assert!(rank(&after) < rank(&before));
            } else {
                prop_assert_eq!(rank(&before), 1);
            }
        }
    }
}
