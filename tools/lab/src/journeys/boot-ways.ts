import type { NetworkBoot } from '@metal3/fleet';
import type { HardwareData } from '@metal3/metal3-api';
import { ofAnother, type AddressGiver } from '../addresses.ts';
import { bytesAt, partitions } from '../disk.ts';
import type { BmcDriver } from '../host.ts';
import { ironic } from '../ironic.ts';
import { expect, type Journey, type Traveller } from '../journey.ts';
import type { Lab } from '../lab.ts';
import { recordedInventory, shapeDifference } from '../recordings.ts';
import { heartbeat, lastPowerOn } from './agent-and-system.ts';
import { prepareDeployment, systemSpeaks } from './deploy.ts';

/** A way to boot: how the conductor is told to boot the machine, and what its firmware does. */
interface BootWay {
  readonly name: string;
  readonly quick?: boolean;
  readonly driver: BmcDriver;
  readonly bootMode: 'UEFI' | 'legacy';
  readonly networkBoot?: NetworkBoot;
  /** Default: pxe-server. Where nobody does, the medium carries the network configuration. */
  readonly addresses?: AddressGiver;
}

const ways: readonly BootWay[] = [
  { name: 'virtual media, UEFI', quick: true, driver: 'redfish-virtualmedia', bootMode: 'UEFI' },
  {
    name: 'virtual media, UEFI, static network, no DHCP',
    driver: 'redfish-virtualmedia',
    bootMode: 'UEFI',
    addresses: 'nobody',
  },
  { name: 'PXE, UEFI', driver: 'redfish', bootMode: 'UEFI', networkBoot: 'PXE' },
  {
    name: 'PXE, UEFI, beside another DHCP server',
    driver: 'redfish',
    bootMode: 'UEFI',
    networkBoot: 'PXE',
    addresses: 'another',
  },
  { name: 'PXE, BIOS', driver: 'redfish', bootMode: 'legacy', networkBoot: 'PXE' },
  { name: 'HTTP boot, UEFI', driver: 'redfish', bootMode: 'UEFI', networkBoot: 'HTTP' },
];

/** The whole life of a machine, from registration to deletion, by every way to boot it. */
export const bootWays: readonly Journey[] = ways.map((way) => ({
  name: `${way.name}: registered, inspected, cleaned, provisioned, deprovisioned, deleted`,
  quick: way.quick ?? false,
  addresses: way.addresses ?? 'pxe-server',
  run: (traveller) => wholeLife(way, traveller),
}));

