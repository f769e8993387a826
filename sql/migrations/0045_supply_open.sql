-- Grain: one line of inbound that is still to come: a PO line less what its ASNs announce, and each ASN line.
-- Readers: people who chase suppliers, data teams. A line stays here until it is received, changed to nothing
-- or (ASN) closed, however long it is overdue. `now` is the newest event time in the archive, so that a
-- replay is judged by its own time.
CREATE VIEW supply_open AS
WITH
  (SELECT max(time) FROM events WHERE seq + 100000 > (SELECT max(seq) FROM events)) AS now_at
SELECT
  kind,
  supplier_id,
  document_id,
  po_id,
  sku_id,
  node_id,
  status,
  units,
  expected_at,
  now_at,
  greatest(0, dateDiff('second', expected_at, now_at)) / 86400 AS days_overdue
FROM
(
  SELECT 'po' AS kind, supplier_id, po_id AS document_id, po_id, sku_id, node_id, status,
    greatest(0, p.open - p.in_transit) AS units, due_at AS expected_at
  FROM po_lines AS p
  WHERE p.open > p.in_transit
  GROUP BY supplier_id, po_id, sku_id, node_id, status, p.open, p.in_transit, due_at
  HAVING sum(sign) > 0
  UNION ALL
  SELECT 'asn' AS kind, supplier_id, asn_id AS document_id, po_id, sku_id, node_id, status,
    a.open AS units, ifNull(eta_at, first_eta_at) AS expected_at
  FROM asn_lines AS a
  WHERE a.open > 0
  GROUP BY supplier_id, asn_id, po_id, sku_id, node_id, status, a.open, eta_at, first_eta_at
  HAVING sum(sign) > 0
)
COMMENT 'Inbound still to come, with the days it is overdue';
