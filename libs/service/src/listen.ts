import { generalErrors } from './errors.ts';

/**
 * Splits `host:port`, `[v6]:port` or `:port` (all addresses).
 * @throws CodedError INVALID-ARGUMENT
 */
export function parseListen(listen: string): { readonly host: string; readonly port: number } {
  const found = readListen(listen);
  if (found === undefined) {
    throw generalErrors.invalid(
      `"${listen}" is not an address to listen on; write host:port, for example 127.0.0.1:8080`,
    );
  }
  return found;
}

/** True for what `parseListen` takes. */
export const isListenAddress = (text: string): boolean => readListen(text) !== undefined;

function readListen(listen: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:]*)):(\d{1,5})$/.exec(listen);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) return undefined;
  return { host: match[1] ?? (match[2] === '' ? '::' : (match[2] ?? '::')), port };
}

/** True when only processes of this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host) || host.startsWith('unix:');
}
