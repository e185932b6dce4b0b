//! Lists of somebody else's, kept whole for when they are away.

use sqlx::FromRow;

use crate::{Result, Store, Time};

#[derive(Debug, Clone, FromRow)]
pub struct Snapshot {
    pub body: String,
    pub taken_at: Time,
}

impl Store {
    pub async fn find_snapshot(&self, name: &str) -> Result<Option<Snapshot>> {
        Ok(read!(
            self.db,
            fetch_optional as Snapshot,
            "SELECT body, taken_at FROM snapshots WHERE name = $1",
            name
        )?)
    }

    /// Takes the place of an older one.
    pub async fn put_snapshot(&self, name: &str, snapshot: &Snapshot) -> Result<()> {
        write!(
            self.db,
            "INSERT INTO snapshots (name, body, taken_at) VALUES ($1, $2, $3) ON CONFLICT (name) \
             DO UPDATE SET body = excluded.body, taken_at = excluded.taken_at WHERE snapshots.taken_at <= excluded.taken_at",
            name, &snapshot.body, snapshot.taken_at,
        )?;
        Ok(())
    }
}
