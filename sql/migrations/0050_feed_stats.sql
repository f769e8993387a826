-- Grain: a source at a minute. Source: the feeds processor, each known source once a minute of event time.
-- Readers: freshness (K34b), feeds_now, data teams. ORDER BY source, then time: a question is about a source
-- over a while. PARTITION BY the month: `at` is the time of the processors, so a block touches one or two.
CREATE TABLE feed_stats (
  at DateTime64(3, 'UTC') COMMENT 'Event time of the processors at which this held',
  source LowCardinality(String) COMMENT 'Producer instance (CloudEvents source)',
  events UInt64 COMMENT 'Events taken in from it so far',
  entity_counts String COMMENT 'The same by entity, a JSON object such as {"order":12}',
  last_event_at DateTime64(3, 'UTC') COMMENT 'When its newest event happened',
  last_heard_at DateTime64(3, 'UTC') COMMENT 'Event time of the processors when it was last heard',
  cadence_ms Nullable(UInt64) COMMENT 'How often it speaks (ms); null while too little is known',
  cadence_from LowCardinality(String) COMMENT 'policy, heartbeat, learned or unknown',
  lateness_class LowCardinality(String) COMMENT 'api, edi or batch: how much lateness is allowed for',
  watermark DateTime64(3, 'UTC') COMMENT 'Newest event time less the allowed lateness: complete up to here',
  stale UInt8 COMMENT '1 when it was silent for longer than 1.5 times its cadence',
  gaps UInt64 COMMENT 'Numbers missing from its sequence so far',
  late_p50_ms Nullable(UInt64) COMMENT 'Lateness (ms, arrival less happening) of half of its newest events',
  late_p95_ms Nullable(UInt64) COMMENT 'Lateness (ms) that 95 % of them do not exceed',
  late_p99_ms Nullable(UInt64) COMMENT 'Lateness (ms) that 99 % of them do not exceed',
  seq UInt64 COMMENT 'Log sequence of the event that ended the minute'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (source, at)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Freshness, cadence, gaps and lateness of each source, once a minute';
