-- id: K22
-- name: Supplier lead time
-- kind: duration
-- unit: h
-- direction: down
-- cohort: first receipt of the PO line
-- numerator: time from the issue of the PO until the first receipt of the line
-- dimensions: node_id, dim, sku_id
-- dim: supplier
-- needs: purchaseorder, receipt
-- lineage: durations
-- note: In hours; mean, standard deviation and p90 come with it, and the coefficient of variation is the one
--   over the other: below 0.2 is good, above 0.5 poor.
SELECT at, known_at, node_id, channel_id, sla_class, dim, sku_id, hours, sign
FROM durations
WHERE measure = 'lead_time'
