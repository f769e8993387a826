/**
 * Bench `dashboard`: what the first view weighs, and how an open page bears a thousand changes of ATP a
 * second: frames, and memory over minutes.
 *
 *   1,000 adjustments/s of the SKUs on the page ─▶ door ─▶ LOG ─▶ stock ─▶ api ─▶ socket ─▶ Chromium
 *
 * The page is the inventory, whose cards are live. The API asks for a SKU at most ten times a second, so that
 * fewer messages reach the page than there are changes (`messagesPerSec`). Everything shares the machine:
 * frames that are missed because others took the cores are missed all the same.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Browser, CDPSession, Page } from 'playwright-core';
import type { ProducerEvent } from '../contracts/envelope.ts';
import { launchBrowser, openPage, settled } from '../test/e2e/support/browser.ts';
import type { BenchOptions } from './arguments.ts';
import { fillLog } from './fill.ts';
import { underLoad } from './load.ts';
import { median, percentile, round } from './measure.ts';
import { say } from './progress.ts';
import type { Stack } from './stack.ts';
import { random, skuId } from './traffic.ts';
import { watchRuntime } from './watch.ts';

/** As many SKUs as the page has cards, so that each change is one of a SKU that is shown. */
const SKUS = 8;
const NODES = 4;
const CHANGES_PER_SEC = 1_000;
const WARM_UP_S = 10;
const SECONDS = 30;
const MINUTES = 1;
const OPENING_UNITS = 100_000;
const KB = 1_000;
const MB = 1_000_000;

export async function dashboard(options: BenchOptions, stack: Stack): Promise<object> {
  const { apiPort, doorPort, doorUrl, processorsPort } = stack.config;
  const seconds = options.seconds ?? SECONDS;
  const minutes = options.minutes ?? MINUTES;
  const watch = watchRuntime(stack.link);
  const parts = [
    await stack.start({ name: 'door', file: 'ingest/main.ts' }),
    await stack.start({ name: 'processors', file: 'processors/main.ts' }),
    await stack.start({ name: 'api', file: 'api/main.ts' }),
  ];
  const died = Promise.race(parts.map((part) => part.died));
  const ready = [doorPort, processorsPort, apiPort].map((port) => stack.ready(port));
  await Promise.race([Promise.all(ready), died]);
  const { lastSeq } = await fillLog(stack.publisher, opening(), SKUS * NODES);
  await Promise.race([watch.flushed(lastSeq), died]);
  watch.stop();

  const url = `http://127.0.0.1:${apiPort}`;
  const browser = await launchBrowser();
  try {
    const size = await firstView(browser, url);
    const quiet = await quietFrames(browser, { url, seconds });
    const load = { doorUrl, events: changes(), logEventsPerSec: CHANGES_PER_SEC };
    const run = underLoad(load, () => openInventory(browser, { url, seconds, minutes }));
    const { logEventsPerSec, result } = await Promise.race([run, died]);
    for (const part of parts.reverse()) await part.stop();
    return {
      ...size,
      ...result,
      ...quiet,
      changesPerSec: round(logEventsPerSec),
      seconds,
      minutes,
    };
  } finally {
    await browser.close();
  }
}

/** Script and style that the board needs to show itself: gzipped, and as they came over the wire. */
async function firstView(browser: Browser, url: string) {
  const { page } = await openPage(browser);
  const loaded: Promise<{ gzipped: number; transferred: number }>[] = [];
  page.on('requestfinished', (request) => {
    if (!['script', 'stylesheet'].includes(request.resourceType())) return;
    loaded.push(
      (async () => {
        const [response, sizes] = await Promise.all([request.response(), request.sizes()]);
        const body = (await response?.body()) ?? Buffer.alloc(0);
        return { gzipped: gzipSync(body).length, transferred: sizes.responseBodySize };
      })(),
    );
  });
  await page.goto(`${url}/#/`);
  await settled(page);
  const files = await Promise.all(loaded);
  await page.close();
  const sum = (of: (file: (typeof files)[number]) => number) =>
    files.reduce((total, file) => total + of(file), 0);
  return {
    firstViewGzipKb: round(sum((file) => file.gzipped) / KB, 1),
    firstViewTransferredKb: round(sum((file) => file.transferred) / KB, 1),
    firstViewFiles: files.length,
  };
}

/** What the machine draws of the same page while nothing changes: the baseline. */
async function quietFrames(browser: Browser, { seconds, url }: Omit<Watching, 'minutes'>) {
  const { page } = await openPage(browser);
  await page.addInitScript(COUNT_MESSAGES);
  await page.goto(`${url}/#/inventory`);
  await settled(page);
  say(`counting frames of a quiet page for ${seconds} s`);
  const { fpsMedian, fpsP5 } = await countFrames(page, seconds);
  await page.close();
  return { quietFpsP5: fpsP5, quietFpsMedian: fpsMedian };
}

interface Watching {
  readonly url: string;
  readonly seconds: number;
  readonly minutes: number;
}

