import { diskLabels, hardware, logicalCpus, memoryMiB } from '../machine/hardware.ts';
import type { Machine } from '../machine/machine.ts';
import { systemLogs } from './logs.ts';

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

/** The inventory as the agent's hardware manager lists it. `bootMac` is the card it booted from, if it knows. */
export function inventory(machine: Machine, bootMac: string | undefined) {
  const { identity, biosVersion, platform } = machine;
  return {
    interfaces: hardware.nics.map(({ name, mbps, pci }, index) => ({
      name,
      mac_address: identity.macs[index] ?? identity.macs[0],
      ipv4_address: index === 0 ? identity.ip : null,
      ipv6_address: index === 0 ? `fe80::5054:ff:fe00:${(identity.index & 0xffff).toString(16)}%${name}` : null,
      has_carrier: index === 0,
      lldp: null,
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
      count: logicalCpus,
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

function disks({ identity }: Machine) {
  return hardware.disks.map(({ name, model, bytes, rotational, hctl }, index) => {
    const { serial, wwn } = diskLabels(identity.serial, index);
    return {
      name,
      model,
      size: bytes,
      rotational,
      wwn,
      serial,
      vendor: 'FW',
      wwn_with_extension: wwn,
      wwn_vendor_extension: null,
      hctl,
      by_path: `/dev/disk/by-path/pci-0000:00:1f.2-ata-${index + 1}`,
      logical_sectors: 512,
      physical_sectors: 4096,
      tran: 'sata',
    };
  });
}

/**
 * What the agent posts to continue_inspection: the default collector's keys, then those of the other collectors asked for,
 * in the order the real agent adds them.
 */
export function inspectionData(
  machine: Machine,
  collectors: readonly string[],
  bootMac: string | undefined,
  error: string | null,
) {
  const data: Record<string, unknown> = {};
  for (const collector of collectors) {
    switch (collector) {
      case 'default': {
        const all = inventory(machine, bootMac);
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
        data['lldp_raw'] = {};
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

function dmi({ biosVersion }: Machine) {
  return {
    bios: {
      Handle: 'Handle 0x0000, DMI type 0, 24 bytes',
      Vendor: hardware.vendor,
      Version: biosVersion,
      'Release Date': '04/01/2026',
    },
    cpu: Array.from({ length: hardware.cpu.sockets }, (_, socket) => ({
      Handle: `Handle 0x04${String(socket).padStart(2, '0')}, DMI type 4, 42 bytes`,
      'Socket Designation': `CPU ${socket}`,
      Type: 'Central Processor',
      Manufacturer: hardware.vendor,
      Version: hardware.cpu.model,
      'Core Count': String(hardware.cpu.coresPerSocket),
    })),
    memory: {
      Location: 'System Board Or Motherboard',
      Use: 'System Memory',
      'Maximum Capacity': `${memoryMiB} MB`,
      'Number Of Devices': hardware.memory.modules,
      devices: Array.from({ length: hardware.memory.modules }, (_, slot) => ({
        Handle: `Handle 0x11${String(slot).padStart(2, '0')}, DMI type 17, 40 bytes`,
        Size: `${hardware.memory.moduleMiB} MB`,
        Locator: `DIMM ${slot}`,
        Type: 'DDR4',
        Manufacturer: hardware.vendor,
      })),
    },
  };
}
