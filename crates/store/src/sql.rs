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

/// `select!(table, "WHERE ...")`: every column of the table's row type.
macro_rules! select {
    ($table:ident, $rest:literal) => {
        concat!("SELECT ", columns!($table), " FROM ", stringify!($table), " ", $rest)
    };
}

/// `returning!("UPDATE ...", table)`: the same of the rows that a statement wrote.
macro_rules! returning {
    ($statement:literal, $table:ident) => {
        concat!($statement, " RETURNING ", columns!($table))
    };
}

/// The columns of a table that a row type reads, by name: what a statement gives must stay the same while a newer version
/// adds columns, or PostgreSQL refuses to run what was prepared before ("cached plan must not change result type").
macro_rules! columns {
    (api_keys) => {
        "id, app_id, name, scope, prefix, hash, created_at, expires_at, revoked_at, last_used_at"
    };
    (apps) => {
        "id, name, allowed_origins, confirm_connections, token_settings, token_secret, created_at"
    };
    (audit) => {
        "id, app_id, at, actor, action, outcome, error_code, user_id, toolkit, tool, account_id, detail, \
         duration_us, request_bytes, response_bytes, request_id"
    };
    (auth_configs) => {
        "id, app_id, toolkit, display_name, enabled, scopes, auth_scheme, managed, backend, client_version, \
         revision, created_at, updated_at"
    };
    (client_versions) => {
        "auth_config_id, version, app_id, client_id, managed, sealed_secrets, rejected_at, updated_at"
    };
    (connect_requests) => {
        "id, app_id, user_id, toolkit, auth_config_id, client_version, scopes, redirect_url, status, reason, \
         account_id, created_at, expires_at, redirect_uri, sealed_verifier, state_expires_at, remote_account"
    };
    (connected_accounts) => {
        "id, app_id, user_id, toolkit, auth_config_id, auth_scheme, client_version, provider, client_id, \
         subject, grant_subject, label, facts, scopes, status, status_reason, sealed_grant, generation, \
         expires_at, lease_owner, lease_expires_at, refresh_intent, refresh_retry_at, confirm_hash, \
         remote_id, connected_at, updated_at, last_used_at"
    };
    (executions) => {
        "id, app_id, user_id, account_id, tool, idempotency_key, fingerprint, state, sealed_result, \
         created_at, finished_at, sealed_call, check_at, checks"
    };
    (hosted_configs) => {
        "auth_config_id, app_id, toolkit, remote_toolkit, remote_id, fingerprint, enabled, wanted, settled, \
         failure, attempts, retry_at, lease_owner, lease_expires_at, checked_at"
    };
    (hosted_removals) => {
        "remote_id, remote_config, revokes, due_at, attempts"
    };
}
