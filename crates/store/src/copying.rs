//! A whole instance from one database into another that is empty: in one transaction, read back before it is
//! committed, so that what fails leaves nothing behind.
//!
//! Columns are read from the two schemas, so that a new one needs nothing here; a new table needs its line.

use sqlx::{AssertSqlSafe, Row as _};

use crate::db::{Db, Tx};
use crate::{Result, SealedField, SealedRow, Store};

/// Every table with its key, after those that it refers to.
const TABLES: [(&str, &[&str]); 12] = [
    ("instance", &["name"]),
    ("apps", &["id"]),
    ("api_keys", &["id"]),
    ("auth_configs", &["id"]),
    ("client_versions", &["auth_config_id", "version"]),
    ("connect_requests", &["id"]),
    ("connected_accounts", &["id"]),
    ("executions", &["id"]),
    ("audit", &["id"]),
    ("hosted_configs", &["auth_config_id"]),
    ("hosted_removals", &["remote_id"]),
    ("snapshots", &["name"]),
];
/// Rows read and written at once; times the columns of a table it stays below the parameters a statement may have.
const CHUNK: usize = 100;

/// Why nothing was copied; the text is for the operator.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("the target is not empty: `{table}` has {rows} rows; give a new, empty database")]
    NotEmpty { table: &'static str, rows: i64 },
    #[error("the two databases differ in the table `{0}`, or this program does not know it")]
    Schema(String),
    #[error("`{table}` is not the same in the target: the row after {after} differs")]
    Differs { table: &'static str, after: String },
    #[error("`{table}` cannot be copied, in the rows after {after}: {source}")]
    Table { table: &'static str, after: String, source: sqlx::Error },
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// What is done to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Copied,
    Verified,
}

/// How far a table is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    pub table: &'static str,
    pub step: Step,
    pub rows: u64,
    pub of: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Bytes,
    Integer,
    Boolean,
}

#[derive(Clone, PartialEq, Eq)]
enum Value {
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Integer(Option<i64>),
    Boolean(Option<bool>),
}

/// One table as both databases have it.
#[derive(Debug)]
struct Table {
    name: &'static str,
    key: &'static [&'static str],
    columns: Vec<(String, Kind)>,
    rows: u64,
}

/// A copy that is not committed yet.
pub struct Copying {
    source: Tx,
    target: Tx,
    tables: Vec<Table>,
}

impl std::fmt::Debug for Copying {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copying").field("tables", &self.tables).finish_non_exhaustive()
    }
}

impl Copying {
    /// Refuses a target that has rows, or another schema.
    pub async fn begin(source: &Store, target: &Store) -> std::result::Result<Self, CopyError> {
        let columns = columns(&source.db).await?;
        let theirs = self::columns(&target.db).await?;
        let known = |table: &str| TABLES.iter().any(|(name, _)| *name == table);
        if let Some((table, ..)) = columns.iter().chain(&theirs).find(|(table, ..)| !known(table)) {
            return Err(CopyError::Schema(table.clone()));
        }
        let (mut source, mut target) = (source.db.begin_reading().await?, target.db.begin().await?);
        let mut tables = Vec::new();
        for (name, key) in TABLES {
            let of_table = |all: &[Column]| -> Vec<(String, Kind)> {
                let mut own: Vec<_> = all.iter().filter(|(table, ..)| table == name).collect();
                own.sort_by_key(|(_, column, _)| column);
                own.into_iter().map(|(_, column, kind)| (column.clone(), *kind)).collect()
            };
            let columns = of_table(&columns);
            if columns.is_empty() || columns != of_table(&theirs) {
                return Err(CopyError::Schema(name.to_owned()));
            }
            let rows = count(&mut target, name).await?;
            if rows > 0 {
                return Err(CopyError::NotEmpty { table: name, rows });
            }
            let rows = count(&mut source, name).await?.unsigned_abs();
            tables.push(Table { name, key, columns, rows });
        }
        Ok(Self { source, target, tables })
    }

