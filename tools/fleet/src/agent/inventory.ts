import { hardware, logicalCpus, memoryMiB as mebibytes } from '../machine/hardware.ts';
import { blockDevices } from '../machine/block-devices.ts';
import type { Machine } from '../machine/machine.ts';
import { lldpFrame } from './lldp.ts';
import { systemLogs } from './logs.ts';

const memoryMiB = mebibytes(hardware);

const flags = [
  'fpu',
  'vme',
  'msr',
  'pae',
  'cx8',
  'apic',
  'aes',
  'sse4_2',
  'avx2',
  'vmx',
  'pdpe1gb',
  'hypervisor',
] as const;

/**
 * The inventory as the agent's hardware manager lists it. `bootMac` is the card it booted from, if it knows; `listens`: it was told to
 * listen to the switches, and hears those at the ends of cables.
 */
export function inventory(machine: Machine, bootMac: string | undefined, listens: boolean) {
  const { identity, biosVersion, platform } = machine;
  return {
    interfaces: hardware.nics.map(({ name, mbps, pci }, index) => ({
      name,
      mac_address: identity.macs[index] ?? identity.macs[0],
      ipv4_address: index === 0 ? identity.ip : null,
      ipv6_address: index === 0 ? `fe80::5054:ff:fe00:${(identity.index & 0xffff).toString(16)}%${name}` : null,
      has_carrier: index === 0,
      lldp: listens && index === 0 ? lldpFrame(identity.index, index) : null,
      vendor: '0x1af4',
      product: '0x1041',
      client_id: null,
      biosdevname: null,
      speed_mbps: mbps,
      pci_address: pci,
      driver: 'virtio_net',
    })),
    cpu: {
      model_name: hardware.cpu.model,
      frequency: `${hardware.cpu.mhz}.0000`,
      count: logicalCpus(hardware),
      architecture: hardware.cpu.architecture,
      flags,
      socket_count: hardware.cpu.sockets,
    },
    disks: disks(machine),
    memory: { total: memoryMiB * 1_048_576 - 500_000_000, physical_mb: memoryMiB },
    bmc_address: null,
    bmc_v6address: null,
    system_vendor: {
      product_name: hardware.model,
      serial_number: identity.serial,
      manufacturer: hardware.vendor,
      firmware: { vendor: hardware.vendor, version: biosVersion, build_date: '04/01/2026' },
    },
    boot: {
      current_boot_mode: platform,
      pxe_interface: bootMac === undefined ? null : `01-${bootMac.replaceAll(':', '-')}`,
    },
    hostname: 'ipa-ramdisk',
  };
}

function disks(machine: Machine) {
  return blockDevices(machine).map((disk) => ({
    name: disk.name,
    model: disk.model,
    size: disk.bytes,
    rotational: disk.rotational,
    wwn: disk.wwn,
    serial: disk.serial,
    vendor: 'FW',
    wwn_with_extension: disk.wwn,
    wwn_vendor_extension: null,
    hctl: disk.hctl,
    by_path: disk.byPath,
    logical_sectors: 512,
    physical_sectors: disk.blockBytes,
    tran: disk.transport,
  }));
}

/**
 * What the agent posts to continue_inspection: the default collector's keys, then those of the other collectors asked for,
 * in the order the real agent adds them.
 */
export function inspectionData(
  machine: Machine,
  collectors: readonly string[],
  bootMac: string | undefined,
  listens: boolean,
  error: string | null,
) {
  const data: Record<string, unknown> = {};
  for (const collector of collectors) {
    switch (collector) {
      case 'default': {
        const all = inventory(machine, bootMac, listens);
        data['inventory'] = all;
        data['root_disk'] = all.disks[0] ?? null;
        data['boot_interface'] = all.boot.pxe_interface;
        data['configuration'] = { collectors, managers: [{ name: 'generic_hardware_manager', version: '1.2' }] };
        break;
      }
      case 'logs':
        data['logs'] = systemLogs(machine.name);
        break;
      case 'pci-devices':
        data['pci_devices'] = hardware.nics.map(({ pci }) => ({
          vendor_id: '1af4',
          product_id: '1041',
          class: '020000',
          revision: '01',
          bus: pci,
          numa_node_id: '0',
        }));
        break;
      case 'numa-topology':
        data['numa_topology'] = numaTopology();
        break;
      case 'dmi-decode':
        data['dmi'] = dmi(machine);
        break;
      case 'usb-devices':
        data['usb_devices'] = [];
        break;
      case 'lldp':
        data['lldp_raw'] = Object.fromEntries(
          hardware.nics.slice(0, 1).map(({ name }, index) => [name, lldpFrame(machine.identity.index, index)]),
        );
        break;
      default: // collectors a simulated machine has nothing for
    }
  }
  data['error'] = error;
  return data;
}

