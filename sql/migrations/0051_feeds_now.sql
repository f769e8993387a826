-- Grain: one source. Reader: data teams, whoever asks which feeds can be relied on.
CREATE VIEW feeds_now AS
SELECT
  source,
  max(s.at) AS as_of,
  argMax(s.events, s.at) AS events,
  argMax(s.entity_counts, s.at) AS entity_counts,
  argMax(s.last_event_at, s.at) AS last_event_at,
  dateDiff('millisecond', last_event_at, as_of) AS age_ms,
  argMax(tuple(s.cadence_ms), s.at).1 AS cadence_ms,
  argMax(s.cadence_from, s.at) AS cadence_from,
  argMax(s.watermark, s.at) AS watermark,
  argMax(s.stale, s.at) AS stale,
  argMax(s.gaps, s.at) AS gaps,
  argMax(tuple(s.late_p95_ms), s.at).1 AS late_p95_ms
FROM feed_stats AS s
GROUP BY source
COMMENT 'Each source as it was last reported: freshness, cadence, watermark, gaps';
