/** The windows that views choose from, and the one that an address names. */
import type { KpiWindowName } from '../../../contracts/kpi.ts';

export const WINDOWS: readonly { readonly name: KpiWindowName; readonly label: string }[] = [
  { name: '1h', label: 'Hour' },
  { name: '1d', label: 'Day' },
  { name: '7d', label: '7 days' },
  { name: '28d', label: '28 days' },
];

/** The window of an address, or the one that a view begins with. */
export function windowOf(name: string | undefined, usual: KpiWindowName): KpiWindowName {
  return WINDOWS.find((window) => window.name === name)?.name ?? usual;
}
