/**
 * An answer given before the whole body was read (413, 415, 401, 503) must still reach the sender: a
 * socket closed while bytes are coming in is reset, and the reset may overtake the answer. So what still
 * comes is thrown away for a moment, within bounds, and only then is the connection closed. A body that
 * ends within them leaves the connection good for the next request.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

const LINGER_BYTES = 4 * 1024 * 1024;
const LINGER_MS = 2000;

/** To be called before the answer is sent. */
export function lingerAfter(request: IncomingMessage, response: ServerResponse): void {
  response.once('finish', () => {
    if (request.complete) return;
    const close = () => request.socket.destroy();
    const timer = setTimeout(close, LINGER_MS);
    let left = LINGER_BYTES;
    request.once('close', () => clearTimeout(timer));
    request.on('error', () => {});
    // A reader that stopped in the middle may have left its listener, which would keep it paused.
    request.removeAllListeners('readable');
    request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) close();
    });
    request.resume();
  });
}
