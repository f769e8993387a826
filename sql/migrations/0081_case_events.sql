-- Grain: one step of one case: the audit trail. Source: the case engine. Readers: cases_board, the API, the
-- verification of the chain. ORDER BY n, the order of the chain. PARTITION BY the month of the step.
CREATE TABLE case_events (
  n UInt64 COMMENT 'Number of the step in the chain, from 1 without gaps',
  case_id String COMMENT 'Case',
  at DateTime64(3, 'UTC') COMMENT 'Event time of the step',
  kind LowCardinality(String) COMMENT 'opened, updated, symptom, reopened, cleared, auto_resolved, merged, escalated, woken, refused, or the command of a person',
  actor String COMMENT 'Who decided; stocktide where no person did',
  detail String COMMENT 'Why, in words',
  code LowCardinality(String) COMMENT 'Code of the case',
  status LowCardinality(String) COMMENT 'Status after the step',
  severity LowCardinality(String) COMMENT 'Severity after the step',
  team LowCardinality(String) COMMENT 'Team that owns it after the step',
  record String COMMENT 'The whole case after the step as JSON; empty for a command about a case that does not exist' CODEC(ZSTD(1)),
  source String COMMENT 'Source of the event that led to the step',
  event_id String COMMENT 'Id of that event',
  seq UInt64 COMMENT 'Log sequence of that event',
  previous_hash FixedString(64) COMMENT 'Hash of the step before; zeros for the first',
  hash FixedString(64) COMMENT 'SHA-256 over the previous hash and this row; npm run audit checks it',
  INDEX by_case case_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY n
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Every step of every case, chained by hashes';
