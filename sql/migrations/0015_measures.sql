-- Grain: as measures_day. Readers: the views of the KPIs. A KPI over windows of minutes and hours reads
-- measures_minute under this name instead (api/kpi), so that its definition is written once.
CREATE VIEW measures AS
SELECT measure, at, known_at, node_id, channel_id, sla_class, dim, sku_id, value
FROM measures_day
COMMENT 'Measures that the KPIs are made of, by day; sum value';
