-- Grain: a bin of a node. Readers: executives and ops leads who ask which locations have recurring count
-- issues; data teams. The most counts out of tolerance first.
CREATE VIEW count_issues_by_location AS
SELECT
  node_id,
  location_id,
  sumIf(f.held, kind = 'count') AS counts,
  sumIf(f.held, kind = 'count' AND within_tolerance = 0) AS out_of_tolerance,
  if(counts = 0, NULL, out_of_tolerance / counts) AS out_of_tolerance_share,
  sumIf((f.qty - f.qty_expected) * f.held, kind = 'count') AS net_variance_units,
  sumIf(toDecimal128(ifNull(f.unit_cost, 0), 6) * (f.qty - f.qty_expected) * f.held, kind = 'count' AND costed = 1) AS net_variance_cost,
  sumIf(toDecimal128(ifNull(f.unit_cost, 0), 6) * abs(f.qty - f.qty_expected) * f.held, kind = 'count' AND costed = 1) AS abs_variance_cost,
  sumIf(f.held, kind = 'location_error') AS location_errors,
  sumIf(f.held, kind = 'pick' AND f.qty < f.qty_expected) AS short_picks,
  sumIf(f.held, kind = 'scan_failed') AS failed_scans,
  maxIf(toNullable(f.at), kind = 'count') AS last_count_at
FROM (
  -- Only what holds: the last count of a bin must be one.
  SELECT
    kind, node_id, location_id, at, qty, qty_expected, within_tolerance, unit_cost, costed,
    sum(sign) AS held
  FROM floor_events
  WHERE location_id != '' AND kind IN ('count', 'location_error', 'pick', 'scan_failed')
  GROUP BY kind, node_id, location_id, at, qty, qty_expected, within_tolerance, unit_cost, costed
  HAVING held != 0
) AS f
GROUP BY node_id, location_id
HAVING counts > 0 OR location_errors > 0 OR short_picks > 0 OR failed_scans > 0
ORDER BY out_of_tolerance DESC, abs_variance_cost DESC, location_errors DESC, node_id, location_id
COMMENT 'Which bins have recurring count issues: counts out of tolerance, variance at cost, errors and shorts';
