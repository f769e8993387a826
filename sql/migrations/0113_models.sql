-- Grain: a model that was trained, accepted or refused. Source: detect, from model.trained. Readers: data teams who
-- ask which model scored an anomaly, whoever trains the next one. What holds is the last accepted one of a purpose.
-- ORDER BY the purpose and its place in the log: there is one a week.
CREATE TABLE models (
  model_id String COMMENT 'Model',
  purpose LowCardinality(String) COMMENT 'What it scores: shrinkage',
  sha256 String COMMENT 'Of its bytes, which lie under this name in the object store (bucket models)',
  size_bytes UInt64 COMMENT 'Size of its bytes',
  features String COMMENT 'Columns that it reads, in their order',
  rows UInt64 COMMENT 'Rows that it was trained on',
  seed UInt64 COMMENT 'Seed of the training',
  trained_from DateTime64(3, 'UTC') COMMENT 'Begin of the window that the rows are of',
  trained_to DateTime64(3, 'UTC') COMMENT 'End of the window that the rows are of',
  actor String COMMENT 'Who trained it',
  reason String COMMENT 'Why',
  outcome LowCardinality(String) COMMENT 'accepted, or refused: the model before it stays',
  detail String COMMENT 'Of a refused one: what is wrong with it',
  time DateTime64(3, 'UTC') COMMENT 'When it was trained',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event'
)
ENGINE = MergeTree
ORDER BY (purpose, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Models as they were trained, and what became of them'
