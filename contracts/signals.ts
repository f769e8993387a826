/** Notices between the processors and the API over plain NATS: small, conflated, not persisted. */

/** `live.atp.<partition>`: SKUs whose ATP changed since the notice before. */
export interface AtpNotice {
  readonly skus: readonly string[];
  /** Log sequence that the change includes. */
  readonly seq: number;
}

/** Answer to `ask.slices.search`. */
export interface SearchAnswer {
  /** Of all nodes. */
  readonly positions: number;
  readonly hits: readonly {
    readonly sku_id: string;
    readonly nodes: number;
    readonly atp: number;
  }[];
}

/**
 * `ask.slices.search`. `skus` (exact) or `q` (part of an id, case-insensitive); with `nodes` only what lies at
 * one of them counts.
 */
export interface SearchQuestion {
  readonly nodes?: readonly string[];
  readonly q?: string;
  readonly skus?: readonly string[];
  readonly limit: number;
}

/** `ask.stock.<p>.atp`. */
export interface AtpQuestion {
  readonly sku: string;
}

/** `ask.stock.<p>.position`. */
export interface PositionQuestion {
  readonly sku: string;
  readonly node: string;
}
