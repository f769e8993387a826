/**
 * "Why this number?" (law 6): spells the ATP of one position by its accounts, puts beside each what
 * ClickHouse sums its movements to, and says where the two differ (law 4). Pure.
 *
 *   QOH          Σ physical states                       +
 *   unsellable   pending_putaway … rtv_pending           −
 *   committed    allocated, picked, packed               −
 *   open demand                                          −    = ATP      (REFERENCE §2.4)
 *   safety stock, soft reservations                      −    = AFS, never below 0
 */
import type { AtpExplanation, ExplainTerm, MovementRef, PositionAnswer } from '../contracts/atp.ts';
import {
  ACCOUNTS,
  COMMITTED_STATES,
  PHYSICAL_STATES,
  UNSELLABLE_STATES,
  type Account,
} from '../contracts/states.ts';
import type { AccountMovement, AccountSum } from './clickhouse/movements.ts';

const FORMULA =
  'ATP = QOH − unsellable − committed − open demand; AFS = max(0, ATP − safety stock − soft reservations)';

/** What is on hand, with what can be sold in front. */
const ON_HAND = [
  'available',
  ...PHYSICAL_STATES.filter((state) => state !== 'available'),
] as const satisfies readonly Account[];

/** Accounts that are always shown; the others only when something has touched them. */
const ALWAYS_SHOWN: ReadonlySet<Account> = new Set(['available', 'open_demand', 'soft_reserved']);

/**
 * Explains a position of the ledger by `sums` and `movements` of ClickHouse, both taken up to the
 * position's last sequence.
 */
export function explainPosition({
  sku,
  node,
  position,
  sums,
  movements,
}: {
  sku: string;
  node: string;
  position: PositionAnswer;
  sums: readonly AccountSum[];
  movements: readonly AccountMovement[];
}): AtpExplanation {
  const summed = new Map(sums.map((sum) => [sum.account, sum]));
  const events = new Map<Account, MovementRef[]>();
  for (const movement of movements) {
    const list = events.get(movement.account) ?? [];
    list.push(movementRef(movement));
    events.set(movement.account, list);
  }

  const accountTerm = (account: Account, sign: 1 | -1): ExplainTerm[] => {
    const units = position.accounts[account];
    const sum = summed.get(account);
    if (units === 0 && sum === undefined && !ALWAYS_SHOWN.has(account)) return [];
    return [
      {
        term: account,
        label: labelOf(account),
        sign,
        units,
        clickhouse_units: sum?.units ?? 0,
        agrees: units === (sum?.units ?? 0),
        movements: sum?.movements ?? 0,
        events: events.get(account) ?? [],
      },
    ];
  };
  const safetyStock: ExplainTerm = {
    term: 'safety_stock',
    label: `Safety stock (${position.safetyStockScope || 'no policy'})`,
    sign: -1,
    units: position.safetyStock,
    clickhouse_units: null,
    agrees: true,
    movements: 0,
    events: [],
  };

  const atpTerms = [
    ...ON_HAND.flatMap((state) => accountTerm(state, 1)),
    ...UNSELLABLE_STATES.flatMap((state) => accountTerm(state, -1)),
    ...COMMITTED_STATES.flatMap((state) => accountTerm(state, -1)),
    ...accountTerm('open_demand', -1),
  ];
  const held = [safetyStock, ...accountTerm('soft_reserved', -1)];
  const atp = total(atpTerms);

  const differing = ACCOUNTS.flatMap((account) => {
    const ledger = position.accounts[account];
    const clickhouse = summed.get(account)?.units ?? 0;
    return ledger === clickhouse ? [] : [{ account, ledger, clickhouse }];
  });

  return {
    sku_id: sku,
    node_id: node,
    formula: FORMULA,
    atp,
    afs: Math.max(0, atp + total(held)),
    terms: [...atpTerms, ...held],
    agrees: differing.length === 0,
    differing,
    checked_seq: position.lastSeq,
    now: position.now,
  };
}

const total = (terms: readonly ExplainTerm[]) =>
  terms.reduce((sum, term) => sum + term.sign * term.units, 0);

function movementRef(movement: AccountMovement): MovementRef {
  return {
    seq: movement.seq,
    time: new Date(movement.timeMs).toISOString(),
    type: movement.type,
    source: movement.source,
    id: movement.eventId,
    from: movement.from,
    to: movement.to,
    delta: movement.delta,
    ref: movement.ref,
    reason: movement.reason,
  };
}

/** `pending_putaway` reads "Pending putaway". */
function labelOf(account: Account): string {
  const words = account.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
