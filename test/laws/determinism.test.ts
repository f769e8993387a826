/**
 * Law 2: the same log gives the same state, rows and findings, byte for byte; and a processor that was
 * stopped and started from its snapshot goes on as if nothing had happened.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, LedgerBench } from '../support/ledger.ts';
import { anyHistory, runs } from './histories.ts';

/** A memory so short that it forgets, so that this is tried too. */
const options = fc.constantFrom({}, { history: 40 });

/** A point of the log, evenly spread over it. */
const share = fc.nat({ max: 1_000 }).map((thousandths) => thousandths / 1_000);

async function outcome(bench: LedgerBench) {
  return {
    cells: JSON.stringify(bench.cells),
    findings: JSON.stringify(bench.findings),
    dump: JSON.stringify(bench.dump()),
    answers: JSON.stringify(['A', 'B', 'C'].map((sku) => bench.view(sku))),
    state: await bytesOf(bench.capture()),
  };
}

describe('law 2', () => {
  it('the same log gives the same state, rows and findings', async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory, options, async (log, option) => {
        const one = new LedgerBench(option).feed(...log);
        const other = new LedgerBench(option).feed(...log);
        expect(await outcome(other)).toEqual(await outcome(one));
      }),
      runs(120),
    );
  });

  it('a restart anywhere changes nothing', async () => {
    const points = fc.array(share, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(anyHistory, options, points, async (log, option, shares) => {
        const uninterrupted = new LedgerBench(option).feed(...log);
        let bench = new LedgerBench(option);
        let fed = 0;
        for (const part of [...shares].sort((a, b) => a - b)) {
          const until = Math.floor(part * log.length);
          bench.feed(...log.slice(fed, until));
          fed = until;
          bench = await bench.restarted();
        }
        bench.feed(...log.slice(fed));
        expect(await outcome(bench)).toEqual(await outcome(uninterrupted));
      }),
      runs(150),
    );
  });

  it('a snapshot that is written while events go on is the state of its instant', async () => {
    await fc.assert(
      fc.asyncProperty(anyHistory, share, async (log, part) => {
        const at = Math.floor(part * log.length);
        const bench = new LedgerBench().feed(...log.slice(0, at));
        const still = await bytesOf(bench.capture());
        const written = bench.capture();
        const chunks: Uint8Array[] = [];
        // Events go on before its first byte is read and between its parts.
        let next = at;
        const step = () => bench.feed(...log.slice(next, (next += 3)));
        step();
        for await (const chunk of written) {
          chunks.push(chunk);
          step();
        }
        expect(Buffer.concat(chunks).toString('latin1')).toBe(still);
      }),
      runs(120),
    );
  });
});