    /// Writes every row of the source into the target.
    pub async fn copy(&mut self, progress: &mut dyn FnMut(Progress)) -> std::result::Result<u64, CopyError> {
        let mut total = 0;
        for table in &self.tables {
            let (mut rows, mut after) = (0, Vec::new());
            loop {
                let failed = |source| CopyError::Table { table: table.name, after: shown(&after), source };
                let chunk = table.page(&mut self.source, &after).await.map_err(failed)?;
                let Some(last) = chunk.last() else { break };
                let failed = |source| CopyError::Table { table: table.name, after: shown(&after), source };
                table.insert(&mut self.target, &chunk).await.map_err(failed)?;
                rows += chunk.len() as u64;
                after = table.key_of(last);
                progress(Progress { table: table.name, step: Step::Copied, rows, of: table.rows });
            }
            total += rows;
        }
        Ok(total)
    }

    /// Reads both back and compares every value of every row.
    pub async fn verify(&mut self, progress: &mut dyn FnMut(Progress)) -> std::result::Result<(), CopyError> {
        for table in &self.tables {
            let (mut rows, mut after) = (0, Vec::new());
            loop {
                let ours = table.page(&mut self.source, &after).await?;
                let theirs = table.page(&mut self.target, &after).await?;
                if let Some(same) = first_difference(&ours, &theirs) {
                    let before = same.checked_sub(1).and_then(|index| ours.get(index));
                    let after = before.map_or(after, |row| table.key_of(row));
                    return Err(CopyError::Differs { table: table.name, after: shown(&after) });
                }
                let Some(last) = ours.last() else { break };
                rows += ours.len() as u64;
                after = table.key_of(last);
                progress(Progress { table: table.name, step: Step::Verified, rows, of: table.rows });
            }
        }
        Ok(())
    }

    /// As [`Store::list_sealed`], of what was copied.
    pub async fn list_sealed(
        &mut self,
        field: SealedField,
        after: &str,
        after_generation: i64,
        limit: i64,
    ) -> Result<Vec<SealedRow>> {
        Ok(tx_read!(self.target, fetch_all as SealedRow, field.select(), after, after_generation, limit)?)
    }

    /// From now on the target is the instance.
    pub async fn commit(self) -> Result<()> {
        Ok(self.target.commit().await?)
    }
}

/// Where two pages stop being the same.
fn first_difference(ours: &[Vec<Value>], theirs: &[Vec<Value>]) -> Option<usize> {
    let same = ours.iter().zip(theirs).take_while(|(one, other)| one == other).count();
    (same < ours.len().max(theirs.len())).then_some(same)
}

/// A key as an operator may look for it.
fn shown(key: &[Value]) -> String {
    let parts = key.iter().map(|value| match value {
        Value::Text(Some(text)) => text.clone(),
        Value::Integer(Some(number)) => number.to_string(),
        _ => "?".to_owned(),
    });
    let text: Vec<String> = parts.collect();
    if text.is_empty() { "the beginning".to_owned() } else { format!("`{}`", text.join(" ")) }
}

impl Table {
    fn names(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        names.join(", ")
    }

    fn key_of(&self, row: &[Value]) -> Vec<Value> {
        let place = |key: &&str| self.columns.iter().position(|(name, _)| name == *key);
        self.key.iter().filter_map(place).map(|index| row[index].clone()).collect()
    }

    /// The next rows after a key, in the order that both databases have.
    async fn page(&self, tx: &mut Tx, after: &[Value]) -> sqlx::Result<Vec<Vec<Value>>> {
        let key = self.key.join(", ");
        let condition = if after.is_empty() {
            String::new()
        } else {
            format!(" WHERE ({key}) > ({})", placeholders(1, after.len()))
        };
        let sql =
            format!("SELECT {} FROM {}{condition} ORDER BY {key} LIMIT {CHUNK}", self.names(), self.name);
        let kinds: Vec<Kind> = self.columns.iter().map(|(_, kind)| *kind).collect();
        fetch(tx, sql, after, &kinds).await
    }

    async fn insert(&self, tx: &mut Tx, rows: &[Vec<Value>]) -> sqlx::Result<()> {
        let width = self.columns.len();
        let tuples = (0..rows.len()).map(|row| format!("({})", placeholders(1 + row * width, width)));
        let tuples: Vec<String> = tuples.collect();
        let sql = format!("INSERT INTO {} ({}) VALUES {}", self.name, self.names(), tuples.join(", "));
        run(tx, sql, rows.iter().flatten()).await
    }
}

/// `$4, $5, $6`
fn placeholders(first: usize, count: usize) -> String {
    let all: Vec<String> = (first..first + count).map(|number| format!("${number}")).collect();
    all.join(", ")
}

