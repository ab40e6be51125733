import { formatIp, type Ip, parseIp } from './ip.ts';

/** The name of the IPAddress object of an address: one name for one address of a pool makes its creation the claim on it. */
export function addressName(namePrefix: string, ip: Ip): string {
  return `${namePrefix}-${formatIp(ip).replaceAll(/[.:]/g, '-')}`.replace(/-+$/, '');
}

/** Whether Kubernetes takes this for the name of an object (RFC 1123 subdomain). */
export function isObjectName(name: string): boolean {
  return name.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name);
}

/** The address that an object of this name stands for; undefined if no address of a pool with this prefix has it. */
export function ipOfName(namePrefix: string, name: string): Ip | undefined {
  if (!name.startsWith(`${namePrefix}-`)) return undefined;
  const dashed = name.slice(namePrefix.length + 1);
  const dotted = parseIp(dashed.replaceAll('-', '.'));
  if (dotted !== undefined) return dotted;
  const colons = dashed.replaceAll('-', ':');
  // Dashes at the end are not kept: 2001:db8:: is named 2001-db8.
  return parseIp(colons) ?? parseIp(`${colons}::`);
}
