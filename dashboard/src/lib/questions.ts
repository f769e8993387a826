/** Answers to the questions of executives, put into the form that the board shows. Pure. */
import type { QuestionAnswer } from '../../../contracts/kpi.ts';
import type { StockState } from '../../../contracts/states.ts';

type Rows = QuestionAnswer['rows'];

/** Stages of an order in their order; one that is not named here comes last. */
export const STAGES = 'created,on_hold,released,allocated,picking,picked,packed'.split(',');
export const SLA_CLASSES = 'same_day,standard,wholesale'.split(',');

export interface AgingClass {
  readonly slaClass: string;
  /** Buckets of this class, youngest first. */
  readonly buckets: readonly string[];
  readonly rows: readonly AgingRow[];
}

export interface AgingRow {
  readonly stage: string;
  /** Orders by bucket. */
  readonly orders: readonly number[];
  readonly overPromise: number;
}

/** Open orders by stage and bucket, a matrix for each service class: their buckets differ. */
export function agingOf(rows: Rows): AgingClass[] {
  const classes = [...new Set(rows.map((row) => String(row['sla_class'])))];
  return classes.sort(inOrderOf(SLA_CLASSES)).map((slaClass) => {
    const own = rows.filter((row) => row['sla_class'] === slaClass);
    const buckets = [...new Set(own.map((row) => String(row['bucket'])))].sort(byStart);
    const stages = [...new Set(own.map((row) => String(row['stage'])))].sort(inOrderOf(STAGES));
    return {
      slaClass,
      buckets,
      rows: stages.map((stage) => {
        const cells = own.filter((row) => row['stage'] === stage);
        const sum = (column: string, chosen: Rows) =>
          chosen.reduce((total, row) => total + Number(row[column] ?? 0), 0);
        return {
          stage,
          orders: buckets.map((bucket) =>
            sum(
              'orders',
              cells.filter((row) => row['bucket'] === bucket),
            ),
          ),
          overPromise: sum('over_promise_orders', cells),
        };
      }),
    };
  });
}

/** "4-12 h" before "12-24 h" before ">48 h". */
export function byStart(a: string, b: string): number {
  const start = (bucket: string) => {
    const first = Number(/\d+/.exec(bucket)?.[0] ?? 0);
    return bucket.startsWith('>') ? first + 0.5 : first;
  };
  return start(a) - start(b);
}

export const inOrderOf = (names: readonly string[]) => (a: string, b: string) => {
  const place = (name: string) => (names.includes(name) ? names.indexOf(name) : names.length);
  return place(a) - place(b) || a.localeCompare(b);
};

export interface Leak {
  readonly component: string;
  readonly what: string;
  readonly money: number;
  /** Part of all leakage up to and including this one, 0 … 1. */
  readonly cumulative: number;
  /** Causes with their money, the largest first. */
  readonly causes: readonly { readonly cause: string; readonly money: number }[];
}

/** Leakage by component, the largest first: a Pareto. Components that gave money back are left out. */
export function leaksOf(rows: Rows): Leak[] {
  const components = [...new Set(rows.map((row) => String(row['component'])))];
  const leaks = components.map((component) => {
    const own = rows.filter((row) => row['component'] === component);
    const causes = own
      .map((row) => ({ cause: String(row['cause'] ?? ''), money: Number(row['leakage_money']) }))
      .sort((a, b) => b.money - a.money);
    const money = causes.reduce((total, cause) => total + cause.money, 0);
    return { component, what: String(own[0]?.['what'] ?? component), money, causes };
  });
  const positive = leaks.filter(({ money }) => money > 0).sort((a, b) => b.money - a.money);
  const all = positive.reduce((total, { money }) => total + money, 0);
  let upTo = 0;
  return positive.map((leak) => ({ ...leak, cumulative: (upTo += leak.money) / all }));
}

export interface NodeHealth {
  readonly node: string;
  /** On hand, in every state. */
  readonly units: number;
  /** In the order of a bar: what is for sale first. */
  readonly parts: readonly { readonly state: StockState; readonly units: number }[];
  /** Part of the units that is available, 0 … 1. */
  readonly sellableShare: number;
  /** SKUs with nothing available, and SKUs with a state below zero. */
  readonly outOfStock: number;
  readonly belowZero: number;
}

/** States on hand in the order of a bar. */
const STATES =
  'available,allocated,picked,packed,pending_putaway,pending_inspection,return_pending,on_hold,damaged,expired,rtv_pending'.split(
    ',',
  );

/** Inventory by node, the largest first. */
export function healthOf(rows: Rows): NodeHealth[] {
  const nodes = [...new Set(rows.map((row) => String(row['node_id'])))];
  return nodes
    .map((node): NodeHealth => {
      const own = rows.filter((row) => row['node_id'] === node);
      const sum = (column: string) =>
        own.reduce((total, row) => total + Number(row[column] ?? 0), 0);
      const parts = own
        .map((row) => ({
          state: String(row['state']) as StockState,
          units: Number(row['state_units']),
        }))
        .filter(({ units }) => units !== 0)
        .sort((a, b) => inOrderOf(STATES)(a.state, b.state));
      const units = sum('state_units');
      const available = parts.find(({ state }) => state === 'available')?.units ?? 0;
      return {
        ...{ node, units, parts, outOfStock: sum('out_of_stock'), belowZero: sum('below_zero') },
        sellableShare: units <= 0 ? 0 : Math.max(0, available) / units,
      };
    })
    .sort((a, b) => b.units - a.units || a.node.localeCompare(b.node));
}
