/**
 * One topic of the live protocol: its last value, its numbering and what was sent lately.
 *
 *   update(value) ──▶ fields that changed ──▶ delta n+1 ──▶ ring, for whoever resumes
 *
 * A message is made once, text and bytes, however many clients get it: what waits for a thousand slow
 * readers is the same memory. The snapshot is put together from the texts of the fields, once for each
 * value that somebody asks for. The ring is bounded by number and by bytes; who asks for more than it
 * holds gets a snapshot instead.
 */
import type { ServerMessage } from '../../contracts/live.ts';

export interface RingLimits {
  /** Most deltas kept for resuming. */
  readonly ringDeltas: number;
  /** Most bytes of deltas kept for resuming. */
  readonly ringBytes: number;
}

export class Topic {
  readonly name: string;
  /** Names the numbering: another topic of the same name, later or elsewhere, has another one. */
  readonly stream: string;
  readonly #limits: RingLimits;
  readonly #fields = new Map<string, string>();
  /** The deltas `n - ring.length + 1` … `n`. */
  readonly #ring: Buffer[] = [];
  #ringBytes = 0;
  #n = 0;
  /** That of the value as it is, once somebody has asked for it. */
  #snapshot: Buffer | null = null;

  constructor(name: string, { stream, limits }: { stream: string; limits: RingLimits }) {
    this.name = name;
    this.stream = stream;
    this.#limits = limits;
  }

  /** Number of the last delta; 0 is the first value. */
  get n(): number {
    return this.#n;
  }

  /** Whether a first value has come. */
  get hasValue(): boolean {
    return this.#fields.size > 0;
  }

  /**
   * Takes the new value and answers the delta to send, or null when nothing changed or the value is
   * the first one (which goes out as a snapshot). `always` makes a delta of an unchanged value too.
   */
  update(value: object, { always = false } = {}): Buffer | null {
    const isFirst = !this.hasValue;
    const changed: string[] = [];
    for (const [field, content] of Object.entries(value)) {
      // A field without a JSON form (undefined) is no part of the value.
      const text = JSON.stringify(content) as string | undefined;
      if (text === undefined || this.#fields.get(field) === text) continue;
      this.#fields.set(field, text);
      changed.push(`${JSON.stringify(field)}:${text}`);
    }
    if (isFirst || (changed.length === 0 && !always)) return null;

    this.#n += 1;
    this.#snapshot = null;
    const delta = Buffer.from(
      `{"op":"delta","topic":${JSON.stringify(this.name)},"n":${this.#n},"data":{${changed.join(',')}}}`,
    );
    this.#keep(delta);
    return delta;
  }

  snapshot(): Buffer {
    this.#snapshot ??= Buffer.from(this.#snapshotText());
    return this.#snapshot;
  }

  /** The deltas after number `n` of `stream`, oldest first, or null when they are not at hand. */
  since(stream: string, n: number): readonly Buffer[] | null {
    const missed = this.#n - n;
    if (stream !== this.stream || missed < 0 || missed > this.#ring.length) return null;
    return missed === 0 ? [] : this.#ring.slice(-missed);
  }

  #snapshotText(): string {
    const fields = [...this.#fields].map(([field, text]) => `${JSON.stringify(field)}:${text}`);
    const head = { op: 'snapshot', topic: this.name, stream: this.stream, n: this.#n } as const;
    return `${JSON.stringify(head satisfies Omit<ServerMessage & { op: 'snapshot' }, 'data'>).slice(0, -1)},"data":{${fields.join(',')}}}`;
  }

  #keep(delta: Buffer): void {
    this.#ring.push(delta);
    this.#ringBytes += delta.length;
    while (
      this.#ring.length > this.#limits.ringDeltas ||
      this.#ringBytes > this.#limits.ringBytes
    ) {
      this.#ringBytes -= this.#ring.shift()?.length ?? 0;
    }
  }
}
