-- Grain: a decision about access, repeated ones of the same second as one row with their number. Source: the
-- API and the door, each a block a second at most. Readers: GET /v1/access/audit, whoever looks into an
-- incident. ORDER BY time, since it is read newest first and in spans; a month leaves at a time.
CREATE TABLE access_audit (
  at DateTime64(3, 'UTC') COMMENT 'When it was decided, wall time; of several the first',
  id String COMMENT 'Unique',
  process LowCardinality(String) COMMENT 'Which process decided: api or door',
  action LowCardinality(String) COMMENT 'refused, signed_in, signed_out, token_created or token_revoked',
  subject String COMMENT 'Whose request it was; empty when nobody is known',
  credential LowCardinality(String) COMMENT 'How they proved it: open, service, token or oidc; empty when they did not',
  reason LowCardinality(String) COMMENT 'Kind of the problem that a refusal was answered with; else empty',
  detail String COMMENT 'What was refused or done, in words',
  address String COMMENT 'Network address that asked',
  method LowCardinality(String) COMMENT 'HTTP method',
  route LowCardinality(String) COMMENT 'Route as registered, such as /v1/atp/:sku',
  count UInt32 COMMENT 'How many such decisions this row stands for'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (at, id)
TTL toDateTime(at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Decisions about access: sign-ins, refusals, tokens made and revoked';
