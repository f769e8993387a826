-- id: K32a
-- name: Time to acknowledge an exception
-- kind: duration
-- unit: h
-- direction: down
-- cohort: acknowledgement
-- numerator: time from the opening of a case until its acknowledgement
-- dimensions: node_id, dim, sku_id
-- dim: code
-- needs: exception
-- lineage: durations
-- note: The mean is MTTA. What waits to be acknowledged is in K31 and K31b; targets are by severity (cases.ack_due_at).
SELECT at, known_at, node_id, channel_id, sla_class, dim, sku_id, hours, sign
FROM durations
WHERE measure = 'case_acknowledged'
