import { parseListen } from '@metal3/service';

/**
 * The address that others call a server by: where it listens, or, when it listens on every address of its machine, the one that was named.
 *
 * @param listening host:port of the server, with brackets around IPv6
 * @param host name or address of this machine; empty where none is known
 */
export function reachableAddress(listening: string, host: string): string {
  const bound = parseListen(listening);
  const everywhere = bound.host === '0.0.0.0' || bound.host === '::';
  if (!everywhere || host === '') return listening;
  return host.includes(':') ? `[${host}]:${bound.port}` : `${host}:${bound.port}`;
}
