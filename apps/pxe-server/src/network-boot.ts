import type { BootEntry } from '@metal3/boot-client';
import type { Part, Service } from '@metal3/service';
import { macInUrl, readMac, servesNetworkBoot, type BootEntries } from './boot/entries.ts';
import type { PxeServerConfig } from './config.ts';
import { alwaysOnDuty } from './dhcp/duty.ts';
import { dhcpPart } from './dhcp/part.ts';
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
}

/** DHCP, TFTP and what firmware fetches before it knows what to boot. */
export function assembleNetworkBoot(
  config: Pick<PxeServerConfig, 'dhcp' | 'ipxe' | 'tftp'>,
  service: Service,
  { entries, events, baseUrl, synced }: NetworkBootOptions,
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
  const dhcp = dhcpPart(
    {
      settings: config.dhcp,
      loaders: readLoaders(config.ipxe.loaders),
      isKnown: (mac) => entries.byMac(mac) !== undefined,
      httpUrl: baseUrl,
      duty: alwaysOnDuty,
      onExchange({ client: { mac, boot }, known, outcome, address = '', bootFile }) {
        const entry = entries.byMac(mac);
        const what = boot === undefined ? 'dhcp' : `dhcp-${boot.program}`;
        if (entry !== undefined && outcome === 'ack') {
          const { nodeUuid, capability } = entry;
          events.asked(capability, { nodeUuid, macAddress: mac, client: address, what, detail: bootFile ?? '' });
        }
        const stranger = entry === undefined && known !== true && synced();
        if (stranger && (outcome === 'unknown-machine' || outcome === 'offer' || outcome === 'unknown-limit')) {
          const detail = boot?.machineId === undefined ? '' : `SMBIOS UUID ${boot.machineId}`;
          events.record({ kind: 'unknown-machine', macAddress: mac, client: address, what, detail });
        }
      },
    },
    service,
  );
  return {
    dhcp,
    tftp: tftpPart(config.tftp, scripts, service),
    routes: { loaders },
    discovery: discoveryEntry(config.ipxe.discoveryKernelParameters),
  };
}
