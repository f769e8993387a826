/** Which alerts were right: as people judged them, or as labels of a simulation say. Pure. */
import { Type, type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Verdict } from '../../../contracts/backtest.ts';
import { instant } from '../../../contracts/fields.ts';
import type { Alert } from './alerts.ts';
import type { Matched } from './matching.ts';

/** What someone judged a case to be. */
export interface Judgement {
  readonly caseId: string;
  readonly verdict: Verdict;
  readonly atMs: number;
}

/**
 * Verdicts of the cases of both runs. People judged the cases that the archive holds: a case of the first
 * run has their verdict by its id or, should it have another one by now, by code and entity; a case of the
 * second run has that of the one it is matched with. A case that only the second run opens has none.
 */
export function verdictsOf(
  judgements: readonly Judgement[],
  before: readonly Alert[],
  { kept }: Matched,
): Map<Alert, Verdict> {
  const verdicts = new Map<Alert, Verdict>();
  const cases = before.filter(({ kind }) => kind === 'case');
  const bySubject = grouped(cases, ({ code, entity }) => `${code}/${entity}`);
  // Of two judgements the later one holds.
  for (const { atMs, caseId, verdict } of judgements) {
    const openings = (bySubject.get(subjectOfCase(caseId)) ?? []).filter(
      (alert) => alert.atMs <= atMs,
    );
    const own = openings.filter(({ id }) => id.startsWith(`${caseId}#`));
    const judged = (own.length > 0 ? own : openings).at(-1);
    if (judged !== undefined) verdicts.set(judged, verdict);
  }
  for (const { after, before: twin } of kept) {
    const verdict = verdicts.get(twin);
    if (verdict !== undefined) verdicts.set(after, verdict);
  }
  return verdicts;
}

/** `CODE/entity` of `CODE/entity/seq`. */
const subjectOfCase = (caseId: string) => caseId.slice(0, caseId.lastIndexOf('/'));

const id = Type.Optional(Type.String());
/** A labelled incident, as `npm run simulate -- --labels` writes it; more fields do no harm. */
export const Label = Type.Object({
  incident_id: Type.String(),
  code: Type.String(),
  near_miss: Type.Optional(Type.Boolean()),
  entity: Type.Object({ type: Type.String(), id: Type.String() }),
  ...{ sku_id: id, node_id: id, order_id: id, channel_id: id, supplier_id: id, location_id: id },
  start: instant('First instant'),
  end: instant('Last instant'),
  grace_min: Type.Number({ minimum: 0 }),
});
export type Label = Static<typeof Label>;

const labelChecker = Compile(Label);
const MINUTE_MS = 60_000;

/** A labels file cannot be used. */
export class LabelError extends Error {
  override readonly name = 'LabelError';
}

/** Labels of an NDJSON text. Throws a LabelError that names the line, the field and what is wrong. */
export function parseLabels(text: string): Label[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      throw new LabelError(`labels, line ${index + 1}: not JSON: ${(error as Error).message}`);
    }
    if (labelChecker.Check(value)) return [value];
    const [error] = labelChecker.Errors(value);
    const field = error?.instancePath.slice(1).replaceAll('/', '.') || 'the label';
    throw new LabelError(`labels, line ${index + 1}: ${field}: ${error?.message ?? 'is wrong'}`);
  });
}

/** Incidents that begin in the span. A near miss is none: whoever raises it is wrong. */
export function incidentsOf(labels: readonly Label[], span: { fromMs: number; toMs: number }) {
  return labels.filter(({ near_miss: nearMiss, start }) => {
    const startMs = Date.parse(start);
    return nearMiss !== true && startMs >= span.fromMs && startMs < span.toMs;
  });
}

/** True when the alert is about the labelled incident: code, entity and time (REFERENCE §5.4). */
export function isAbout(alert: Alert, label: Label): boolean {
  if (alert.code !== label.code || !sharesEntity(alert, label)) return false;
  const endMs = Date.parse(label.end) + label.grace_min * MINUTE_MS;
  const beganMs = Math.min(alert.conditionAtMs, alert.atMs);
  return beganMs <= endMs && alert.atMs >= Date.parse(label.start);
}

/** They name one thing in common at least, and nothing on which they differ. */
function sharesEntity({ entity, ids }: Alert, label: Label): boolean {
  const pairs = [
    [ids.sku, label.sku_id],
    [ids.node, label.node_id],
    [ids.order, label.order_id],
    [ids.channel, label.channel_id],
    [ids.supplier, label.supplier_id],
    [ids.location, label.location_id],
  ].filter(([a, b]) => a !== '' && b !== undefined && b !== '');
  if (pairs.some(([a, b]) => a !== b)) return false;
  const named = entity.slice(entity.indexOf('/') + 1);
  return pairs.length > 0 || named === label.entity.id;
}

/** Each case as labels have it: right when it is about an incident, else wrong. */
export function labelledVerdicts(
  labels: readonly Label[],
  alerts: readonly Alert[],
): Map<Alert, Verdict> {
  const incidents = labels.filter(({ near_miss: nearMiss }) => nearMiss !== true);
  const byCode = grouped(incidents, ({ code }) => code);
  return new Map(
    alerts
      .filter(({ kind }) => kind === 'case')
      .map((alert) => {
        const isRight = byCode.get(alert.code)?.some((label) => isAbout(alert, label)) === true;
        return [alert, isRight ? 'true' : 'false'];
      }),
  );
}

export function grouped<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}
