/**
 * Receipt lines held against what was expected, and what became of the goods.
 *
 * Expected is what the ASN announced, where the line names one that has the SKU; else what the PO ordered
 * less what came with its ASNs; else what the receipt itself says. Several lines share what their document
 * expects, the earlier one first: each but the last is expected to be as long as it is, as far as there is
 * anything left, and the last one is expected to bring the rest. So the variances of the lines always sum
 * to received less expected, and a delivery in parts is short only until its last part has come.
 */
import { unitsOf, type Received, type StepFact } from './facts.ts';
import type { Document } from './documents.ts';
import type { Family } from './family.ts';

export interface ReceiptLine {
  readonly fact: Received;
  readonly expectedFrom: 'asn' | 'po' | 'receipt' | 'nothing';
  readonly expected: number | null;
  /** Damaged or rejected at the dock, or failed in inspection. */
  readonly rejected: number;
  readonly dockMs: number | null;
  /** When the last unit of the line could be sold; null when not all can be. */
  readonly availableMs: number | null;
  readonly receiverError: boolean;
}

type Expectation = Pick<ReceiptLine, 'expected' | 'expectedFrom'>;

export function receiptLines(family: Family, ordered: number | null): ReceiptLine[] {
  const expected = expectations(family, ordered);
  const outcomes = new Map(
    [...groupBy(family.receipts, ({ receipt }) => receipt)].flatMap(([receipt, lines]) => [
      ...outcomesOf(lines, family.steps(receipt)),
    ]),
  );
  return family.receipts.map((fact) => ({
    fact,
    ...(expected.get(fact) ?? { expected: fact.expected, expectedFrom: 'nothing' }),
    ...(outcomes.get(fact) ?? { rejected: 0, availableMs: null, receiverError: false }),
    dockMs: dockOf(fact, family),
  }));
}

function expectations(family: Family, ordered: number | null): Map<Received, Expectation> {
  const found = new Map<Received, Expectation>();
  const rest: Received[] = [];
  for (const [id, lines] of groupBy(family.receipts, ({ asn }) => asn)) {
    const asn = id === '' ? undefined : family.asn(id);
    const announced = asn?.announced ?? null;
    if (asn === undefined || announced === null) {
      rest.push(...lines);
      continue;
    }
    // All lines of the ASN share it, also those that belong to another PO.
    for (const [fact, expected] of share(asn.receipts, announced)) {
      if (lines.includes(fact)) found.set(fact, { expected, expectedFrom: 'asn' });
    }
  }
  if (ordered === null) {
    for (const fact of rest) {
      const expectedFrom = fact.expected === null ? 'nothing' : 'receipt';
      found.set(fact, { expected: fact.expected, expectedFrom });
    }
    return found;
  }
  const left = Math.max(0, ordered - unitsOf([...found.keys()]));
  rest.sort((a, b) => a.timeMs - b.timeMs || a.seq - b.seq);
  for (const [fact, expected] of share(rest, left)) {
    found.set(fact, { expected, expectedFrom: 'po' });
  }
  return found;
}

/** Shares what is expected among lines, the earlier first; the last gets what is left. */
export function share(lines: readonly Received[], expected: number): [Received, number][] {
  let left = expected;
  return lines.map((fact, index) => {
    const part = index === lines.length - 1 ? left : Math.min(left, fact.units);
    left -= part;
    return [fact, part];
  });
}

type Outcome = Pick<ReceiptLine, 'rejected' | 'availableMs' | 'receiverError'>;

/** What became of the lines of one receipt: steps are taken to concern the earlier lines first. */
function outcomesOf(
  lines: readonly Received[],
  steps: readonly StepFact[],
): Map<Received, Outcome> {
  const receiverError = steps.some(({ kind }) => kind === 'receiver_error');
  const putAway = { taken: 0, done: doneBy(steps, 'put_away') };
  const inspected = { taken: 0, done: doneBy(steps, 'inspected') };
  let failed = steps.reduce((sum, step) => sum + (step.kind === 'inspected' ? step.fail : 0), 0);
  const outcomes = new Map<Received, Outcome>();
  // Inspections concern goods that came in to be inspected before any other.
  for (const fact of lines.toSorted((a, b) => rank(a) - rank(b))) {
    const atDock = fact.condition === 'damaged' || fact.condition === 'rejected';
    const rejected = atDock ? fact.units : Math.min(failed, fact.units);
    if (!atDock) failed -= rejected;
    const progress =
      fact.condition === 'good' ? putAway : fact.condition === 'inspect' ? inspected : null;
    let availableMs: number | null = null;
    if (progress !== null && fact.units > 0) {
      progress.taken += fact.units;
      const done = progress.done.find(({ units }) => units >= progress.taken);
      if (done !== undefined && rejected < fact.units) availableMs = done.timeMs;
    }
    outcomes.set(fact, { rejected, availableMs, receiverError });
  }
  return outcomes;
}

const rank = ({ condition }: Received) => (condition === 'inspect' ? 0 : 1);

/** How many units had been put away, or inspected, by when. */
function doneBy(
  steps: readonly StepFact[],
  kind: 'put_away' | 'inspected',
): { timeMs: number; units: number }[] {
  let units = 0;
  return steps
    .filter((step) => step.kind === kind)
    .map((step) => {
      if (step.kind === 'put_away') units += step.units;
      if (step.kind === 'inspected') units += step.pass + step.fail;
      return { timeMs: step.timeMs, units };
    });
}

/** The last arrival before the receipt: of the ASN it names, else of the PO and its ASNs. */
function dockOf(fact: Received, family: Family): number | null {
  const { asns, root } = family;
  const named = fact.asn === '' ? undefined : family.asn(fact.asn)?.document;
  const ofAsn = named === undefined ? null : arrivalBefore(named, fact.timeMs);
  if (ofAsn !== null) return ofAsn;
  const docks = [root, ...asns.map(({ document }) => document)]
    .map((document) => arrivalBefore(document, fact.timeMs))
    .filter((dockMs) => dockMs !== null);
  return docks.length === 0 ? null : Math.max(...docks);
}

function arrivalBefore({ head }: Document, timeMs: number): number | null {
  const docks = head.flatMap((fact) =>
    fact.kind === 'arrived' && fact.dockMs <= timeMs ? [fact.dockMs] : [],
  );
  return docks.length === 0 ? null : Math.max(...docks);
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}
