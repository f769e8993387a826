/**
 * The formulas of availability (REFERENCE §2.4, §2.5), on plain numbers. Units are base units.
 */

/** Cumulative ATP without look-ahead: C_t = C_{t−1} + R_t − D_t, with C_0 = opening. */
export function cumulativeAtp(
  opening: number,
  receipts: readonly number[],
  demand: readonly number[],
): number[] {
  let balance = opening;
  return receipts.map((receipt, t) => {
    balance += receipt - (demand[t] ?? 0);
    return balance;
  });
}

/** Cumulative ATP with look-ahead: promise_t = min over v ≥ t of C_v; it never falls over time. */
export function lookAhead(cumulative: readonly number[]): number[] {
  const promise = [...cumulative];
  for (let t = promise.length - 2; t >= 0; t--) {
    promise[t] = Math.min(promise[t] as number, promise[t + 1] as number);
  }
  return promise;
}

/**
 * Discrete ATP: the first period has opening stock and its receipt less demand until the next receipt;
 * a later period with a receipt has that receipt less demand until the next; others have no value.
 */
export function discreteAtp(
  opening: number,
  receipts: readonly number[],
  demand: readonly number[],
): (number | null)[] {
  return receipts.map((receipt, t) => {
    if (t > 0 && receipt === 0) return null;
    let value = receipt + (t === 0 ? opening : 0) - (demand[t] ?? 0);
    for (let v = t + 1; v < receipts.length && receipts[v] === 0; v++) value -= demand[v] ?? 0;
    return value;
  });
}

/** Available for sale at a node: what ATP leaves after safety stock and soft reservations. */
export function nodeAfs(atp: number, safetyStock: number, softReserved: number): number {
  return Math.max(0, atp - safetyStock - softReserved);
}

export interface ChannelTerms {
  /** Sum of node AFS over the nodes that serve the channel, less pool-level claims. */
  readonly pool: number;
  readonly share: number;
  readonly cap: number;
  readonly buffer: number;
  readonly dedicatedLeft: number;
}

/**
 * AFS of one channel:
 * floor(max(0, min(cap, min(dedicated_left, pool) + share × shared − buffer))) with
 * shared = max(0, pool − Σ dedicated_left over all channels on the pool).
 */
export function channelAfs(terms: ChannelTerms, dedicatedOnPool: number): number {
  const shared = Math.max(0, terms.pool - dedicatedOnPool);
  const mine = Math.min(terms.dedicatedLeft, terms.pool);
  const own = mine + wholeUnits(terms.share, shared) - terms.buffer;
  return Math.max(0, Math.min(terms.cap, own));
}

/**
 * Whole units in a share of a quantity. Rounded to a millionth first: 0.29 × 100 is 29, although the
 * product of the doubles falls short of it. The shares of a whole never give more than the whole.
 */
export function wholeUnits(share: number, units: number): number {
  return Math.floor(Math.round(share * units * 1e6) / 1e6);
}
