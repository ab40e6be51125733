import { createServer, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Every address of the machine. */
const wildcard = '0.0.0.0';

/** What is wrong with an address to listen on; undefined when it is one of this machine. */
export function checkListenAddress(address: string): string | undefined {
  const own = ownAddresses();
  if (isIPv4(address) && (address === wildcard || isLoopback(address) || own.includes(address))) return undefined;
  return `It must be an IPv4 address of this machine: ${own.join(', ')}, or ${wildcard} for all.`;
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.');
}

/** The address to write into URLs for what listens on `listen`: nobody can call 0.0.0.0. */
export function reachableAt(listen: string): string {
  if (listen !== wildcard) return listen;
  return ownAddresses().find((address) => !isLoopback(address)) ?? '127.0.0.1';
}

/** @throws Error naming the flag to change when somebody listens on the port already, or may not listen on it */
export async function refuseTakenPort(listen: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const cause = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on (${error.message})`;
      reject(new Error(`port ${port} of ${listen} ${cause}: give another one with --port, or stop who has it`));
    });
    server.listen(port, listen, () => server.close(() => resolve()));
  });
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ family }) => family === 'IPv4')
    .map(({ address }) => address);
}
