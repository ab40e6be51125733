import { formatIp, type Ip } from './ip.ts';

/** The name of the IPAddress object of an address: one name for one address of a pool makes its creation the claim on it. */
export function addressName(namePrefix: string, ip: Ip): string {
  return `${namePrefix}-${formatIp(ip).replaceAll(/[.:]/g, '-')}`.replace(/-+$/, '');
}
