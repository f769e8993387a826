/** Dead letters seen and replayed: over HTTP and from the command line. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pickPort } from '../../../platform/local/ports.ts';
import { STREAMS } from '../../../platform/nats/streams.ts';
import { useNats } from '../../support/servers.ts';
import {
  adjusted,
  connected,
  deadLetters,
  logEntries,
  startDoor,
  type TestDoor,
} from './door-support.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const nats = useNats();
const directory = mkdtempSync(join(tmpdir(), 'stocktide-dead-'));
let door: TestDoor;
beforeAll(async () => {
  door = await startDoor(nats);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
beforeEach(async () => {
  const { jsm } = await connected(nats);
  await jsm.streams.purge(STREAMS.dead);
});

interface List {
  letters: { seq: number; id?: string; reason: string; preview: string }[];
  counts: Record<string, number>;
  next_before: number | null;
}
const list = (query = '') => door.get<List>(`/v1/dead${query}`);
const seqOf = async (id: string) => (await list()).letters.find((letter) => letter.id === id)!.seq;

async function replay(seq: number, mended?: unknown, query = '') {
  const response = await fetch(`${door.url}/v1/dead/${seq}/replay${query}`, {
    method: 'POST',
    ...(mended === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(mended) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function discard(seq: number, query: string) {
  const url = `${door.url}/v1/dead/${seq}/discard${query}`;
  const response = await fetch(url, { method: 'POST' });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** What the log knows of decisions about letters. */
async function settlements() {
  const entries = await logEntries(await connected(nats));
  return entries.flatMap(({ event }) =>
    event.type === 'stocktide.rejection.settled.v1' ? [event.data] : [],
  );
}

async function loggedIds() {
  return (await logEntries(await connected(nats))).map(({ event }) => event.id);
}

const bad = (id: string) => adjusted(id, { qty_delta: 'many' });

describe('the list', () => {
  test('is empty, and says so', async () => {
    expect(await list()).toEqual({ letters: [], counts: {}, next_before: null });
  });

  test('is newest first, in pages, with counts by reason', async () => {
    for (let i = 1; i <= 5; i++) await door.post(bad(`page-${i}`));
    await door.post('hello');
    const ids = ({ letters }: List) => letters.map(({ id }) => id);
    const first = await list('?limit=3');
    expect(ids(first)).toEqual([undefined, 'page-5', 'page-4']);
    expect(first.counts).toEqual({ invalid_data: 5, not_json: 1 });
    const second = await list(`?limit=3&before=${first.next_before}`);
    expect(ids(second)).toEqual(['page-3', 'page-2', 'page-1']);
    expect(second.next_before).toBeNull();
  });

  test('of one reason finds the old ones among many others', async () => {
    await door.post('good day');
    await door.post(Array.from({ length: 300 }, (_, i) => bad(`many-${i}`)));
    const { letters, next_before } = await list('?reason=not_json');
    expect(letters.map(({ preview }) => preview)).toEqual(['good day']);
    expect(next_before).toBeNull();
    expect((await list('?reason=id_conflict')).letters).toEqual([]);
  });

  test('refuses what it cannot read', async () => {
    expect(await list('?reason=boredom')).toMatchObject({ status: 400, field: 'reason' });
    expect(await list('?limit=501')).toMatchObject({ status: 400, field: 'limit' });
    expect(await door.get('/v1/dead/x')).toMatchObject({ status: 400, field: 'seq' });
    expect(await door.get('/v1/dead/99999')).toMatchObject({ status: 404 });
  });
});

describe('a replay', () => {
  test('of an event that is good by now puts it into the log and removes the letter', async () => {
    const soon = new Date(Date.now() + 302_000).toISOString();
    const early = { ...adjusted('early'), time: soon };
    expect((await door.post(early)).body.results[0]).toMatchObject({ reason: 'future_time' });
    const seq = await seqOf('early');
    // Ahead of the clock by the allowance and two seconds: good in two seconds.
    let answer = await replay(seq);
    while (answer.status === 422) {
      expect(await seqOf('early')).toBe(seq);
      answer = await replay(seq);
    }
    expect(answer).toMatchObject({ status: 200, body: { seq, removed: true } });
    expect((await list()).letters).toEqual([]);
    expect(await loggedIds()).toContain('early');
    expect((await replay(seq)).status).toBe(404);
  });

  test('that is refused again leaves the letter, and makes no second one', async () => {
    await door.post(bad('again'));
    const seq = await seqOf('again');
    const { status, body } = await replay(seq);
    expect(status).toBe(422);
    expect(body).toMatchObject({ removed: false, results: [{ reason: 'invalid_data' }] });
    expect((await deadLetters(await connected(nats))).map(({ stream }) => stream.seq)).toEqual([
      seq,
    ]);
  });

  test('with a mended event stands for the letter', async () => {
    await door.post(bad('mend'));
    const seq = await seqOf('mend');
    expect(await replay(seq, adjusted('mend', { qty_delta: 4 }))).toMatchObject({ status: 200 });
    expect(await loggedIds()).toContain('mend');
    expect((await list()).letters).toEqual([]);
  });

  test('of a body that was no JSON, mended into a batch, wants all of it good', async () => {
    await door.post('[oops');
    const [letter] = (await list()).letters;
    const half = await replay(letter!.seq, [adjusted('half-1'), bad('half-2')]);
    expect(half).toMatchObject({ status: 422, body: { removed: false } });
    const whole = await replay(letter!.seq, [adjusted('half-1'), adjusted('half-2')]);
    expect(whole).toMatchObject({ status: 200, body: { removed: true } });
    expect((await loggedIds()).filter((id) => id.startsWith('half-'))).toEqual([
      'half-1',
      'half-2',
    ]);
  });

  test('as it is needs the whole original, and one that the log has not got', async () => {
    await door.post({ ...adjusted('cut'), subject: 'x'.repeat(70_000) });
    const cut = await replay(await seqOf('cut'));
    expect(cut).toMatchObject({ status: 409 });
    expect(cut.body['detail']).toContain('only the beginning of 70');
    const { js } = await connected(nats);
    const letter = { reason: 'apply_failed', via: 'runtime', encoding: 'utf8', bytes: '{}' };
    const { seq } = await js.publish('dead.apply_failed', JSON.stringify(letter));
    expect((await replay(seq)).status).toBe(409);
  });
});

