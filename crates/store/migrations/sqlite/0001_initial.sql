-- Times are microseconds since the Unix epoch. Secrets are sealed by the vault before they get here.

CREATE TABLE instance (
    name TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
);

CREATE TABLE apps (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    allowed_origins TEXT NOT NULL,
    confirm_connections BOOLEAN NOT NULL,
    token_settings TEXT,
    token_secret BLOB,
    created_at BIGINT NOT NULL
);

CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    prefix TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT
);
CREATE INDEX api_keys_by_app ON api_keys (app_id, created_at, id);

CREATE TABLE auth_configs (
    id TEXT NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    toolkit TEXT NOT NULL,
    display_name TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    scopes TEXT NOT NULL,
    auth_scheme TEXT NOT NULL,
    managed BOOLEAN NOT NULL,
    backend TEXT NOT NULL,
    client_version BIGINT,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (app_id, toolkit)
);

-- One row for each client_id an auth config has ever used and still needs.
CREATE TABLE client_versions (
    auth_config_id TEXT NOT NULL REFERENCES auth_configs (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    app_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    managed BOOLEAN NOT NULL,
    sealed_secrets BLOB,
    rejected_at BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (auth_config_id, version),
    UNIQUE (auth_config_id, client_id, managed)
);

CREATE TABLE connect_requests (
    id TEXT NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    toolkit TEXT NOT NULL,
    auth_config_id TEXT NOT NULL REFERENCES auth_configs (id) ON DELETE CASCADE,
    client_version BIGINT,
    scopes TEXT NOT NULL,
    redirect_url TEXT,
    status TEXT NOT NULL,
    reason TEXT,
    account_id TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    state_hash BLOB UNIQUE,
    cookie_hash BLOB,
    redirect_uri TEXT,
    sealed_verifier BLOB,
    state_expires_at BIGINT
);
CREATE INDEX connect_requests_by_user ON connect_requests (app_id, user_id, toolkit, status, created_at);
CREATE INDEX connect_requests_by_age ON connect_requests (created_at);
CREATE INDEX connect_requests_by_client ON connect_requests (auth_config_id, client_version);

CREATE TABLE connected_accounts (
    id TEXT NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    toolkit TEXT NOT NULL,
    auth_config_id TEXT NOT NULL REFERENCES auth_configs (id) ON DELETE CASCADE,
    auth_scheme TEXT NOT NULL,
    client_version BIGINT,
    provider TEXT NOT NULL,
    client_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    grant_subject TEXT NOT NULL,
    label TEXT,
    facts TEXT NOT NULL,
    scopes TEXT NOT NULL,
    status TEXT NOT NULL,
    status_reason TEXT,
    sealed_grant BLOB NOT NULL,
    generation BIGINT NOT NULL,
    expires_at BIGINT,
    lease_owner TEXT,
    lease_expires_at BIGINT,
    refresh_intent BLOB,
    refresh_retry_at BIGINT,
    confirm_hash BLOB,
    connected_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_used_at BIGINT,
    UNIQUE (app_id, user_id, toolkit, subject)
);
CREATE INDEX connected_accounts_by_app ON connected_accounts (app_id, connected_at, id);
CREATE INDEX connected_accounts_by_grant ON connected_accounts (provider, client_id, grant_subject);
CREATE INDEX connected_accounts_by_client ON connected_accounts (auth_config_id, client_version);

CREATE TABLE executions (
    id TEXT NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL,
    account_id TEXT,
    tool TEXT NOT NULL,
    idempotency_key TEXT,
    fingerprint BLOB NOT NULL,
    state TEXT NOT NULL,
    sealed_result BLOB,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    UNIQUE (app_id, user_id, idempotency_key)
);
CREATE INDEX executions_by_age ON executions (created_at);

-- No reference to apps: what was done outlives the app for as long as the retention says.
CREATE TABLE audit (
    id TEXT NOT NULL PRIMARY KEY,
    app_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    error_code TEXT,
    user_id TEXT,
    toolkit TEXT,
    tool TEXT,
    account_id TEXT,
    detail TEXT,
    duration_us BIGINT NOT NULL,
    request_bytes BIGINT,
    response_bytes BIGINT,
    request_id TEXT
);
CREATE INDEX audit_by_app ON audit (app_id, at, id);
CREATE INDEX audit_by_age ON audit (at);
