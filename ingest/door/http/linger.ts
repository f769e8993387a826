/**
 * An answer given before the whole body was read (413, 415, 401, 503) must still reach the sender: a
 * socket closed while bytes are coming in is reset, and the reset may overtake the answer. So what still
 * comes is thrown away for a moment, within bounds, and only then is the connection closed. A body that
 * ends within them leaves the connection good for the next request.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

const LINGER_BYTES = 4 * 1024 * 1024;
const LINGER_MS = 2000;

/** To be called when the answer is about to be sent: left alone, Node would read the body to its end. */
export function linger(request: IncomingMessage, response: ServerResponse): void {
  const close = () => {
    if (response.writableFinished) request.socket.destroy();
    else response.once('finish', () => request.socket.destroy());
  };
  const timer = setTimeout(close, LINGER_MS);
  request.once('close', () => clearTimeout(timer));
  request.on('error', () => {});
  let left = LINGER_BYTES;
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left >= 0) return;
    request.pause();
    close();
  });
  // A reader that stopped in the middle may have left its listener, which would keep it paused.
  request.removeAllListeners('readable');
  request.resume();
}