function numaTopology() {
  const { sockets, coresPerSocket, threadsPerCore } = hardware.cpu;
  const cores = Array.from({ length: sockets * coresPerSocket }, (_, core) => core);
  return {
    ram: Array.from({ length: sockets }, (_, node) => ({ numa_node: node, size_kb: (memoryMiB * 1024) / sockets })),
    cpus: cores.map((core) => ({
      thread_siblings: Array.from({ length: threadsPerCore }, (_, thread) => core + thread * cores.length),
      cpu: core % coresPerSocket,
      numa_node: Math.floor(core / coresPerSocket),
    })),
    nics: hardware.nics.map(({ name }) => ({ name, numa_node: 0 })),
  };
}

/** What dmidecode tells: the fields of the real decoder, "Not Specified" where a simulated board has nothing to say. */
function dmi({ biosVersion }: Machine) {
  const { cpu, memory, vendor } = hardware;
  const unspecified = 'Not Specified';
  return {
    bios: {
      Handle: 'Handle 0x0000, DMI type 0, 24 bytes',
      Vendor: vendor,
      Version: biosVersion,
      'Release Date': '04/01/2026',
      Address: '0xF0000',
      'Runtime Size': '64 kB',
      'ROM Size': '16 MB',
      Characteristics: ['PCI is supported', 'UEFI is supported'],
      'BIOS Revision': '1.4',
    },
    cpu: Array.from({ length: cpu.sockets }, (_, socket) => ({
      Handle: `Handle 0x04${String(socket).padStart(2, '0')}, DMI type 4, 42 bytes`,
      'Socket Designation': `CPU ${socket}`,
      Type: 'Central Processor',
      Family: 'Other',
      Manufacturer: vendor,
      ID: 'B1 0F 06 00 FD FB CB 0F',
      Version: cpu.model,
      Voltage: '1.8 V',
      'External Clock': '100 MHz',
      'Max Speed': `${cpu.mhz} MHz`,
      'Current Speed': `${cpu.mhz} MHz`,
      Status: 'Populated, Enabled',
      Upgrade: 'Other',
      'L1 Cache Handle': 'Not Provided',
      'L2 Cache Handle': 'Not Provided',
      'L3 Cache Handle': 'Not Provided',
      'Serial Number': unspecified,
      'Asset Tag': unspecified,
      'Part Number': unspecified,
      'Core Count': String(cpu.coresPerSocket),
      'Core Enabled': String(cpu.coresPerSocket),
      'Thread Count': String(cpu.coresPerSocket * cpu.threadsPerCore),
      Characteristics: 'None',
    })),
    memory: {
      Location: 'System Board Or Motherboard',
      Use: 'System Memory',
      'Error Correction Type': 'Multi-bit ECC',
      'Maximum Capacity': `${memoryMiB} MB`,
      'Error Information Handle': 'Not Provided',
      'Number Of Devices': memory.modules,
      devices: Array.from({ length: memory.modules }, (_, slot) => ({
        Handle: `Handle 0x11${String(slot).padStart(2, '0')}, DMI type 17, 40 bytes`,
        'Array Handle': '0x1000',
        'Error Information Handle': 'Not Provided',
        'Total Width': '72 bits',
        'Data Width': '64 bits',
        Size: `${memory.moduleMiB} MB`,
        'Form Factor': 'DIMM',
        Set: 'None',
        Locator: `DIMM ${slot}`,
        'Bank Locator': unspecified,
        Type: 'DDR4',
        'Type Detail': 'Synchronous',
        Speed: '3200 MT/s',
        Manufacturer: vendor,
        'Serial Number': unspecified,
        'Asset Tag': unspecified,
        'Part Number': unspecified,
        Rank: '2',
        'Configured Memory Speed': '3200 MT/s',
        'Minimum Voltage': '1.2 V',
        'Maximum Voltage': '1.2 V',
        'Configured Voltage': '1.2 V',
      })),
    },
  };
}
