/**
 * An answer given before the whole body was read (413, 415, 401, 503) must still reach the sender: a
 * socket closed while bytes are coming in is reset, and the reset may overtake the answer. So some of
 * what still comes is thrown away, then no more is read, and the connection is closed a moment later. A
 * body that ends within these bounds leaves the connection good for the next request.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

const LINGER_BYTES = 4 * 1024 * 1024;
const LINGER_MS = 1000;

/**
 * To be called when the answer is about to be sent: left alone, Node would read the body to its end. A
 * process that stops (`signal`) keeps no connection for a next request.
 */
export function linger(
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): void {
  const close = () => {
    if (response.writableFinished) request.socket.destroy();
    else response.once('finish', () => request.socket.destroy());
  };
  const timer = setTimeout(close, LINGER_MS);
  request.once('close', () => {
    clearTimeout(timer);
    if (signal.aborted) close();
  });
  request.on('error', () => {});
  let left = LINGER_BYTES;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.pause();
  });
  // A reader that stopped in the middle may have left its listener, which would keep it paused.
  request.removeAllListeners('readable');
  request.resume();
}
