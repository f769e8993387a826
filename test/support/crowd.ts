/**
 * Many live clients in one process, that follow topics and note when each of them got which alert; and
 * single ones that behave badly. What a client costs here is taken from what it measures: a message that
 * others got as well is parsed once, and only alerts are.
 */
import { WebSocket } from 'ws';
import type { Alert, AlertsLive } from '../../contracts/cases.ts';
import { LIVE_PATH, type ServerMessage } from '../../contracts/live.ts';

/** Connections that are opened at a time. */
const OPENING = 50;
const OF_ALERTS = '"topic":"alerts"';

export interface CrowdOptions {
  /** Of the API, http://… */
  readonly url: string;
  readonly clients: number;
  readonly topics: readonly string[];
  readonly onAlert: (arrival: Arrival) => void;
}

/** One client got one alert, for the first time. */
export interface Arrival {
  readonly client: number;
  readonly alert: Alert;
  /** Wall time (ms, with fractions). */
  readonly atMs: number;
}

export interface Crowd {
  /** Topics that clients were told to start anew. */
  readonly resyncs: number;
  /** Clients whose connection ended. */
  readonly lost: number;
  close(): void;
}

/** Connects them all; resolves when each has the snapshots of its topics. */
export async function gatherCrowd({ clients, onAlert, topics, url }: CrowdOptions): Promise<Crowd> {
  const sockets: WebSocket[] = [];
  const told = { resyncs: 0, lost: 0, snapshots: 0 };
  let whole = (): void => undefined;
  const complete = new Promise<void>((resolve) => (whole = resolve));
  const parse = parserOfRepeats();

  function follow(client: number, socket: WebSocket): void {
    const seen = new Set<number>();
    socket.on('close', () => (told.lost += 1));
    socket.on('message', (data: Buffer) => {
      const atMs = wallMs();
      // The op and the topic are at the head of each message.
      const head = data.toString('latin1', 0, 60);
      if (head.startsWith('{"op":"resync"')) told.resyncs += 1;
      if (head.startsWith('{"op":"snapshot"')) {
        told.snapshots += 1;
        if (told.snapshots === clients * topics.length) whole();
      }
      if (!head.includes(OF_ALERTS)) return;
      for (const alert of parse(data)) {
        if (seen.has(alert.n)) continue;
        seen.add(alert.n);
        onAlert({ client, alert, atMs });
      }
    });
    for (const topic of topics) socket.send(JSON.stringify({ op: 'subscribe', topic }));
  }

  while (sockets.length < clients) {
    const count = Math.min(OPENING, clients - sockets.length);
    const opened = await Promise.all(Array.from({ length: count }, () => openSocket(url)));
    for (const socket of opened) follow(sockets.push(socket) - 1, socket);
  }
  await complete;
  return {
    get resyncs() {
      return told.resyncs;
    },
    get lost() {
      return told.lost;
    },
    close: () => sockets.forEach((socket) => socket.terminate()),
  };
}

/** A socket to `/v1/live` that is open. */
export async function openSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${LIVE_PATH}`);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return socket;
}

/** Wall time with fractions of a millisecond (ms): the same in every process of the machine. */
export const wallMs = () => performance.timeOrigin + performance.now();

/** The alerts of a message in the order of their numbers; the same message again costs a comparison. */
function parserOfRepeats(): (message: Buffer) => readonly Alert[] {
  let last: Buffer = Buffer.alloc(0);
  let alerts: readonly Alert[] = [];
  return (message) => {
    if (!message.equals(last)) {
      last = message;
      const parsed = JSON.parse(message.toString()) as ServerMessage<AlertsLive>;
      const data = parsed.op === 'snapshot' || parsed.op === 'delta' ? parsed.data : {};
      alerts = Object.values(data)
        .filter((value) => typeof value === 'object')
        .sort((a, b) => a.n - b.n);
    }
    return alerts;
  };
}
