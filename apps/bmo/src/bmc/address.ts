import { isIP } from 'node:net';

/** A BMC address taken apart. The scheme names the driver; nothing is looked up. */
export interface BmcAddress {
  readonly scheme: string;
  /** Without brackets; may be empty. */
  readonly hostname: string;
  /** Digits, or empty when the address names none. */
  readonly port: string;
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
}

/** The address cannot be understood; `message` says why. */
export class BmcAddressError extends Error {
  override readonly name = 'BmcAddressError';
}

const dnsName = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/**
 * Reads `spec.bmc.address`: `scheme://host[:port]/path?query`, `scheme:host…`, `host`, or `host:port` (the last two are IPMI).
 *
 * The platform's URL class is not used: it rewrites hosts of the schemes it knows and refuses forms that are in the field.
 *
 * @throws BmcAddressError
 */
export function parseBmcAddress(text: string): BmcAddress {
  if (text === '') throw new BmcAddressError('missing BMC address');
  const address = split(text);
  if (address.hostname !== '' && isIP(address.hostname) === 0 && !dnsName.test(address.hostname)) {
    throw new BmcAddressError(
      `failed to parse BMC address ${JSON.stringify(text)}: "${address.hostname}" is not a valid host name`,
    );
  }
  return address;
}

function split(text: string): BmcAddress {
  if (/[\s\p{Cc}]/u.test(text)) throw broken(text, 'it contains white space or control characters');
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1];
  if (scheme !== undefined) {
    const rest = text.slice(scheme.length + 1);
    return hierarchical(scheme.toLowerCase(), rest.startsWith('/') ? rest : `//${rest}`, text);
  }
  if (text.startsWith('//')) return hierarchical('', text, text);

  const firstSegment = text.split('/', 1)[0] ?? '';
  if (firstSegment.includes(':') && !/^(\[[^[\]]*\]|[^:[\]]*):[^:[\]/]*$/.test(text)) {
    throw broken(text, 'it is neither a URL nor host:port');
  }
  return hierarchical('ipmi', `//${text}`, text);
}

function hierarchical(scheme: string, rest: string, text: string): BmcAddress {
  const [beforeFragment = ''] = rest.split('#', 1);
  const [location = '', ...queryParts] = beforeFragment.split('?');
  const query = new Map(new URLSearchParams(queryParts.join('?')));
  if (!location.startsWith('//')) return { scheme, hostname: '', port: '', path: location, query };

  const slash = location.indexOf('/', 2);
  const authority = slash < 0 ? location.slice(2) : location.slice(2, slash);
  const path = slash < 0 ? '' : location.slice(slash);
  const hostPort = authority.slice(authority.lastIndexOf('@') + 1);
  const parts = /^(?:\[([^[\]]*)\]|([^:[\]]*))(?::(\d*))?$/.exec(hostPort);
  if (parts === null) throw broken(text, `"${hostPort}" is not host or host:port (IPv6 addresses need brackets)`);
  return { scheme, hostname: parts[1] ?? parts[2] ?? '', port: parts[3] ?? '', path, query };
}

/** `host[:port]` as it stands in a URL. */
export function hostAndPort({ hostname, port }: BmcAddress): string {
  const host = hostname.includes(':') ? `[${hostname}]` : hostname;
  return port === '' ? host : `${host}:${port}`;
}

function broken(text: string, why: string): BmcAddressError {
  return new BmcAddressError(`failed to parse BMC address ${JSON.stringify(text)}: ${why}`);
}
