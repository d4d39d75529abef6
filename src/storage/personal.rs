//! Whose each row is: the tables that hold something of a person, so that all of it can be moved, exported and deleted.

/// A table whose rows belong to people.
#[derive(Clone, Copy, Debug)]
pub struct PersonalTable {
    /// Its name.
    pub name: &'static str,
    /// The column that names the person.
    pub owner: &'static str,
    /// Whether a guest's rows go to the user who claims them. With columns, only those of which the user has none that is
    /// the same in them; the rest goes with the guest.
    pub claim: Claim,
}

/// What becomes of a guest's rows when a user claims the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// They are the user's from then on.
    Moves,
    /// They are the user's unless the user has one that is the same in these columns; then the guest's is dropped.
    MovesUnlessThere(&'static [&'static str]),
    /// Guests have none, or none that the user could use.
    Stays,
}

/// All of them. A test holds this against the foreign keys of the schema.
pub const TABLES: &[PersonalTable] = &[
    table("conversations", "owner_id", Claim::Moves),
    table("xp_ledger", "user_id", Claim::Moves),
    table("outbox", "user_id", Claim::Moves),
    table("webhooks", "user_id", Claim::Stays),
    table("flat_guests", "user_id", Claim::Stays),
    table("api_keys", "user_id", Claim::Stays),
    table("grants", "user_id", Claim::Stays),
    table("passwords", "user_id", Claim::Stays),
    table("organisations", "account_id", Claim::Stays),
    table("organisation_members", "user_id", Claim::Stays),
    table("organisation_invitations", "user_id", Claim::Stays),
    table("users", "claimed_by", Claim::Stays),
];

const fn table(name: &'static str, owner: &'static str, claim: Claim) -> PersonalTable {
    PersonalTable { name, owner, claim }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sqlx::Row;

    use super::*;
    use crate::storage::tests::database;

    #[tokio::test]
    async fn every_reference_to_a_person_is_accounted_for() {
        let (database, _dir) = database().await;
        let rows = sqlx::query(
            "SELECT tables.name AS name, reference.\"from\" AS owner \
             FROM sqlite_master AS tables, pragma_foreign_key_list(tables.name) AS reference \
             WHERE tables.type = 'table' AND reference.\"table\" = 'users'",
        )
        .fetch_all(&database.pool)
        .await
        .unwrap();
        let referring: BTreeSet<(String, String)> =
            rows.iter().map(|row| (row.get("name"), row.get("owner"))).collect();
        let listed = TABLES
            .iter()
            .map(|table| (table.name.to_owned(), table.owner.to_owned()))
            .collect();
        assert_eq!(referring, listed, "say in TABLES what becomes of each table's rows");
    }
}