type Column = (String, String, Kind);

/// Table, name and kind of every column. Each database describes itself in its own words.
async fn columns(db: &Db) -> std::result::Result<Vec<Column>, CopyError> {
    let sql = match db {
        Db::Sqlite { .. } => {
            "SELECT m.name, c.name, c.type FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' \
             AND substr(m.name, 1, 5) <> '_sqlx' AND substr(m.name, 1, 7) <> 'sqlite_'"
        }
        Db::Postgres(_) | Db::Pooled(_) => {
            "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), CAST(data_type AS TEXT) \
             FROM information_schema.columns WHERE table_schema = current_schema() \
             AND substr(table_name, 1, 5) <> '_sqlx'"
        }
    };
    let rows = read!(*db, fetch_all as (String, String, String), sql)?;
    let column = |(table, name, kind): (String, String, String)| {
        let kind = match kind.to_ascii_uppercase().as_str() {
            "TEXT" => Kind::Text,
            "BLOB" | "BYTEA" => Kind::Bytes,
            "BIGINT" => Kind::Integer,
            "BOOLEAN" => Kind::Boolean,
            _ => return Err(CopyError::Schema(table)),
        };
        Ok((table, name, kind))
    };
    rows.into_iter().map(column).collect()
}

async fn count(tx: &mut Tx, table: &str) -> sqlx::Result<i64> {
    let rows = fetch(tx, format!("SELECT COUNT(*) FROM {table}"), &[], &[Kind::Integer]).await?;
    match rows.first().and_then(|row| row.first()) {
        Some(Value::Integer(Some(count))) => Ok(*count),
        _ => Err(sqlx::Error::RowNotFound),
    }
}

/// A NULL is bound as one of its column's type, which PostgreSQL asks for.
macro_rules! bound {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match value {
                Value::Text(text) => query.bind(text.clone()),
                Value::Bytes(bytes) => query.bind(bytes.clone()),
                Value::Integer(number) => query.bind(*number),
                Value::Boolean(truth) => query.bind(*truth),
            };
        }
        query
    }};
}

macro_rules! decoded {
    ($rows:expr, $kinds:expr) => {{
        let mut all = Vec::new();
        for row in $rows {
            let mut values = Vec::with_capacity($kinds.len());
            for (index, kind) in $kinds.iter().enumerate() {
                values.push(match kind {
                    Kind::Text => Value::Text(row.try_get(index)?),
                    Kind::Bytes => Value::Bytes(row.try_get(index)?),
                    Kind::Integer => Value::Integer(row.try_get(index)?),
                    Kind::Boolean => Value::Boolean(row.try_get(index)?),
                });
            }
            all.push(values);
        }
        all
    }};
}

/// The text is made of names from the schema and placeholders, never of a value.
async fn fetch(tx: &mut Tx, sql: String, binds: &[Value], kinds: &[Kind]) -> sqlx::Result<Vec<Vec<Value>>> {
    let sql = AssertSqlSafe(sql);
    Ok(match tx {
        Tx::Sqlite(tx) => {
            decoded!(bound!(sqlx::query::<sqlx::Sqlite>(sql), binds).fetch_all(&mut **tx).await?, kinds)
        }
        Tx::Postgres(tx) => {
            decoded!(bound!(sqlx::query::<sqlx::Postgres>(sql), binds).fetch_all(&mut **tx).await?, kinds)
        }
        Tx::Pooled(tx) => {
            let query = bound!(sqlx::query::<sqlx::Postgres>(sql), binds).persistent(false);
            decoded!(query.fetch_all(&mut **tx).await?, kinds)
        }
    })
}

async fn run<'a>(tx: &mut Tx, sql: String, binds: impl Iterator<Item = &'a Value>) -> sqlx::Result<()> {
    let sql = AssertSqlSafe(sql);
    match tx {
        Tx::Sqlite(tx) => {
            bound!(sqlx::query::<sqlx::Sqlite>(sql), binds).execute(&mut **tx).await?;
        }
        Tx::Postgres(tx) => {
            bound!(sqlx::query::<sqlx::Postgres>(sql), binds).execute(&mut **tx).await?;
        }
        Tx::Pooled(tx) => {
            bound!(sqlx::query::<sqlx::Postgres>(sql), binds).persistent(false).execute(&mut **tx).await?;
        }
    }
    Ok(())
}
