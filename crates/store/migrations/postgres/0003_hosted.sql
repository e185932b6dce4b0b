-- What Composio holds for us, and what we remember of it.

-- An auth config over there. No reference to apps or auth_configs: what is there outlives both until it is gone there.
-- The two sides agree once `settled` has reached `wanted`.
CREATE TABLE hosted_configs (
    auth_config_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    app_id TEXT COLLATE "C" NOT NULL,
    toolkit TEXT COLLATE "C" NOT NULL,
    remote_toolkit TEXT COLLATE "C" NOT NULL,
    remote_id TEXT COLLATE "C",
    fingerprint BYTEA,
    enabled BOOLEAN NOT NULL,
    wanted BIGINT NOT NULL,
    settled BIGINT NOT NULL,
    failure TEXT COLLATE "C",
    attempts BIGINT NOT NULL,
    retry_at BIGINT,
    lease_owner TEXT COLLATE "C",
    lease_expires_at BIGINT,
    checked_at BIGINT NOT NULL,
    UNIQUE (app_id, toolkit)
);
CREATE INDEX hosted_configs_unsettled ON hosted_configs (retry_at) WHERE settled < wanted;
CREATE INDEX hosted_configs_by_check ON hosted_configs (checked_at);

-- The account over there; absent where the grant is in our own vault.
ALTER TABLE connected_accounts ADD COLUMN remote_id TEXT COLLATE "C";
CREATE UNIQUE INDEX connected_accounts_by_remote ON connected_accounts (remote_id) WHERE remote_id IS NOT NULL;

-- The account over there that a link's consent makes active.
ALTER TABLE connect_requests ADD COLUMN remote_account TEXT COLLATE "C";

-- Accounts over there that nobody here has a use for, once they are due.
CREATE TABLE hosted_removals (
    remote_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    remote_config TEXT COLLATE "C" NOT NULL,
    revokes BOOLEAN NOT NULL,
    due_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL
);
CREATE INDEX hosted_removals_by_due ON hosted_removals (due_at);

-- Lists of somebody else's that we keep for when they are away.
CREATE TABLE snapshots (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    body TEXT COLLATE "C" NOT NULL,
    taken_at BIGINT NOT NULL
);
