import { describe, expect, it } from 'vitest';
import { readArguments, UsageError } from '../../../simulator/arguments.ts';

describe('arguments of simulate', () => {
  it('have defaults for all but the target', () => {
    expect(readArguments(['--out', 'events.ndjson'])).toMatchObject({
      seed: 1,
      startMs: Date.parse('2026-03-02T00:00:00Z'),
      spanMs: 7 * 86_400_000,
      ordersPerDay: 2_000,
      peak: false,
      rate: 'max',
      target: { file: 'events.ndjson' },
    });
    expect(readArguments(['--out', '-', '--days', 'endless'])).toMatchObject({ spanMs: Infinity });
    expect(readArguments(['--help'])).toBe('help');
  });

  it.each([
    [[], 'give --out FILE or --url URL'],
    [['--out', 'f', '--url', 'http://x'], 'give one of the two'],
    [['--url', 'door'], '--url door: must be an address'],
    [['--out', 'f', '--days', '0'], '--days 0: must be a whole number from 1'],
    [['--out', 'f', '--start', '2026-13-01'], '--start 2026-13-01: must be a day'],
    [['--out', 'f', '--rate', 'fast'], '--rate fast: must be events a second, real or max'],
    [['--out', 'f', '--seeds', '1'], "Unknown option '--seeds'"],
  ])('%j are refused', (argv, message) => {
    expect(() => readArguments(argv)).toThrow(UsageError);
    expect(() => readArguments(argv)).toThrow(message);
  });
});
