-- What the door made of a source's events beside those that it took: the tallies of feed.tallied, added up.
ALTER TABLE feed_stats
  ADD COLUMN duplicates UInt64 DEFAULT 0 COMMENT 'Events so far that the log had already' AFTER late_p99_ms,
  ADD COLUMN rejected UInt64 DEFAULT 0 COMMENT 'Events so far that the door refused' AFTER duplicates,
  ADD COLUMN reject_reasons String DEFAULT '{}' COMMENT 'The same by reason, a JSON object such as {"invalid_data":3}' AFTER rejected;
