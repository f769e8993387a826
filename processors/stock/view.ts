/**
 * Answers of the stock processor: ATP of a SKU, one position account by account, a search. Computed from
 * the live state when they are asked for, so an answer is never a stale copy.
 */
import type {
  AtpPoint,
  AtpView,
  ChannelAfs,
  NodeAtp,
  PositionAnswer,
} from '../../contracts/atp.ts';
import type { SearchAnswer, SearchQuestion } from '../../contracts/signals.ts';
import { ACCOUNTS, STOCK_STATES, UNSOURCED_NODE, type Account } from '../../contracts/states.ts';
import { A, COMMITTED, PHYSICAL, UNSELLABLE } from './accounts.ts';
import { channelAfs, cumulativeAtp, lookAhead, nodeAfs, wholeUnits } from './atp.ts';
import type { OpenSupply } from './open-supply.ts';
import type { Stock } from './stock.ts';

const HOUR_MS = 3_600_000;
const iso = (ms: number) => new Date(ms).toISOString();

/** ATP of a SKU over all nodes and channels. `seq` is the log sequence that the state includes. */
export function atpView(stock: Stock, sku: string, at: { nowMs: number; seq: number }): AtpView {
  const rows = stock.books.ledger.rowsOf(sku);
  const nodes = rows.map((row) => nodeAtp(stock, row, at.nowMs));
  const sum = (term: (node: NodeAtp) => number) =>
    nodes.reduce((total, node) => total + term(node), 0);
  const { claims, sourced } = sourcing(nodes);
  return {
    sku_id: sku,
    known: rows.length > 0,
    description: null,
    now: iso(at.nowMs),
    seq: at.seq,
    totals: {
      qoh: sum((node) => node.qoh),
      atp: sum((node) => node.atp),
      afs: Math.max(0, sourced.reduce((total, node) => total + node.afs, 0) - claims),
      open_demand: sum((node) => node.open_demand),
      soft_reserved: sum((node) => node.soft_reserved),
      inbound: sum((node) => node.in_transit_in + node.on_order),
    },
    nodes,
    channels: channelAvailability(stock, sku, nodes),
  };
}

/** Availability at a position, term by term (REFERENCE §2.4). */
export type NodeTerms = Pick<
  NodeAtp,
  | 'node_id'
  | 'qoh'
  | 'unsellable'
  | 'committed'
  | 'open_demand'
  | 'atp'
  | 'safety_stock'
  | 'soft_reserved'
  | 'afs'
>;

export function nodeTerms(stock: Stock, row: number): NodeTerms {
  const { ledger, policies } = stock.books;
  const node = ledger.nodeOf(row);
  const qoh = ledger.sum(row, PHYSICAL);
  const unsellable = ledger.sum(row, UNSELLABLE);
  const committed = ledger.sum(row, COMMITTED);
  const openDemand = ledger.balance(row, A.open_demand);
  const softReserved = ledger.balance(row, A.soft_reserved);
  const atp = qoh - unsellable - committed - openDemand;
  const safetyStock =
    node === UNSOURCED_NODE ? 0 : policies.safetyStock(ledger.skuOf(row), node).units;
  return {
    node_id: node,
    qoh,
    unsellable,
    committed,
    open_demand: openDemand,
    atp,
    safety_stock: safetyStock,
    soft_reserved: softReserved,
    afs: node === UNSOURCED_NODE ? 0 : nodeAfs(atp, safetyStock, softReserved),
  };
}

function nodeAtp(stock: Stock, row: number, nowMs: number): NodeAtp {
  const { ledger } = stock.books;
  const terms = nodeTerms(stock, row);
  const lastTimeMs = ledger.lastTimeMs(row);
  return {
    ...terms,
    states: Object.fromEntries(
      STOCK_STATES.map((state) => [state, ledger.balance(row, A[state])]),
    ) as NodeAtp['states'],
    in_transit_in: ledger.balance(row, A.in_transit_in),
    on_order: ledger.balance(row, A.on_order),
    supply_terms: stock.supply.termsOf(row),
    last_event_at: lastTimeMs === 0 ? null : iso(lastTimeMs),
    last_seq: ledger.lastSeq(row),
    time_phased: timePhased(stock, row, openingOf(terms), nowMs),
  };
}

/** What time-phased ATP starts from: ATP now less safety stock and active reservations. */
export const openingOf = (terms: NodeTerms) => terms.atp - terms.safety_stock - terms.soft_reserved;

interface UsableSupply {
  readonly atMs: number;
  receipts: number;
  readonly refs: string[];
  overdue: boolean;
}

/**
 * When inbound supply of a position can be used, the earliest first: at its expected arrival (never before
 * now: overdue supply is expected any moment, and said to be overdue) plus the supplier's lateness and
 * dock-to-stock time.
 */
export function usableSupply(stock: Stock, row: number, nowMs: number): UsableSupply[] {
  const points = new Map<number, UsableSupply>();
  for (const supply of stock.supply.of(row)) {
    const { fill_rate: fillRate } = stock.books.policies.supply(supply.supplier);
    const atMs = usableMs(stock, supply, nowMs);
    const point = points.get(atMs) ?? { atMs, receipts: 0, refs: [], overdue: false };
    point.receipts += supply.kind === 'asn' ? supply.units : wholeUnits(fillRate, supply.units);
    point.refs.push(supply.ref);
    point.overdue ||= supply.expectedMs < nowMs;
    points.set(atMs, point);
  }
  return [...points.values()].sort((a, b) => a.atMs - b.atMs);
}

/** When one of them can be used (ms). */
export function usableMs(
  stock: Stock,
  { expectedMs, supplier }: Pick<OpenSupply, 'expectedMs' | 'supplier'>,
  nowMs: number,
): number {
  const policy = stock.books.policies.supply(supplier);
  const delayMs = (policy.lateness_p90_h + policy.dock_to_stock_p90_h) * HOUR_MS;
  return Math.max(expectedMs, nowMs) + delayMs;
}

