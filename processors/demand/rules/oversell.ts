/**
 * OVERSELL (REFERENCE §4.2): more was sold than there is, and what is under way comes too late.
 *
 * What a position has is given to its open lines in the order of their promised dispatch; a line that neither
 * stock nor what becomes usable before its ship-by meets is short. Committed lines have their stock. A
 * position is on its own; demand without a node stands against what the nodes leave, as one pool.
 */
import { UNSOURCED_NODE } from '../../../contracts/states.ts';
import { parameter } from '../../facts/rule-policies.ts';
import type { OpenLine } from '../../stock/open-demand.ts';
import type { Stock } from '../../stock/stock.ts';
import { usableSupply, type NodeTerms } from '../../stock/view.ts';
import type { Condition } from './held-conditions.ts';
import { MINUTE_MS, worth, type Look } from './look.ts';

/** Lines that a finding names. */
const MOST_NAMED = 5;

interface Supply {
  readonly atMs: number;
  readonly units: number;
}

interface Shortage {
  /** Units that come too late or not at all. */
  readonly units: number;
  /** Keys of the lines that cannot be met in full, the first promised first. */
  readonly lines: readonly string[];
  /** Units that become usable in time for some line. */
  readonly usable: number;
}

/** What the lines lack. `free` is what is there for them; lines and supply come in the order of time. */
export function shortageOf(
  free: number,
  supply: readonly Supply[],
  lines: readonly OpenLine[],
): Shortage {
  let left = Math.max(0, free);
  let usable = 0;
  let next = 0;
  let units = 0;
  const short: string[] = [];
  for (const line of lines) {
    for (; next < supply.length && (supply[next] as Supply).atMs <= line.shipByMs; next++) {
      left += (supply[next] as Supply).units;
      usable += (supply[next] as Supply).units;
    }
    const given = Math.min(left, line.units);
    left -= given;
    if (given === line.units) continue;
    units += line.units - given;
    short.push(line.key);
  }
  return { units, lines: short, usable };
}

/** What oversold positions and the pool are in. `covered`: supply alone keeps one from it, for now. */
export function oversold(
  stock: Stock,
  look: Look,
): { readonly conditions: readonly Condition[]; readonly covered: boolean } {
  const conditions: Condition[] = [];
  let covered = false;
  const take = (node: NodeTerms, row: number, free: number, supply: readonly Supply[]) => {
    const shortage = shortageOf(free, supply, stock.demand.openAt(row));
    if (shortage.units === 0) covered ||= shortage.usable > 0;
    else conditions.push(...conditionOf(stock, look, node, shortage));
  };
  for (const [index, node] of look.nodes.entries()) {
    if (node.open_demand <= 0) continue;
    const row = look.rows[index] as number;
    if (node.node_id === UNSOURCED_NODE) {
      const pool = poolOf(stock, look);
      if (pool.free < node.open_demand) take(node, row, pool.free, pool.supply());
    } else if (node.atp < 0) {
      take(node, row, node.atp + node.open_demand, supplyOf(stock, row, look.nowMs));
    }
  }
  return { conditions, covered };
}

function supplyOf(stock: Stock, row: number, nowMs: number): Supply[] {
  return usableSupply(stock, row, nowMs).map(({ atMs, receipts }) => ({ atMs, units: receipts }));
}

/** What the nodes leave to demand without one: their ATP, and of their supply what they do not lack. */
function poolOf(stock: Stock, { nodes, nowMs, rows }: Look) {
  const free = nodes.reduce(
    (sum, { atp, node_id: node }) => sum + (node === UNSOURCED_NODE ? 0 : Math.max(0, atp)),
    0,
  );
  const supply = () =>
    nodes
      .flatMap(({ atp, node_id: node }, index) => {
        if (node === UNSOURCED_NODE) return [];
        let lacking = Math.max(0, -atp);
        return supplyOf(stock, rows[index] as number, nowMs).map(({ atMs, units }) => {
          const kept = Math.min(lacking, units);
          lacking -= kept;
          return { atMs, units: units - kept };
        });
      })
      .sort((a, b) => a.atMs - b.atMs);
  return { free, supply };
}

function conditionOf(
  stock: Stock,
  { sinceMs, sku, touch, unitCost }: Look,
  { atp, node_id: nodeId }: NodeTerms,
  { lines, units, usable }: Shortage,
): Condition[] {
  const isPool = nodeId === UNSOURCED_NODE;
  const subject = isPool ? { sku } : { sku, node: nodeId };
  const setting = stock.books.rules.of('OVERSELL', subject);
  if (!setting.enabled) return [];
  const where = isPool ? `${sku} (not sourced yet)` : `${sku} at ${nodeId}`;
  const named = lines.slice(0, MOST_NAMED).map((key) => key.replace(' ', '/'));
  const more = lines.length > named.length ? ' …' : '';
  const orders = new Set(lines.map((key) => key.slice(0, key.indexOf(' '))));
  return [
    {
      code: 'OVERSELL',
      entity: isPool ? `sku/${sku}` : `sku/${sku}/node/${nodeId}`,
      skuId: sku,
      ...(isPool ? {} : { nodeId }),
      setting,
      holdMs: parameter(setting, 'hold_min') * MINUTE_MS,
      sinceMs,
      units,
      amount: worth(unitCost, units),
      ordersAtRisk: orders.size,
      detail: `${units} units of ${where} are promised that neither stock (ATP ${atp}) nor ${usable} units usable in time can meet; short: ${named.join(', ')}${more}`,
      end: `what was promised of ${where} is covered`,
      evidence: touch,
    },
  ];
}
