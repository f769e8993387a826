-- id: K18
-- name: Dock-to-stock time
-- kind: duration
-- unit: h
-- direction: down
-- target: 24
-- cohort: arrival at the dock
-- numerator: time from arrival at the dock until the receipt line could be sold
-- dimensions: node_id, dim, sku_id
-- dim: supplier
-- needs: inbound, receipt, putaway, quality
-- lineage: durations
-- note: Of receipt lines with an arrival at or before them and all of whose units were put away (or
--   inspected, where they came to be) under the receipt's id. 24 h is the upper end of a mid-size operation.
SELECT at, known_at, node_id, channel_id, sla_class, dim, sku_id, hours, sign
FROM durations
WHERE measure = 'dock_to_stock'
