-- Grain: one end of an order's stay in a stage: +1 as it comes in, -1 as it leaves, alike in all but `at`.
-- Source: the orders processor. Readers: order_aging, K07, data teams. Open work at an instant is
-- sum(delta * sign) of the rows up to it over the stages before shipped. ORDER BY the order: whoever asks
-- why looks at one order; aging reads all of it anyway.
-- PARTITION BY the year in which it became known: `at` may be any, and a block must not touch many partitions.
CREATE TABLE order_stages (
  order_id String COMMENT 'Order',
  stage LowCardinality(String) COMMENT 'created, on_hold, released, allocated, picking, picked, packed are open; shipped, delivered, cancelled closed',
  delta Int8 COMMENT '1 came in, -1 left; multiply by sign',
  at DateTime64(3, 'UTC') COMMENT 'When it came in or left',
  entered_at DateTime64(3, 'UTC') COMMENT 'When it came into the stage: its age is from here',
  clock_at DateTime64(3, 'UTC') COMMENT 'Start of the clock of the promise, later by each pause',
  due_at DateTime64(3, 'UTC') COMMENT 'Promised dispatch, later by each pause; once shipped, promised delivery',
  paused_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Since when the clock stands still for a hold of the customer; null while it runs',
  node_id LowCardinality(String) COMMENT 'Node as the order came in, or empty',
  channel_id LowCardinality(String) COMMENT 'Sales channel',
  sla_class LowCardinality(String) COMMENT 'Service class of the promise',
  calendar LowCardinality(String) COMMENT 'Business hours that the clock runs in: offset to UTC and open-close of each day from Monday, in minutes, joined by |; empty when it always runs',
  sign Int8 COMMENT '1 holds, -1 takes an earlier row back; sum it',
  known_at DateTime64(3, 'UTC') COMMENT 'Event time at which it became known',
  seq UInt64 COMMENT 'Log sequence of the event that caused the row'
)
ENGINE = MergeTree
PARTITION BY toYear(known_at)
ORDER BY (order_id, at, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Stays of orders in stages, as signed rows; sum delta * sign up to an instant';