/** Time-phased ATP with look-ahead (REFERENCE §2.5). */
function timePhased(stock: Stock, row: number, opening: number, nowMs: number): AtpPoint[] {
  const now: UsableSupply = { atMs: nowMs, receipts: 0, refs: [], overdue: false };
  const supply = usableSupply(stock, row, nowMs);
  const receipts = supply.map((point) => point.receipts);
  const cumulative = [opening, ...cumulativeAtp(opening, receipts, [])];
  const promise = lookAhead(cumulative);
  return [now, ...supply].map((point, index) => ({
    at: iso(point.atMs),
    receipts: point.receipts,
    demand: 0,
    cumulative: cumulative[index] ?? opening,
    promise: promise[index] ?? opening,
    refs: point.refs,
    overdue: point.overdue,
  }));
}

/** The nodes that stock is at, and what is claimed of them while no node has been chosen for it. */
function sourcing<T extends NodeTerms>(nodes: readonly T[]): { sourced: T[]; claims: number } {
  const unsourced = nodes.find((node) => node.node_id === UNSOURCED_NODE);
  return {
    sourced: nodes.filter((node) => node !== unsourced),
    claims: (unsourced?.open_demand ?? 0) + (unsourced?.soft_reserved ?? 0),
  };
}

/** What each channel may sell of a SKU now: those that stock knows of, and those that are `listed`. */
export function channelAvailability(
  stock: Stock,
  sku: string,
  nodes: readonly NodeTerms[],
  listed: readonly string[] = [],
): ChannelAfs[] {
  const { policies } = stock.books;
  const { claims, sourced } = sourcing(nodes);
  const published = new Map(stock.published.of(sku).map((told) => [told.channel, told]));
  const ids = new Set([...policies.channels, ...published.keys(), ...listed]);
  const channels = [...ids].sort().map((id) => {
    const policy = policies.channel(id, sku);
    const serving = sourced.filter((node) => policy.nodes?.includes(node.node_id) ?? true);
    return { id, policy, serving, dedicatedLeft: policies.dedicatedLeft(id, sku) };
  });
  return channels.map(({ dedicatedLeft, id, policy, serving }) => {
    const pool = Math.max(0, serving.reduce((sum, node) => sum + node.afs, 0) - claims);
    const dedicated = channels
      .filter((other) => other.serving.some((node) => serving.includes(node)))
      .reduce((sum, other) => sum + other.dedicatedLeft, 0);
    const buffer = policy.buffer_units ?? 0;
    const cap = policy.cap_units ?? Number.POSITIVE_INFINITY;
    const told = published.get(id);
    return {
      channel_id: id,
      nodes: serving.map((node) => node.node_id),
      pool,
      share: policy.share,
      cap: policy.cap_units ?? null,
      buffer,
      dedicated_left: dedicatedLeft,
      afs: channelAfs({ pool, share: policy.share, cap, buffer, dedicatedLeft }, dedicated),
      published: told?.units ?? null,
      published_at: told === undefined ? null : iso(told.atMs),
    };
  });
}

/** Every account of a position, exactly, and the policy that applies to it. */
export function positionAnswer(
  stock: Stock,
  sku: string,
  node: string,
  nowMs: number,
): PositionAnswer {
  const { ledger, policies } = stock.books;
  const row = ledger.find(sku, node);
  const safety = policies.safetyStock(sku, node);
  return {
    known: row !== undefined,
    accounts: Object.fromEntries(
      ACCOUNTS.map((account) => [account, row === undefined ? 0 : ledger.balance(row, A[account])]),
    ) as Record<Account, number>,
    safetyStock: node === UNSOURCED_NODE ? 0 : safety.units,
    safetyStockScope: safety.scope,
    now: iso(nowMs),
    lastSeq: row === undefined ? 0 : ledger.lastSeq(row),
  };
}

/** SKUs whose id holds the words asked for; the ones that moved last when nothing is asked for. */
export function searchSkus(stock: Stock, question: SearchQuestion): SearchAnswer {
  const { ledger, history } = stock.books;
  const nodes = question.nodes === undefined ? null : new Set(question.nodes);
  const counts = (row: number) => nodes?.has(ledger.nodeOf(row)) ?? true;
  const rowsOf = (sku: string) => ledger.rowsOf(sku).filter(counts);
  const isThere = (sku: string) => nodes === null || rowsOf(sku).length > 0;
  const found = new Set<string>();
  if (question.skus !== undefined) {
    for (const sku of question.skus) if (ledger.has(sku) && isThere(sku)) found.add(sku);
  } else if (question.q === undefined || question.q === '') {
    for (const row of history.recentRows(question.limit * 4)) {
      if (counts(row)) found.add(ledger.skuOf(row));
    }
  } else {
    const wanted = question.q.toLowerCase();
    const inner: string[] = [];
    for (const sku of ledger.skus) {
      const at = sku.toLowerCase().indexOf(wanted);
      if (at === -1 || !isThere(sku)) continue;
      if (at === 0) found.add(sku);
      else if (inner.length < question.limit) inner.push(sku);
      if (found.size >= question.limit) break;
    }
    for (const sku of inner) found.add(sku);
  }
  return {
    positions: ledger.positions,
    hits: [...found].slice(0, question.limit).map((sku) => {
      const rows = rowsOf(sku);
      const atp = rows.reduce(
        (sum, row) => sum + ledger.balance(row, A.available) - ledger.balance(row, A.open_demand),
        0,
      );
      return { sku_id: sku, nodes: rows.length, atp };
    }),
  };
}
