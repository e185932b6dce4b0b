-- What is refreshed ahead of its end is a handful of rows among many.
CREATE INDEX connected_accounts_by_expiry ON connected_accounts (expires_at, id) WHERE status = 'active' AND expires_at IS NOT NULL;
