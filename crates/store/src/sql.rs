//! The macros that send one SQL text to either database. Rules for the texts: `$1` placeholders, every one bound
//! (SQLite takes an unbound one for NULL), no `NOW()`, no `FOR UPDATE`, no advisory locks, no LIKE.

/// One statement for a pooler: in a transaction of its own, because preparing and running it are two round trips that
/// must meet the same connection, and without a name, because a name would stay on a connection that is somebody
/// else's next.
macro_rules! pooled {
    ($pool:expr, $query:expr, $method:ident) => {{
        let query = $query.persistent(false);
        async {
            let mut tx = $pool.begin().await?;
            let done = query.$method(&mut *tx).await?;
            tx.commit().await?;
            Ok::<_, sqlx::Error>(done)
        }
        .await
    }};
}

/// `read!(db, fetch_optional as Row, "SELECT ... $1", bind, ...)`
macro_rules! read {
    ($db:expr, $method:ident as $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &$db {
            $crate::db::Db::Sqlite { reader, .. } => {
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.$method(reader).await
            }
            $crate::db::Db::Postgres(pool) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.$method(pool).await,
            $crate::db::Db::Pooled(pool) => {
                pooled!(pool, sqlx::query_as::<sqlx::Postgres, $row>($sql)$(.bind($bind))*, $method)
            }
        }
    };
}

/// The same for statements that write and give rows back.
macro_rules! write_returning {
    ($db:expr, $method:ident as $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &$db {
            $crate::db::Db::Sqlite { writer, .. } => {
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.$method(writer).await
            }
            $crate::db::Db::Postgres(pool) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.$method(pool).await,
            $crate::db::Db::Pooled(pool) => {
                pooled!(pool, sqlx::query_as::<sqlx::Postgres, $row>($sql)$(.bind($bind))*, $method)
            }
        }
    };
}

/// A statement without rows; gives how many were affected.
macro_rules! write {
    ($db:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &$db {
            $crate::db::Db::Sqlite { writer, .. } => {
                sqlx::query($sql)$(.bind($bind))*.execute(writer).await.map(|done| done.rows_affected())
            }
            $crate::db::Db::Postgres(pool) => {
                sqlx::query($sql)$(.bind($bind))*.execute(pool).await.map(|done| done.rows_affected())
            }
            $crate::db::Db::Pooled(pool) => {
                pooled!(pool, sqlx::query::<sqlx::Postgres>($sql)$(.bind($bind))*, execute)
                    .map(|done| done.rows_affected())
            }
        }
    };
}

/// `write!` within a transaction.
macro_rules! tx_write {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &mut $tx {
            $crate::db::Tx::Sqlite(tx) => {
                sqlx::query($sql)$(.bind($bind))*.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
            $crate::db::Tx::Postgres(tx) => {
                sqlx::query($sql)$(.bind($bind))*.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
            $crate::db::Tx::Pooled(tx) => {
                let query = sqlx::query::<sqlx::Postgres>($sql)$(.bind($bind))*.persistent(false);
                query.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
        }
    };
}

/// `read!` within a transaction.
macro_rules! tx_read {
    ($tx:expr, $method:ident as $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match &mut $tx {
            $crate::db::Tx::Sqlite(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.$method(&mut **tx).await,
            $crate::db::Tx::Postgres(tx) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.$method(&mut **tx).await,
            $crate::db::Tx::Pooled(tx) => {
                let query = sqlx::query_as::<sqlx::Postgres, $row>($sql)$(.bind($bind))*.persistent(false);
                query.$method(&mut **tx).await
            }
        }
    };
}
