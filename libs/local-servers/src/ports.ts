import { createServer } from 'node:net';

// The kernel may hand the same free port out twice before anyone listens on it; remember what this process has given away.
const given = new Set<number>();

/** A TCP port of 127.0.0.1 that nobody listens on at the moment. No two calls in one process return the same. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await unusedPort();
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}

function unusedPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object'
          ? resolve(address.port)
          : reject(new Error('the kernel gave no port for 127.0.0.1')),
      );
    });
  });
}
