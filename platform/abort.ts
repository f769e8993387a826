/** Waiting that a signal ends, for work that cannot be called off itself: it is left alone. */

/** Settles as `work` does; when the signal aborts before, rejects with the signal's reason at once. */
export function unlessAborted<R>(work: Promise<R>, signal: AbortSignal): Promise<R> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason as Error);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
