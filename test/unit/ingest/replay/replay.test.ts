import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gzipSync } from 'node:zlib';
import type { BatchAnswer } from '../../../../contracts/rejections.ts';
import { NDJSON } from '../../../../ingest/replay/ndjson-dataset.ts';
import { UCI_ONLINE_RETAIL } from '../../../../ingest/replay/uci/dataset.ts';
import { positionFile, type PositionFile } from '../../../../ingest/replay/position.ts';
import { replay, type ReplayOptions } from '../../../../ingest/replay/replay.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stocktide-replay-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

const event = (n: number) => ({
  specversion: '1.0',
  id: `e${n}`,
  source: 'https://shop.example',
  type: 'stocktide.refund.issued.v1',
  time: '2026-01-01T00:00:00Z',
  data: { qty: n },
});

function eventsFile(lines: readonly string[], name = 'events.ndjson'): string {
  const file = join(dir, name);
  const text = lines.join('\n');
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text);
  return file;
}

const tenEvents = () => Array.from({ length: 10 }, (_, i) => JSON.stringify(event(i + 1)));

function position(): PositionFile {
  return positionFile(dir, {
    dataset: 'ndjson',
    mappingVersion: 1,
    fingerprint: { bytes: 1, sha256: 'a' },
    target: 'here',
  });
}

/** Keeps what arrives; rejects lines that are not JSON, as the door does. */
function recordingDoor() {
  const lines: string[] = [];
  return {
    lines,
    post: async (ndjson: string): Promise<BatchAnswer> => {
      const batch = ndjson.split('\n');
      lines.push(...batch);
      const results = batch.flatMap((line, index) =>
        line.startsWith('{')
          ? []
          : [
              {
                index,
                outcome: 'rejected' as const,
                reason: 'not_json' as const,
                field: '',
                value: line,
                detail: 'event: is not JSON',
              },
            ],
      );
      return {
        accepted: batch.length - results.length,
        duplicates: 0,
        rejected: results.length,
        results,
      };
    },
  };
}

async function run(file: string, options: Partial<ReplayOptions> = {}) {
  const door = recordingDoor();
  const result = await replay({
    feed: await NDJSON.open([file]),
    maxRows: Infinity,
    speed: null,
    door,
    position: position(),
    limits: { maxItems: 3, maxChars: 10_000 },
    stop: new AbortController().signal,
    onProgress: () => {},
    ...options,
  });
  return { result, lines: door.lines };
}

describe('a replay', () => {
  it('sends every line in the order of the file, blank ones left out', async () => {
    const { result, lines } = await run(eventsFile([...tenEvents(), '', '  ']));
    expect(lines).toEqual(tenEvents());
    expect(result).toMatchObject({ ended: 'end', sent: 10, rows: 10 });
    expect(result.contents.unitsCancelled).toBe(55);
  });

  it('reads gzip whatever the end of the lines is', async () => {
    const file = eventsFile([tenEvents().join('\r\n')], 'events.ndjson.gz');
    expect((await run(file)).lines).toEqual(tenEvents());
  });

  it('goes on where a stopped one ended, and counts the whole', async () => {
    const file = eventsFile(tenEvents());
    const stop = new AbortController();
    const first = await run(file, {
      stop: stop.signal,
      onProgress: ({ events }) => {
        if (events >= 6) stop.abort();
      },
    });
    expect(first.result).toMatchObject({ ended: 'stopped', sent: 6 });

    const second = await run(file);
    expect([...first.lines, ...second.lines]).toEqual(tenEvents());
    expect(second.result).toMatchObject({ ended: 'end', sentBefore: 6, sent: 4 });
    expect(second.result.answers.accepted).toBe(10);
    expect(second.result.contents.unitsCancelled).toBe(55);

    expect((await run(file)).result).toMatchObject({ ended: 'end', sentBefore: 10, sent: 0 });
  });

  it('keeps its position when the door fails, and begins anew when it is cleared', async () => {
    const file = eventsFile(tenEvents());
    const door = recordingDoor();
    const failing = {
      post: (ndjson: string) =>
        door.lines.length >= 3 ? Promise.reject(new Error('no door')) : door.post(ndjson),
    };
    await expect(run(file, { door: failing })).rejects.toThrow('no door');
    expect(position().read().sent).toBe(3);
    position().clear();
    expect((await run(file)).lines).toEqual(tenEvents());
  });

  it('ends at a limit of rows, and a later one without goes on behind it', async () => {
    const file = eventsFile(tenEvents());
    expect((await run(file, { maxRows: 4 })).result).toMatchObject({ ended: 'limit', sent: 4 });
    expect((await run(file)).lines).toEqual(tenEvents().slice(4));
  });

  it('says which row the door rejected', async () => {
    const lines = tenEvents();
    lines[4] = 'not json';
    const { result } = await run(eventsFile(lines));
    expect(result.answers).toMatchObject({
      accepted: 9,
      rejected: 1,
      firstRejections: [{ row: 5, id: '(none)', reason: 'not_json', detail: 'event: is not JSON' }],
    });
  });
});

describe('a position', () => {
  it('that is damaged is not guessed at', () => {
    const file = position();
    file.write({
      sent: 1,
      answers: { accepted: 1, duplicates: 0, rejected: 0, firstRejections: [] },
    });
    expect(JSON.parse(readFileSync(file.path, 'utf8'))).toMatchObject({ target: 'here', sent: 1 });
    writeFileSync(file.path, '{"sent":');
    expect(() => file.read()).toThrow('--restart');
  });
});

describe('a file that is no feed', () => {
  it('of UCI rows names the missing columns', async () => {
    const file = eventsFile(['InvoiceNo,StockCode', '1,2'], 'x.csv');
    await expect(UCI_ONLINE_RETAIL.open([file])).rejects.toThrow(
      /column Description, Quantity, .* is missing \(its first line reads InvoiceNo,StockCode\)/,
    );
  });

  it('of UCI rows with a broken quote names the line', async () => {
    const header =
      'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';
    const file = eventsFile([header, '1,2,"a"b,1,2010-12-01 09:00:00,1.0,,France'], 'x.csv');
    await expect(UCI_ONLINE_RETAIL.open([file])).rejects.toThrow(/x\.csv: .*line 2/);
  });

  it('because it was cut off in the gzip says so', async () => {
    const file = eventsFile(tenEvents(), 'whole.ndjson.gz');
    const cut = join(dir, 'cut.ndjson.gz');
    writeFileSync(cut, readFileSync(file).subarray(0, 60));
    await expect(NDJSON.open([cut])).rejects.toThrow('is no whole gzip file');
  });

  it('because a line never ends says which', async () => {
    const file = eventsFile(['{}', 'x'.repeat(1_200_000)]);
    await expect(NDJSON.open([file])).rejects.toThrow('line 2 is longer than');
  });
});
