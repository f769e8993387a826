-- Grain: a policy that was decided. Source: policy.set by way of the archive processor. Readers: K13 (what the
-- shrinkage rate is a share of), data teams who ask which policy held when, and why. ORDER BY the policy and its
-- place in the log: what holds is the last one of a scope.
CREATE TABLE policy_events (
  policy LowCardinality(String) COMMENT 'Kind of policy, such as safety_stock or measurement',
  scope String COMMENT 'What it holds for, a JSON object; {} is everywhere',
  value String COMMENT 'What was decided, a JSON object',
  actor String COMMENT 'Who decided',
  reason String COMMENT 'Why',
  time DateTime64(3, 'UTC') COMMENT 'When it was decided',
  seq UInt64 COMMENT 'Sequence in the log; the later one holds'
)
ENGINE = MergeTree
ORDER BY (policy, seq)
SETTINGS non_replicated_deduplication_window = 1000
COMMENT 'Policies as they were decided';