async function wholeLife(way: BootWay, traveller: Traveller): Promise<void> {
  const { lab, host, signal, figure } = traveller;
  const { console, machine, artefacts } = lab;
  const power = (): string => machine.power;
  const begin = await console.mark();
  const beganAt = Date.now();
  machine.networkBoot = way.networkBoot ?? 'PXE';
  const byHand = way.addresses === 'nobody';
  if (byHand) {
    await host.secret(`${machine.name}-network`, { networkData: JSON.stringify(staticNetwork(lab)) });
  }
  await host.register(
    {
      bootMode: way.bootMode,
      ...(byHand ? { preprovisioningNetworkDataName: `${machine.name}-network` } : {}),
    },
    way.driver,
  );
  await host.reaches('inspecting');
  const first = await console.says(heartbeat, begin, { timeoutMs: 300_000, signal });
  figure(`${way.name}: power on to the first heartbeat of the agent`, first.at - lastPowerOn(lab));
  await host.reaches('available');
  figure('registered, inspected and cleaned', Date.now() - beganAt);
  checkInventory(await host.hardware(), lab);
  const { inventory } = await ironic<{ inventory: unknown }>(lab, `nodes/metal3~${machine.name}/inventory`);
  const difference = shapeDifference(recordedInventory(), inventory);
  expect(difference.length === 0, `the agent's inventory has the fields of the recording: ${difference.join(', ')}`);
  const ips = (await host.hardware()).spec?.hardware?.nics?.map(({ ip }) => ip ?? '') ?? [];
  if (byHand) expect(ips.includes(staticAddress(lab)), `the address is the one of the network data: ${ips.join(', ')}`);
  if (way.addresses === 'another') expect(ips.some(ofAnother), `the address is of the other server: ${ips.join(', ')}`);

  const { image, userData, words } = await prepareDeployment(traveller, artefacts.osRaw, 'raw');
  const beforeProvisioning = await console.mark();
  const provisioningAt = Date.now();
  await host.patch({ image, userData });
  await host.reaches('provisioned');
  figure('provisioned', Date.now() - provisioningAt);
  const running = await console.says(/lab-os: running/, beforeProvisioning, { timeoutMs: 180_000, signal });
  figure(`disk, ${way.bootMode}: power on to the running operating system`, running.at - lastPowerOn(lab));
  await systemSpeaks(traveller, words, beforeProvisioning);
  const said = await console.text(beforeProvisioning);
  expect(/lab-os: meta data .*"name": ?"vm-0"/.test(said), 'the config drive names the host');
  expect(machine.media.Cd === undefined, 'no medium is left in the drive of a provisioned machine');
  expect(power() === 'On', 'a provisioned machine is on');

  // Which of two like disks is /dev/sda is the kernel's choice.
  const tables = () => Promise.all(machine.virtual.disks.map(({ file }) => partitions(file)));
  const written = (await tables()).findIndex((table) => table.length > 0);
  const disk = machine.virtual.disks[written]?.file ?? '';
  expect(
    (await partitions(disk)).length === 4 && (await tables()).flat().length === 4,
    `one disk holds the three partitions of the image and the config drive, the other nothing: ${JSON.stringify(await tables())}`,
  );

  await host.patch({ image: null, userData: null });
  await host.becomes('deprovisioning', ({ status }) => status?.provisioning.state === 'deprovisioning');
  await host.reaches('available');
  expect((await tables()).flat().length === 0, 'cleaning has removed the partition table');
  expect(!(await bytesAt(disk, 512, 8)).equals(Buffer.from('EFI PART')), 'cleaning has removed the header of the GPT');

  await host.delete();
  const nodes = await ironic<{ nodes: unknown[] }>(lab, 'nodes');
  expect(nodes.nodes.length === 0, 'Ironic has forgotten the machine');
  expect(power() === 'Off', 'a deleted host is off');
  figure('the whole journey', Date.now() - beganAt);
}

const staticAddress = ({ network }: Pick<Lab, 'network'>) => network.address.replace(/\d+$/, '50');

/** 24 -> 255.255.255.0 */
const netmaskOf = (prefix: number): string =>
  [0, 8, 16, 24].map((before) => 256 - 2 ** (8 - Math.min(8, Math.max(0, prefix - before)))).join('.');

/** One card with a fixed address, as OpenStack writes it. */
function staticNetwork({ machine, network }: Lab): object {
  return {
    links: [{ id: 'card', type: 'phy', ethernet_mac_address: machine.identity.macs[0] }],
    networks: [
      {
        id: 'net',
        network_id: 'lab',
        link: 'card',
        type: 'ipv4',
        ip_address: staticAddress({ network }),
        netmask: netmaskOf(network.prefix),
      },
    ],
    services: [],
  };
}

/** What HardwareData says must be what the virtual machine is made of. */
function checkInventory({ spec }: HardwareData, { machine, network }: Lab): void {
  const found = spec?.hardware;
  const seen = JSON.stringify(found);
  const { cpu, nics = [], storage = [], systemVendor, ramMebibytes = 0, firmware } = found ?? {};
  const { memoryMiB, disks } = machine.virtual;
  expect(cpu?.arch === 'x86_64' && cpu.count === 1, `one x86_64 processor: ${seen}`);
  expect((cpu.flags ?? []).includes('sse2'), `the processor's flags: ${seen}`);
  expect(ramMebibytes === memoryMiB, `${memoryMiB} MiB of memory: ${seen}`);
  expect(systemVendor?.serialNumber === machine.identity.serial, `serial number ${machine.identity.serial}: ${seen}`);
  expect(systemVendor.manufacturer === 'QEMU', `manufacturer QEMU: ${seen}`);
  expect((firmware?.bios?.vendor ?? '') !== '', `vendor of the firmware: ${seen}`);
  const nic = nics.find(({ mac }) => mac === machine.identity.macs[0]);
  expect(nic !== undefined, `a card with the address ${machine.identity.macs[0]}: ${seen}`);
  expect(nic.ip?.startsWith(network.address.replace(/\d+$/, '')) === true, `an address on the lab's network: ${seen}`);
  for (const { bytes, serial } of disks) {
    expect(
      storage.some(({ sizeBytes, serialNumber }) => sizeBytes === bytes && serialNumber === serial),
      `a disk of ${bytes} bytes with serial number ${serial}: ${seen}`,
    );
  }
}
