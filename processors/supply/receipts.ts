/**
 * Receipt lines held against what was expected, and what became of the goods.
 *
 * Expected is what the ASN announced, where the line names one that has the SKU; else what the PO ordered
 * less what came with its ASNs; else what the receipt itself says. Several lines share what their document
 * expects, the earlier one first: each but the last is expected to be as long as it is, as far as there is
 * anything left, and the last one is expected to bring the rest. So the variances of the lines always sum
 * to received less expected, and a delivery in parts is short only until its last part has come.
 */
import type { Received, StepFact } from './facts.ts';
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

const NO_LINES: ReceiptLine[] = [];

export function receiptLines(family: Family, ordered: number | null): ReceiptLine[] {
  const { receipts } = family;
  if (receipts.length === 0) return NO_LINES;
  const expected = expectations(family, ordered);
  const outcomes = allOutcomes(family);
  return receipts.map((fact, index) => {
    const { expected: units, expectedFrom } = expected[index] as Expectation;
    const { availableMs, receiverError, rejected } = outcomes.get(fact) as Outcome;
    const dockMs = dockOf(fact, family);
    return { fact, expectedFrom, expected: units, rejected, dockMs, availableMs, receiverError };
  });
}

/** What was expected of each receipt line of the family. */
function expectations(family: Family, ordered: number | null): Expectation[] {
  const { receipts } = family;
  const shares = new Map<string, ReadonlyMap<Received, number> | null>();
  const rest: Received[] = [];
  let announcedUnits = 0;
  const byAsn = receipts.map((fact) => {
    let ofAsn = fact.asn === '' ? null : shares.get(fact.asn);
    if (ofAsn === undefined) {
      const { announced = null, receipts: lines = [] } = family.asn(fact.asn) ?? {};
      // All lines of the ASN share it, also those that belong to another PO.
      ofAsn = announced === null ? null : new Map(share(lines, announced));
      shares.set(fact.asn, ofAsn);
    }
    const expected = ofAsn?.get(fact);
    if (expected === undefined) rest.push(fact);
    else announcedUnits += fact.units;
    return expected;
  });
  const ofPo =
    ordered === null || rest.length === 0
      ? null
      : new Map(share(rest, Math.max(0, ordered - announcedUnits)));
  return receipts.map((fact, index) => {
    const expected = byAsn[index];
    if (expected !== undefined) return { expected, expectedFrom: 'asn' };
    const part = ofPo?.get(fact);
    if (part !== undefined) return { expected: part, expectedFrom: 'po' };
    return {
      expected: fact.expected,
      expectedFrom: fact.expected === null ? 'nothing' : 'receipt',
    };
  });
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

function allOutcomes(family: Family): Map<Received, Outcome> {
  const outcomes = new Map<Received, Outcome>();
  const { receipts } = family;
  const [first] = receipts;
  if (first !== undefined && receipts.every(({ receipt }) => receipt === first.receipt)) {
    addOutcomes(outcomes, receipts, family.steps(first.receipt));
    return outcomes;
  }
  for (const [receipt, lines] of groupBy(receipts, (fact) => fact.receipt)) {
    addOutcomes(outcomes, lines, family.steps(receipt));
  }
  return outcomes;
}

/** What became of the lines of one receipt: steps are taken to concern the earlier lines first. */
function addOutcomes(
  outcomes: Map<Received, Outcome>,
  lines: readonly Received[],
  steps: readonly StepFact[],
): void {
  const receiverError = steps.some(({ kind }) => kind === 'receiver_error');
  const putAway = { taken: 0, done: doneBy(steps, 'put_away') };
  const inspected = { taken: 0, done: doneBy(steps, 'inspected') };
  let failed = steps.reduce((sum, step) => sum + (step.kind === 'inspected' ? step.fail : 0), 0);
  // Inspections concern goods that came in to be inspected before any other.
  for (const fact of lines.length < 2 ? lines : lines.toSorted((a, b) => rank(a) - rank(b))) {
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
  let last = arrivalBefore(root, fact.timeMs);
  for (const { document } of asns) {
    const dockMs = arrivalBefore(document, fact.timeMs);
    if (dockMs !== null && (last === null || dockMs > last)) last = dockMs;
  }
  return last;
}

function arrivalBefore({ head }: Document, timeMs: number): number | null {
  let last: number | null = null;
  for (const fact of head) {
    if (fact.kind !== 'arrived' || fact.dockMs > timeMs) continue;
    if (last === null || fact.dockMs > last) last = fact.dockMs;
  }
  return last;
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
