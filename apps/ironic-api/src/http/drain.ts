import type { IncomingMessage } from 'node:http';

/** Up to this much of a refused body is read and thrown away. Who sends more is cut off. */
const mostBytes = 256 * 1024 * 1024;

/**
 * Reads the rest of a body that is not wanted. Most clients send a whole body before they look for an answer; closing the connection
 * meanwhile would show them a broken pipe in place of the answer. The server's own time limit for a request bounds how long this takes.
 */
export function drained(body: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    if (body.complete || body.destroyed) return resolve();
    let bytes = 0;
    const over = () => {
      body.off('data', count);
      for (const event of ends) body.off(event, over);
      resolve();
    };
    const count = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > mostBytes) over();
    };
    const ends = ['end', 'close', 'error'] as const;
    for (const event of ends) body.on(event, over);
    body.on('data', count);
    body.resume();
  });
}
