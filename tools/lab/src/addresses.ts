import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '@metal3/stack';
import { parse, stringify } from 'yaml';
import { startNeighbour, type Neighbour } from './neighbour.ts';
import type { LabNetwork } from './network.ts';

/**
 * Who gives machines their addresses: pxe-server; another DHCP server, which knows nothing of booting, while pxe-server says what to boot
 * (proxyDHCP); or nobody, and nobody boots from the network.
 */
export type AddressGiver = 'pxe-server' | 'another' | 'nobody';

export interface Addresses {
  /** Resolves once they are given by whom they are to be. */
  by(giver: AddressGiver): Promise<void>;
  close(): Promise<void>;
}

const first = 'pxe-server';

/** Settings of pxe-server for machines that boot from the lab's network. */
function networkBoot(giver: AddressGiver, { address }: LabNetwork, dir: string): object {
  const net = address.replace(/\.\d+$/, '');
  const tftp = { listen: `${address}:69` };
  switch (giver) {
    case 'nobody':
      return {};
    case 'another':
      return { dhcp: { mode: 'proxy', listen: address }, tftp };
    case 'pxe-server': {
      const subnet = { network: `${net}.0/24`, ranges: [`${net}.100-${net}.200`] };
      return {
        dhcp: { mode: 'server', listen: address, subnets: [subnet], leaseFile: `${dir}/dhcp-leases.jsonl` },
        tftp,
      };
    }
  }
}

/** What pxe-server is started with. */
export const firstNetworkBoot = (network: LabNetwork, dir: string): object => networkBoot(first, network, dir);

export function addressesOf(stack: Stack, network: LabNetwork, dir: string): Addresses {
  const config = join(dir, 'pxe-server', 'config.yaml');
  let now: AddressGiver = first;
  let other: Neighbour | undefined;

  async function stopOther(): Promise<void> {
    await other?.stop();
    other = undefined;
  }

  return {
    async by(giver) {
      if (giver === now) return;
      await stopOther();
      const { dhcp: _dhcp, tftp: _tftp, ...others } = parse(readFileSync(config, 'utf8')) as Record<string, object>;
      writeFileSync(config, stringify({ ...others, ...networkBoot(giver, network, dir) }));
      // The supervisor starts it again.
      await stack.process('pxe-server')?.stop();
      await ready(stack);
      if (giver === 'another') other = await startDnsmasq(network, dir);
      now = giver;
    },
    close: stopOther,
  };
}

async function ready(stack: Stack): Promise<void> {
  const health = `http://127.0.0.1:${stack.ports.health['pxe-server']}/readyz`;
  const end = Date.now() + 60_000;
  for (;;) {
    const answer = await fetch(health).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answer) return;
    if (Date.now() > end)
      throw new Error(`pxe-server is not ready a minute after it was started again: ${stack.logDir}`);
    await delay(200);
  }
}

/** Whether the other server has given this address. */
export const ofAnother = (address: string): boolean => /\.21\d$/.test(address);

/** Addresses and nothing else: no router, no boot file. */
function startDnsmasq(network: LabNetwork, dir: string): Promise<Neighbour> {
  const net = network.address.replace(/\.\d+$/, '');
  const log = join(dir, 'logs', 'dnsmasq.log');
  const own = ['--keep-in-foreground', '--conf-file=/dev/null', '--user=root', '--port=0', `--log-facility=${log}`];
  const leases = [
    `--dhcp-range=${net}.210,${net}.219,1h`,
    '--dhcp-option=3',
    '--leasefile-ro',
    '--no-ping',
    '--log-dhcp',
  ];
  return startNeighbour(network, 'dnsmasq', `${net}.2/${network.prefix}`, ['dnsmasq', ...own, ...leases]);
}