describe('a decision', () => {
  test('of a replay stands in the log with who, why and about what, once', async () => {
    await door.post(bad('traced'));
    const seq = await seqOf('traced');
    const by = '?reason=a%20word%20for%20a%20number';
    const mended = adjusted('traced', { qty_delta: 4 });
    const answers = await Promise.all([replay(seq, mended, by), replay(seq, mended, by)]);
    // The second one finds the letter gone, or its event in the log.
    for (const { status } of answers) expect([200, 404]).toContain(status);
    expect((await loggedIds()).filter((id) => id === 'traced')).toHaveLength(1);
    expect((await settlements()).filter((one) => one['letter'] === seq)).toMatchObject([
      {
        ...{ settlement: 'mended', actor: 'local', reason: 'a word for a number' },
        ...{ rejected_for: 'invalid_data', about_id: 'traced' },
      },
    ]);
  });

  test('to give a letter up needs a reason, and is the letter’s end', async () => {
    await door.post(bad('given-up'));
    const seq = await seqOf('given-up');
    expect(await discard(seq, '')).toMatchObject({
      status: 400,
      body: { field: 'reason' },
    });
    expect(await discard(seq, '?reason=a%20test')).toMatchObject({ status: 200 });
    expect((await list()).letters).toEqual([]);
    expect(await discard(seq, '?reason=again')).toMatchObject({ status: 404 });
    expect((await settlements()).filter((one) => one['letter'] === seq)).toMatchObject([
      { settlement: 'discarded', actor: 'local', reason: 'a test', about_id: 'given-up' },
    ]);
  });
});

describe('npm run dead', () => {
  /** Exit code and what was printed. */
  function dead(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      const command = ['--import', 'tsx', 'ingest/dead/main.ts', ...args];
      execFile(process.execPath, command, { cwd: ROOT }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  }

  test('lists, shows, and replays with a mended file', async () => {
    await door.post(bad('cli-1'));
    const seq = await seqOf('cli-1');
    const at = ['--url', door.url];
    const listed = await dead('list', ...at);
    expect(listed).toMatchObject({ code: 0 });
    expect(listed.stdout).toContain('data.qty_delta: must be integer');
    expect(listed.stdout).toContain('1 dead letters: invalid_data 1');
    const shown = await dead('show', String(seq), '--json', ...at);
    expect(JSON.parse(shown.stdout)).toMatchObject({ seq, bytes: JSON.stringify(bad('cli-1')) });

    const refused = await dead('replay', String(seq), ...at);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stdout).toContain(`${seq}  stays: data.qty_delta`);

    const file = join(directory, 'mended.json');
    writeFileSync(file, JSON.stringify(adjusted('cli-1')));
    const mended = await dead('replay', String(seq), '--with', file, ...at);
    expect(mended).toMatchObject({ code: 0, stdout: `${seq}  is in the log now\n` });
    expect(await loggedIds()).toContain('cli-1');
  });

  test('gives a letter up, with a reason', async () => {
    await door.post(bad('cli-2'));
    const seq = await seqOf('cli-2');
    const why = ['--why', 'sent by mistake', '--url', door.url];
    const answer = await dead('discard', String(seq), ...why);
    expect(answer).toMatchObject({ code: 0, stdout: `${seq}  is given up\n` });
    expect((await settlements()).at(-1)).toMatchObject({
      actor: 'local',
      reason: 'sent by mistake',
    });
  });

  test('replays every letter of a reason, oldest first', async () => {
    await door.post([bad('all-1'), bad('all-2')]);
    const answer = await dead('replay', '--reason', 'invalid_data', '--json', '--url', door.url);
    expect(answer.code).toBe(1);
    const seqs = answer.stdout
      .trim()
      .split('\n')
      .map((text) => (JSON.parse(text) as { seq: number }).seq);
    expect(seqs).toEqual([await seqOf('all-1'), await seqOf('all-2')]);
    expect(answer.stderr).toContain('0 of 2 letters');
  });

  test.each([
    [['list', '--reason', 'boredom'], 2, 'allowed: not_json'],
    [['replay'], 2, 'give sequences or --reason'],
    [['replay', '1', '2', '--with', 'x.json'], 2, 'one letter at a time'],
    [['replay', '1', '--with', 'no-such.json'], 2, 'no-such.json'],
    [['show', 'x'], 2, 'whole number'],
    [['discard', '1'], 2, 'say why'],
    [['bury'], 2, 'allowed: list, show, replay, discard'],
  ])('%j is refused with what is allowed', async (args, code, says) => {
    const hasUrl = args.includes('--url') ? [] : ['--url', door.url];
    const answer = await dead(...args, ...hasUrl);
    expect(answer.code).toBe(code);
    expect(answer.stderr).toContain(says);
  });

  test('says when the door does not answer', async () => {
    const answer = await dead('list', '--url', `http://127.0.0.1:${await pickPort()}`);
    expect(answer.code).toBe(1);
    expect(answer.stderr).toContain('cannot be reached (ECONNREFUSED)');
  });
});
