/**
 * Shows how far a replay is, on stderr: a bar on a terminal, a line every few seconds elsewhere, so
 * that stdout holds nothing but the summary.
 */
import cliProgress from 'cli-progress';
import type { Progress } from './replay.ts';

const LINE_EVERY_MS = 5_000;
const BAR_FORMAT =
  '{bar} {percentage}% | {value}/{total} rows | {events} events | {rate} events/s | feed {feed} | ETA {left}';

export interface ProgressView {
  update(progress: Progress): void;
  /** Prints a remark without breaking the bar. */
  say(line: string): void;
  stop(): void;
}

export function showProgress(totalRows: number, stderr: NodeJS.WriteStream): ProgressView {
  const startedAt = performance.now();
  let firstRows: number | null = null;
  const figures = ({ rows, events, feedTimeMs }: Progress) => {
    firstRows ??= rows;
    const seconds = Math.max((performance.now() - startedAt) / 1000, 0.001);
    const rowsPerSec = (rows - firstRows) / seconds;
    return {
      events: events.toLocaleString('en-GB'),
      rate: Math.round(events / seconds).toLocaleString('en-GB'),
      feed: feedTimeMs === null ? '-' : new Date(feedTimeMs).toISOString().slice(0, 16),
      left: rowsPerSec > 0 ? clock((totalRows - rows) / rowsPerSec) : '-',
    };
  };
  return stderr.isTTY ? bar(totalRows, stderr, figures) : lines(totalRows, stderr, figures);
}

type Figures = (progress: Progress) => Record<'events' | 'rate' | 'feed' | 'left', string>;

function bar(totalRows: number, stderr: NodeJS.WriteStream, figures: Figures): ProgressView {
  const view = new cliProgress.SingleBar(
    { format: BAR_FORMAT, stream: stderr, hideCursor: true, gracefulExit: false, fps: 5 },
    cliProgress.Presets.shades_classic,
  );
  view.start(totalRows, 0, { events: '0', rate: '0', feed: '-', left: '-' });
  return {
    update: (progress) => view.update(Math.min(progress.rows, totalRows), figures(progress)),
    say: (line) => stderr.write(`\r\u001b[K${line}\n`),
    stop: () => view.stop(),
  };
}

function lines(totalRows: number, stderr: NodeJS.WriteStream, figures: Figures): ProgressView {
  let shownAt = -Infinity;
  return {
    update(progress) {
      if (performance.now() - shownAt < LINE_EVERY_MS) return;
      shownAt = performance.now();
      const { events, rate, feed, left } = figures(progress);
      stderr.write(
        `${progress.rows}/${totalRows} rows, ${events} events, ${rate} events/s, feed ${feed}, ETA ${left}\n`,
      );
    },
    say: (line) => stderr.write(`${line}\n`),
    stop: () => {},
  };
}

/** Seconds as 1:02:03 or 2:03. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
