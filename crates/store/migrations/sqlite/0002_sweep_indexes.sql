-- What the sweep looks for every minute is a handful of rows among many.
CREATE INDEX executions_started ON executions (created_at) WHERE state = 'started';
CREATE INDEX executions_with_key ON executions (created_at) WHERE idempotency_key IS NOT NULL;
CREATE INDEX connected_accounts_disconnecting ON connected_accounts (updated_at) WHERE status_reason = 'disconnecting';
CREATE INDEX connect_requests_exchanging ON connect_requests (state_expires_at) WHERE status = 'exchanging';
