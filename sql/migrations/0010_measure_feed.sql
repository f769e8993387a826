-- Grain: a contribution to a measure. Source: the materialised view of each fact table. Readers: the two
-- rollups; nothing is stored here, so that a fact table needs one view only.
CREATE TABLE measure_feed (
  measure LowCardinality(String) COMMENT 'What is measured, such as lines_filled; sql/kpi says which KPI reads it',
  at DateTime64(3, 'UTC') COMMENT 'Date that assigns it to a window: the cohort date of the KPI',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  node_id LowCardinality(String) COMMENT 'Node, or empty',
  channel_id LowCardinality(String) COMMENT 'Channel, or empty',
  sla_class LowCardinality(String) COMMENT 'Service class, or empty',
  dim LowCardinality(String) COMMENT 'The further dimension of the measure: supplier, carrier, reason, code ...',
  sku_id String COMMENT 'SKU, or empty',
  value Decimal(38, 6) COMMENT 'Signed contribution: units, lines, orders, hours or money'
)
ENGINE = Null
COMMENT 'Contributions to measures on their way into the rollups; holds nothing';
