/** The stretch of time that a view is about, as its address has it: a named window that ends now, or from … to. Pure. */
import type { KpiWindowName } from '../../../contracts/kpi.ts';
import type { Route } from './route.ts';
import { WINDOWS } from './windows.ts';

export type Period =
  | { readonly kind: 'window'; readonly window: KpiWindowName }
  /** RFC 3339, `to` excluded. */
  | { readonly kind: 'span'; readonly from: string; readonly to: string };

const STANDARD: Period = { kind: 'window', window: '1d' };

/** The period of an address; the last day where it says none that can be. */
export function periodOf({ from, to, window }: Route['query']): Period {
  if (from !== undefined && to !== undefined) {
    const [begin, end] = [Date.parse(from), Date.parse(to)];
    if (begin < end) return { kind: 'span', from: iso(begin), to: iso(end) };
  }
  const known = WINDOWS.find(({ name }) => name === window);
  return known === undefined ? STANDARD : { kind: 'window', window: known.name };
}

/** What a request, and an address, say of a period. */
export function queryOf(period: Period): Readonly<Record<string, string>> {
  return period.kind === 'window'
    ? { window: period.window }
    : { from: period.from, to: period.to };
}

/** The same in an address, where the usual period is left out. */
export function addressOf(period: Period): Readonly<Record<string, string>> {
  return period.kind === 'window' && period.window === '1d' ? {} : queryOf(period);
}

/** What date inputs show of a span: local days, the last one included. */
export function daysOf({ from, to }: { readonly from: string; readonly to: string }): {
  first: string;
  last: string;
} {
  return { first: localDay(Date.parse(from)), last: localDay(Date.parse(to) - 1) };
}

/** The span of two local days, both included; null while one is missing or they are the wrong way round. */
export function spanOf(first: string, last: string): Period | null {
  const [begin, end] = [midnight(first), midnight(last)];
  if (begin === null || end === null || end < begin) return null;
  // The next local midnight, whatever the clocks do in between.
  const next = new Date(end);
  next.setDate(next.getDate() + 1);
  return { kind: 'span', from: iso(begin), to: iso(next.getTime()) };
}

function midnight(day: string): number | null {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day);
  if (match === null) return null;
  return new Date(Number(match[1]), Number(match[2]) - 1, Number(match[3])).getTime();
}

function localDay(ms: number): string {
  const at = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

const iso = (ms: number) => new Date(ms).toISOString();
