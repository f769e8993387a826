-- question: Which locations have recurring count issues?
-- row: a bin with its counts in the window, the most counts out of tolerance first
-- needs: inventory, floor, pick
-- lineage: floor_events
-- note: Bins without an issue are left out. The view count_issues_by_location has the same over all time.
SELECT
  node_id,
  location_id,
  sumIf(f.sign, kind = 'count') AS counts,
  sumIf(f.sign, kind = 'count' AND within_tolerance = 0) AS counts_out_of_tolerance,
  if(counts = 0, NULL, round(counts_out_of_tolerance / counts, 4)) AS out_of_tolerance_ratio,
  sumIf((f.qty - f.qty_expected) * f.sign, kind = 'count') AS net_variance_units,
  sumIf(abs(f.qty - f.qty_expected) * f.sign, kind = 'count') AS abs_variance_units,
  sumIf(f.sign, kind = 'location_error') AS location_errors,
  sumIf(f.sign, kind = 'pick' AND f.qty < f.qty_expected) AS short_picks,
  maxIf(toNullable(f.at), kind = 'count') AS last_count_at
FROM floor_events AS f
WHERE location_id != '' AND f.at >= {from:DateTime64(3, 'UTC')} AND f.at < {to:DateTime64(3, 'UTC')}
GROUP BY node_id, location_id
HAVING counts_out_of_tolerance > 0 OR location_errors > 0
ORDER BY counts_out_of_tolerance DESC, abs_variance_units DESC, location_errors DESC, node_id, location_id
LIMIT {limit:UInt32}
