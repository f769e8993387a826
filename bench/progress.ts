/** Progress of a bench, for the person who waits: lines on stderr, so that stdout is the result alone. */
const startedMs = performance.now();

export function say(text: string): void {
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1).padStart(6);
  process.stderr.write(`${seconds} s  ${text}\n`);
}
