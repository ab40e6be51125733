import type { BootEntry } from '@metal3/boot-client';
import { formatIpv6, type BootClientFacts } from '@metal3/dhcp';
import type { Part, Service } from '@metal3/service';
import { macInUrl, readMac, servesNetworkBoot, type BootEntries } from './boot/entries.ts';
import type { PxeServerConfig } from './config.ts';
import { dhcpPart } from './dhcp/part.ts';
import type { Duty } from './dhcp/ports.ts';
import { dhcp6Part } from './dhcp6/part.ts';
import type { BootEvents } from './events/boot-events.ts';
import type { NetworkBootRoutes } from './http/network-boot-routes.ts';
import { discoveryEntry } from './ipxe/discovery.ts';
import { readLoaders } from './ipxe/loaders.ts';
import { machineScript } from './ipxe/machine-script.ts';
import { folderFiles } from './tftp/adapters/folder-files.ts';
import { tftpFiles } from './tftp/files.ts';
import { tftpPart } from './tftp/part.ts';

export interface NetworkBoot {
  readonly dhcp: Part;
  readonly dhcp6: Part;
  readonly tftp: Part;
  readonly routes: Pick<NetworkBootRoutes, 'loaders'>;
  /** What machines boot from the network that have no entry; undefined: their disk. */
  readonly discovery: BootEntry | undefined;
}

export interface NetworkBootOptions {
  readonly entries: BootEntries;
  readonly events: BootEvents;
  readonly baseUrl: () => string;
  readonly synced: () => boolean;
  readonly duty: Duty;
}

/** DHCP, TFTP and what firmware fetches before it knows what to boot. */
export function assembleNetworkBoot(
  config: Pick<PxeServerConfig, 'dhcp' | 'dhcp6' | 'ipxe' | 'tftp'>,
  service: Service,
  { entries, events, baseUrl, synced, duty }: NetworkBootOptions,
): NetworkBoot {
  const loaders = folderFiles([config.ipxe.loaderFolder, config.tftp.root].filter((folder) => folder !== ''));
  const scripts = tftpFiles({
    files: loaders,
    httpUrl: baseUrl,
    machineScript(text) {
      const mac = readMac(text);
      if (mac === undefined || !synced()) return undefined;
      const entry = entries.byMac(mac);
      const base = `${baseUrl()}/ipxe/${macInUrl(mac)}`;
      return machineScript(entry !== undefined && servesNetworkBoot(entry) ? entry : undefined, base);
    },
  });
  const parts = {
    loaders: readLoaders(config.ipxe.loaders),
    isKnown: (mac: string) => entries.byMac(mac) !== undefined,
    httpUrl: baseUrl,
    duty,
  };

  /** Tells who asked for what: machines that have an entry once for each preparation, strangers once in a while. */
  function tell(
    mac: string,
    boot: BootClientFacts | undefined,
    way: string,
    { got = '', bootFile = '', stranger = false },
  ): void {
    const what = boot === undefined ? way : `${way}-${boot.program}`;
    const entry = entries.byMac(mac);
    if (entry !== undefined && got !== '') {
      const { nodeUuid, capability } = entry;
      events.asked(capability, { nodeUuid, macAddress: mac, client: got, what, detail: bootFile });
    }
    if (entry === undefined && stranger && synced()) {
      const detail = boot?.machineId === undefined ? '' : `SMBIOS UUID ${boot.machineId}`;
      events.record({ kind: 'unknown-machine', macAddress: mac, client: got, what, detail });
    }
  }

  const dhcp = dhcpPart(
    {
      ...parts,
      settings: config.dhcp,
      onExchange({ client: { mac, boot }, known, outcome, address, bootFile }) {
        const stranger = known !== true && ['unknown-machine', 'unknown-limit', 'offer'].includes(outcome);
        const got = outcome === 'ack' ? address : undefined;
        tell(mac, boot, 'dhcp', {
          stranger,
          ...(got === undefined ? {} : { got }),
          ...(bootFile === undefined ? {} : { bootFile }),
        });
      },
    },
    service,
  );
  const dhcp6 = dhcp6Part(
    {
      ...parts,
      settings: config.dhcp6,
      onExchange({ client: { mac, boot } }, decision) {
        if (decision.kind === 'silent')
          return tell(mac, boot, 'dhcp6', { stranger: decision.why === 'unknown-machine' });
        const { type, address, bootFile = '', known } = decision;
        const got = type === 'reply' && address !== undefined ? formatIpv6(address) : '';
        tell(mac, boot, 'dhcp6', { got, bootFile, stranger: !known });
      },
    },
    service,
  );
  return {
    dhcp,
    dhcp6,
    tftp: tftpPart(config.tftp, scripts, service),
    routes: { loaders },
    discovery: discoveryEntry(config.ipxe.discoveryKernelParameters),
  };
}
