/**
 * A clock for ages on the page: ticks once a second, and runs on the server's time as far as it is
 * known, so that a wrong clock of the viewer's machine makes nothing look stale.
 */
const TICK_MS = 1000;

export class Clock {
  #tickMs = $state(Date.now());
  #offsetMs = $state(0);

  /** Server time now (ms since 1970), as of the last tick. */
  get nowMs(): number {
    return this.#tickMs + this.#offsetMs;
  }

  /** The viewer's own clock, for waits that run here. */
  get localMs(): number {
    return this.#tickMs;
  }

  /** Takes the server's time from a message that has just arrived. */
  setServerTime(at: string): void {
    const offsetMs = Date.parse(at) - Date.now();
    // What the way takes is no difference of clocks.
    this.#offsetMs = Math.abs(offsetMs) < TICK_MS ? 0 : offsetMs;
  }

  run(): () => void {
    const timer = setInterval(() => (this.#tickMs = Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }
}