async function openInventory(browser: Browser, { minutes, seconds, url }: Watching) {
  const watched = await openPage(browser);
  const { page } = watched;
  await page.addInitScript(COUNT_MESSAGES);
  await page.goto(`${url}/#/inventory`);
  await settled(page);
  say(`warming up for ${WARM_UP_S} s`);
  await sleep(WARM_UP_S * 1000);
  say(`counting frames for ${seconds} s`);
  const frames = await countFrames(page, seconds);
  say(`watching memory for ${minutes} min`);
  const memory = await watchMemory(page, minutes);
  const troubles = watched.takeTroubles();
  if (troubles.length > 0) throw new Error(`the page had trouble: ${troubles.join('; ')}`);
  return { ...frames, ...memory };
}

/** Counts what the page's socket is handed, before the page sees it. */
const COUNT_MESSAGES = `
  window.liveMessages = 0;
  window.WebSocket = class extends WebSocket {
    constructor(...options) {
      super(...options);
      this.addEventListener('message', () => (window.liveMessages += 1));
    }
  };`;

async function countFrames(page: Page, seconds: number) {
  const { atMs, messages } = await page.evaluate<{ atMs: number[]; messages: number }>(`
    new Promise((resolve) => {
      const messagesBefore = window.liveMessages;
      const atMs = [];
      requestAnimationFrame(function frame(now) {
        atMs.push(now);
        if (now - atMs[0] < ${seconds * 1000}) requestAnimationFrame(frame);
        else resolve({ atMs, messages: window.liveMessages - messagesBefore });
      });
    })`);
  const gaps = atMs.slice(1).map((now, index) => now - (atMs[index] ?? now));
  const perSecond = framesPerSecond(atMs);
  return {
    fpsP5: percentile(perSecond, 5),
    fpsMedian: median(perSecond),
    frameP99Ms: round(percentile(gaps, 99), 1),
    messagesPerSec: round(messages / seconds),
  };
}

/** Frames in each whole second, beginning with the first frame. */
function framesPerSecond(atMs: readonly number[]): number[] {
  const [first = 0] = atMs;
  const counts: number[] = [];
  for (const now of atMs) {
    const second = Math.floor((now - first) / 1000);
    counts[second] = (counts[second] ?? 0) + 1;
  }
  // The last second is not whole; one without any frame is a hole.
  return Array.from(counts.slice(0, -1), (count) => count ?? 0);
}

/** Heap in use after garbage collection, now and then; growth is that of the line through all of them. */
async function watchMemory(page: Page, minutes: number) {
  const session = await page.context().newCDPSession(page);
  const samples: { minute: number; heapMb: number; nodes: number }[] = [];
  const startedMs = performance.now();
  const everyMs = Math.min(30_000, (minutes * 60_000) / 4);
  for (let dueMs = 0; dueMs <= minutes * 60_000; dueMs += everyMs) {
    await sleep(Math.max(0, startedMs + dueMs - performance.now()));
    samples.push({ minute: dueMs / 60_000, ...(await memoryNow(session)) });
  }
  const [first, last] = [samples[0], samples.at(-1)];
  return {
    heapMbStart: round(first?.heapMb ?? NaN, 2),
    heapMbEnd: round(last?.heapMb ?? NaN, 2),
    heapMbPerMinute: round(slope(samples.map(({ heapMb, minute }) => [minute, heapMb])), 3),
    domNodesGrowth: (last?.nodes ?? NaN) - (first?.nodes ?? NaN),
  };
}

async function memoryNow(session: CDPSession) {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const { nodes } = await session.send('Memory.getDOMCounters');
  return { heapMb: usedSize / MB, nodes };
}

/** Of the line that fits the points best (least squares). */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const sum = (of: (x: number, y: number) => number) =>
    points.reduce((total, [x, y]) => total + of(x - meanX, y - meanY), 0);
  return sum((x, y) => x * y) / sum((x) => x * x);
}

function* opening(): Generator<ProducerEvent, void> {
  for (let position = 0; position < SKUS * NODES; position++) {
    yield adjustment(`open-${position}`, position, OPENING_UNITS, Date.now());
  }
}

/** Endless changes of one to nine units, up or down, of any position. */
function* changes(): Generator<ProducerEvent, never> {
  const rng = random(1);
  for (let number = 0; ; number++) {
    const units = Math.ceil(rng() * 9) * (rng() < 0.5 ? -1 : 1);
    const position = Math.floor(rng() * SKUS * NODES);
    yield adjustment(`change-${number}`, position, units, Date.now());
  }
}

function adjustment(id: string, position: number, units: number, atMs: number): ProducerEvent {
  return {
    specversion: '1.0',
    id,
    source: 'https://wms.bench.example/feed',
    type: 'stocktide.inventory.adjusted.v1',
    time: new Date(atMs).toISOString(),
    data: {
      adjustment_id: id,
      sku_id: skuId(position % SKUS),
      node_id: `dc-${Math.floor(position / SKUS) + 1}`,
      state: 'available',
      qty_delta: units,
      reason_code: 'correction',
      raw_code: '',
      actor: 'bench',
    },
  };
}
