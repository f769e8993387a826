-- The isolation forest ranks anomalies: its score and the model that gave it stand beside the statistic.
ALTER TABLE anomalies
  ADD COLUMN score Nullable(Float64) COMMENT 'Score of the isolation forest, 0 to 1, above 0.5 unusual; null while there is no model' AFTER expected_loss,
  ADD COLUMN model_id String COMMENT 'Model that gave the score, or empty' AFTER score,
  COMMENT COLUMN expected_loss '(1 - p) times amount (house currency)',
  COMMENT COLUMN rank 'Place among the anomalies of its closing window by expected loss times score, 1 first'
