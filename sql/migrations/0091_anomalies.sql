-- Grain: an anomaly that stands: an entity whose figures are too improbable, one row an episode.
-- Source: detect. Readers: the API, loss prevention, data teams. A correction takes the row back (sign -1).
-- ORDER BY code and time: a reader asks for the list of a day, the most costly first.
-- PARTITION BY the year in which it became known: `closed_at` may be any, and a block must not touch many partitions.
CREATE TABLE anomalies (
  detector LowCardinality(String) COMMENT 'Detector that found it',
  code LowCardinality(String) COMMENT 'Code under which it is paged',
  entity String COMMENT 'What it concerns, such as sku/1/node/dc-01',
  sku_id String COMMENT 'Stock keeping unit',
  node_id LowCardinality(String) COMMENT 'Node',
  closed_at DateTime64(3, 'UTC') COMMENT 'End of the closing window in which it was found',
  window_days UInt8 COMMENT 'Days that the statistic covers',
  losses UInt32 COMMENT 'Losses in these days',
  units Int64 COMMENT 'Units lost in these days',
  amount Decimal(18, 6) COMMENT 'Their cost (house currency)',
  statistic LowCardinality(String) COMMENT 'gamma_poisson_tail or cost_cusum',
  value Float64 COMMENT 'What was measured: shifts with a loss, or the sum of the CUSUM',
  expected Float64 COMMENT 'What was to be expected of it',
  limit_value Float64 COMMENT 'Where it begins to alarm: a probability, or the limit of the CUSUM',
  p Float64 COMMENT 'How improbable, with the number of windows accounted for',
  cusum Float64 COMMENT 'CUSUM of the cost per shift (standard deviations)',
  expected_loss Float64 COMMENT 'What it is ranked by: (1 - p) times amount (house currency)',
  rank UInt32 COMMENT 'Place among the anomalies of its closing window, 1 first',
  outcome LowCardinality(String) COMMENT 'paged, budget (the day had its alerts), petty (costs too little) or expected (people said so)',
  detail String COMMENT 'In words, with the figures',
  sign Int8 COMMENT '1: holds; -1: a row that was written holds no more',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event at which it was written'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (code, closed_at, entity)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Anomalies that detectors found, paged or not, as signed rows'
