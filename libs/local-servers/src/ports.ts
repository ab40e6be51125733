import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the range from which the kernel takes the source ports of outgoing connections (32768 and up on Linux): a port of that
 * range that is free now may belong to somebody's connection by the time a server wants to listen on it.
 */
const first = 20_000;
const end = 32_000;
const attempts = 200;
/** Processes that look at the same time, such as workers of a test run, mostly look in different parts of it. */
const slice = 1_000;
const ownFirst = first + (process.pid % ((end - first) / slice)) * slice;

/** Given out by this process already; their servers may not listen yet. */
const given = new Set<number>();

/** A TCP port of 127.0.0.1 that nobody listens on, and that this process has not been given before. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = attempt < attempts / 2 ? randomInt(ownFirst, ownFirst + slice) : randomInt(first, end);
    if (given.has(port)) continue;
    given.add(port);
    if (await canListen(port)) return port;
  }
  throw new Error(`no free port between ${first} and ${end} on 127.0.0.1 after ${attempts} attempts`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
