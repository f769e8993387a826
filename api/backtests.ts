/**
 * Backtests that the API has started: each a child process of its own, since replaying an archive would hold
 * up everything else here.
 *
 *   start ─▶ running ─┬▶ done        with its result
 *                     ├▶ failed      with the reason; also when it takes longer than allowed
 *                     └▶ cancelled   by its signal
 *
 * One at a time; the newest few are remembered, their results with them. A child ends with this process.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type {
  BacktestProgress,
  BacktestRequest,
  BacktestResult,
  BacktestView,
} from '../contracts/backtest.ts';
import type { Config } from '../platform/config.ts';
import type { BacktestLimits } from './limits.ts';

const ROOT = join(import.meta.dirname, '..');
const PROGRAM = join(ROOT, 'processors', 'runtime', 'backtest-main.ts');
const TETHER = join(ROOT, 'platform', 'launcher', 'tether.ts');
const LOADER = import.meta.resolve('tsx');

/** Another backtest runs. */
export class BacktestBusy extends Error {
  override readonly name = 'BacktestBusy';
  readonly running: string;

  constructor(running: string) {
    super(`backtest ${running} is running; wait for it or cancel it`);
    this.running = running;
  }
}

export interface BacktestsOptions {
  /** Where the archive is. */
  readonly config: Pick<
    Config,
    | 'clickhouseDatabase'
    | 'clickhousePassword'
    | 'clickhouseUrl'
    | 'clickhouseUser'
    | 'natsUrl'
    | 'recentIds'
    | 'recentMovements'
  >;
  readonly limits: BacktestLimits;
  readonly newId: () => string;
  readonly nowMs: () => number;
}

export class Backtests {
  readonly #options: BacktestsOptions;
  /** The oldest first. */
  readonly #views = new Map<string, BacktestView>();
  #running: { readonly id: string; readonly child: ChildProcess } | null = null;

  constructor(options: BacktestsOptions) {
    this.#options = options;
  }

  /** The newest first, without their results. */
  list(): BacktestView[] {
    return [...this.#views.values()].reverse().map((view) => ({ ...view, result: null }));
  }

  get(id: string): BacktestView | undefined {
    return this.#views.get(id);
  }

  /** Starts one. The request has been checked. Throws a BacktestBusy while another one runs. */
  start({ from, policies, to }: BacktestRequest): BacktestView {
    if (this.#running !== null) throw new BacktestBusy(this.#running.id);
    const { config, limits, newId, nowMs } = this.#options;
    const id = newId();
    const view: BacktestView = {
      ...{ id, status: 'running', started_at: new Date(nowMs()).toISOString(), ended_at: null },
      ...{ from, to, progress: null, error: null, result: null },
    };
    const child = spawn(
      process.execPath,
      [
        `--max-old-space-size=${limits.heapMib}`,
        ...['--import', LOADER, '--import', TETHER, PROGRAM],
        ...['--from', from, '--to', to, '--policy', '-', '--json'],
      ],
      {
        stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
        env: { ...process.env, ...environmentOf(config) },
      },
    );
    this.#views.set(id, view);
    this.#forgetOldest();
    this.#running = { id, child };
    this.#follow(id, child);
    // It may end before it has read all: what it says then is the reason.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(JSON.stringify(policies));
    return view;
  }

  /** Ends a running one; one that has ended stays as it is. Undefined when there is none of this id. */
  cancel(id: string): BacktestView | undefined {
    const view = this.#views.get(id);
    if (view?.status !== 'running') return view;
    return this.#end(id, { status: 'cancelled' });
  }

  /** Ends what runs. */
  stop(): void {
    if (this.#running !== null) this.cancel(this.#running.id);
  }

  #follow(id: string, child: ChildProcess): void {
    const { limits } = this.#options;
    let output = '';
    let said = '';
    const timer = setTimeout(() => {
      const error = `it took longer than ${limits.timeoutMs / 60_000} minutes`;
      this.#end(id, { status: 'failed', error });
    }, limits.timeoutMs);
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (output.length <= limits.outputChars) return;
      this.#end(id, { status: 'failed', error: 'its result is too long' });
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      said = (said + chunk).slice(-limits.reasonChars);
    });
    child.on('message', (progress) => {
      const view = this.#views.get(id);
      if (view !== undefined) {
        this.#views.set(id, { ...view, progress: progress as BacktestProgress });
      }
    });
    child.on('error', (error) => this.#end(id, { status: 'failed', error: error.message }));
    // Not `exit`: the result may still be on its way.
    child.on('close', (code) => {
      clearTimeout(timer);
      if (code === 0) {
        this.#end(id, { status: 'done', result: JSON.parse(output) as BacktestResult });
      } else this.#end(id, { status: 'failed', error: reasonOf(said, code) });
    });
  }

  /** The first end counts. The child is gone after it, or told to go. */
  #end(
    id: string,
    end: Pick<BacktestView, 'status'> & Partial<Pick<BacktestView, 'error' | 'result'>>,
  ): BacktestView | undefined {
    const view = this.#views.get(id);
    if (view?.status !== 'running') return view;
    const ended_at = new Date(this.#options.nowMs()).toISOString();
    const ended: BacktestView = { ...view, ...end, ended_at };
    this.#views.set(id, ended);
    // It holds nothing that would have to be put in order: no reason to wait for it.
    this.#running?.child.kill('SIGKILL');
    this.#running = null;
    return ended;
  }

  #forgetOldest(): void {
    const [oldest] = this.#views.keys();
    if (oldest !== undefined && this.#views.size > this.#options.limits.kept) {
      this.#views.delete(oldest);
    }
  }
}

/** With NATS_URL set, the program takes its addresses from here (platform/running.ts). */
function environmentOf(config: BacktestsOptions['config']): NodeJS.ProcessEnv {
  return {
    NATS_URL: config.natsUrl,
    CLICKHOUSE_URL: config.clickhouseUrl,
    CLICKHOUSE_DATABASE: config.clickhouseDatabase,
    CLICKHOUSE_USER: config.clickhouseUser,
    CLICKHOUSE_PASSWORD: config.clickhousePassword,
    RECENT_IDS: String(config.recentIds),
    RECENT_MOVEMENTS: String(config.recentMovements),
  };
}

/** The last thing that it said. */
function reasonOf(said: string, code: number | null): string {
  const last = said.trim().split('\n').at(-1) ?? '';
  const reason = last.replace(/^backtest: /, '');
  return reason === '' ? `it ended with ${code ?? 'a signal'} and said nothing` : reason;
}
