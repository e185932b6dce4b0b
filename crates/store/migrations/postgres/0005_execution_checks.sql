-- What a check of an unknown outcome needs of the call, when it is due, and how often it was made.
ALTER TABLE executions ADD COLUMN sealed_call BYTEA;
ALTER TABLE executions ADD COLUMN check_at BIGINT;
ALTER TABLE executions ADD COLUMN checks BIGINT NOT NULL DEFAULT 0;
CREATE INDEX executions_to_check ON executions (check_at) WHERE check_at IS NOT NULL;
CREATE INDEX executions_kept ON executions (created_at) WHERE idempotency_key IS NULL AND sealed_result IS NOT NULL;
CREATE INDEX executions_by_app ON executions (app_id, created_at, id);
CREATE INDEX executions_unknown ON executions (app_id, created_at, id) WHERE state = 'unknown';
