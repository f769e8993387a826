-- Grain: one finding. Source: finding.raised by way of the archive processor. Readers: data teams.
-- ORDER BY code and entity: a question is about one kind of finding, or one entity.
CREATE TABLE findings (
  finding_id String COMMENT 'Deterministic id',
  code LowCardinality(String) COMMENT 'What was found, such as NEG_INVENTORY',
  subtype LowCardinality(String) COMMENT 'Which kind of it',
  processor LowCardinality(String) COMMENT 'Processor that found it',
  entity String COMMENT 'What it concerns, such as sku/1/node/dc-01',
  sku_id String COMMENT 'SKU, or empty',
  node_id LowCardinality(String) COMMENT 'Node, or empty',
  order_id String COMMENT 'Order, or empty',
  channel_id LowCardinality(String) COMMENT 'Channel, or empty',
  condition_at DateTime64(3, 'UTC') COMMENT 'Event time of the condition',
  raised_at DateTime64(3, 'UTC') COMMENT 'Event time of the finding',
  units Int64 COMMENT 'Units concerned',
  detail String COMMENT 'In words, with the figures',
  evidence String COMMENT 'Events that show it, JSON array of {source, id}',
  seq UInt64 COMMENT 'Sequence in the log'
)
ENGINE = MergeTree
ORDER BY (code, entity, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'What the processors found: negative stock, illegal transitions, rejected snapshots, feed faults';
