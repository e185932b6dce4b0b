-- Times are microseconds since the Unix epoch. Secrets are sealed by the vault before they get here.

CREATE TABLE instance (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BYTEA NOT NULL
);

CREATE TABLE apps (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    allowed_origins TEXT COLLATE "C" NOT NULL,
    confirm_connections BOOLEAN NOT NULL,
    token_settings TEXT COLLATE "C",
    token_secret BYTEA,
    created_at BIGINT NOT NULL
);

CREATE TABLE api_keys (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    app_id TEXT COLLATE "C" NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    scope TEXT COLLATE "C" NOT NULL,
    prefix TEXT COLLATE "C" NOT NULL,
    hash BYTEA NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    last_used_at BIGINT
);
CREATE INDEX api_keys_by_app ON api_keys (app_id, created_at, id);

CREATE TABLE auth_configs (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    app_id TEXT COLLATE "C" NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    toolkit TEXT COLLATE "C" NOT NULL,
    display_name TEXT COLLATE "C" NOT NULL,
    enabled BOOLEAN NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL,
    auth_scheme TEXT COLLATE "C" NOT NULL,
    managed BOOLEAN NOT NULL,
    backend TEXT COLLATE "C" NOT NULL,
    client_version BIGINT,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (app_id, toolkit)
);

-- One row for each client_id an auth config has ever used and still needs.
CREATE TABLE client_versions (
    auth_config_id TEXT COLLATE "C" NOT NULL REFERENCES auth_configs (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    app_id TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    managed BOOLEAN NOT NULL,
    sealed_secrets BYTEA,
    rejected_at BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (auth_config_id, version),
    UNIQUE (auth_config_id, client_id, managed)
);

CREATE TABLE connect_requests (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    app_id TEXT COLLATE "C" NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    user_id TEXT COLLATE "C" NOT NULL,
    toolkit TEXT COLLATE "C" NOT NULL,
    auth_config_id TEXT COLLATE "C" NOT NULL REFERENCES auth_configs (id) ON DELETE CASCADE,
    client_version BIGINT,
    scopes TEXT COLLATE "C" NOT NULL,
    redirect_url TEXT COLLATE "C",
    status TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C",
    account_id TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    state_hash BYTEA UNIQUE,
    cookie_hash BYTEA,
    redirect_uri TEXT COLLATE "C",
    sealed_verifier BYTEA,
    state_expires_at BIGINT
);
CREATE INDEX connect_requests_by_user ON connect_requests (app_id, user_id, toolkit, status, created_at);
CREATE INDEX connect_requests_by_age ON connect_requests (created_at);
CREATE INDEX connect_requests_by_client ON connect_requests (auth_config_id, client_version);

CREATE TABLE connected_accounts (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    app_id TEXT COLLATE "C" NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    user_id TEXT COLLATE "C" NOT NULL,
    toolkit TEXT COLLATE "C" NOT NULL,
    auth_config_id TEXT COLLATE "C" NOT NULL REFERENCES auth_configs (id) ON DELETE CASCADE,
    auth_scheme TEXT COLLATE "C" NOT NULL,
    client_version BIGINT,
    provider TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    grant_subject TEXT COLLATE "C" NOT NULL,
    label TEXT COLLATE "C",
    facts TEXT COLLATE "C" NOT NULL,
    scopes TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    status_reason TEXT COLLATE "C",
    sealed_grant BYTEA NOT NULL,
    generation BIGINT NOT NULL,
    expires_at BIGINT,
    lease_owner TEXT COLLATE "C",
    lease_expires_at BIGINT,
    refresh_intent BYTEA,
    refresh_retry_at BIGINT,
    confirm_hash BYTEA,
    connected_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_used_at BIGINT,
    UNIQUE (app_id, user_id, toolkit, subject)
);
CREATE INDEX connected_accounts_by_app ON connected_accounts (app_id, connected_at, id);
CREATE INDEX connected_accounts_by_grant ON connected_accounts (provider, client_id, grant_subject);
CREATE INDEX connected_accounts_by_client ON connected_accounts (auth_config_id, client_version);

CREATE TABLE executions (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    app_id TEXT COLLATE "C" NOT NULL REFERENCES apps (id) ON DELETE CASCADE,
    user_id TEXT COLLATE "C" NOT NULL,
    account_id TEXT COLLATE "C",
    tool TEXT COLLATE "C" NOT NULL,
    idempotency_key TEXT COLLATE "C",
    fingerprint BYTEA NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    sealed_result BYTEA,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    UNIQUE (app_id, user_id, idempotency_key)
);
CREATE INDEX executions_by_age ON executions (created_at);

-- No reference to apps: what was done outlives the app for as long as the retention says.
CREATE TABLE audit (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    app_id TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    outcome TEXT COLLATE "C" NOT NULL,
    error_code TEXT COLLATE "C",
    user_id TEXT COLLATE "C",
    toolkit TEXT COLLATE "C",
    tool TEXT COLLATE "C",
    account_id TEXT COLLATE "C",
    detail TEXT COLLATE "C",
    duration_us BIGINT NOT NULL,
    request_bytes BIGINT,
    response_bytes BIGINT,
    request_id TEXT COLLATE "C"
);
CREATE INDEX audit_by_app ON audit (app_id, at, id);
CREATE INDEX audit_by_age ON audit (at);
