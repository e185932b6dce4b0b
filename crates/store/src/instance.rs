//! What belongs to the instance and to no app: named sealed values.

use crate::{Result, SealedColumn, Store};

impl Store {
    pub async fn find_instance_value(&self, name: &str) -> Result<Option<SealedColumn>> {
        let row = read!(
            self.db,
            fetch_optional as (SealedColumn,),
            "SELECT value FROM instance WHERE name = $1",
            name,
        )?;
        Ok(row.map(|(value,)| value))
    }

    /// Keeps the first value where several nodes start at once.
    pub async fn insert_instance_value(&self, name: &str, value: &SealedColumn) -> Result<()> {
        write!(
            self.db,
            "INSERT INTO instance (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            name, value
        )?;
        Ok(())
    }
}
