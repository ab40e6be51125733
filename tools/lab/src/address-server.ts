import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild } from '@metal3/local-servers';
import type { LabNetwork } from './network.ts';

/** Hands out addresses on the lab's network: nothing of booting, so that virtual media are on their own. */
export function startAddressServer(
  busybox: string,
  dir: string,
  { bridge, address }: LabNetwork,
): { readonly stop: () => Promise<void> } {
  const net = address.replace(/\.\d+$/, '');
  const config = join(dir, 'udhcpd.conf');
  const leases = join(dir, 'udhcpd.leases');
  writeFileSync(leases, '');
  writeFileSync(
    config,
    [
      `interface ${bridge}`,
      `start ${net}.100`,
      `end ${net}.200`,
      `lease_file ${leases}`,
      `pidfile ${join(dir, 'udhcpd.pid')}`,
      'option subnet 255.255.255.0',
      'option lease 7200',
      '',
    ].join('\n'),
  );
  return startChild({
    name: 'udhcpd',
    command: busybox,
    args: ['udhcpd', '-f', config],
    logFile: join(dir, 'logs', 'udhcpd.log'),
  });
}
