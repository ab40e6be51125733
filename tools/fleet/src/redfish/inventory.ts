import type { ManagedMachine } from '../machine/managed-machine.ts';
import { RedfishError } from './error.ts';
import { collection, healthy, type RedfishRequest } from './request.ts';

const base = ({ identity }: ManagedMachine) => `/redfish/v1/Systems/${identity.uuid}`;
const numbered = (path: string, count: number) => Array.from({ length: count }, (_, index) => `${path}/${index + 1}`);

/** The index behind an id counted from 1. @throws RedfishError 404 */
function indexOf({ params, call }: RedfishRequest, count: number): number {
  const index = Number(params['member']) - 1;
  if (!Number.isInteger(index) || index < 0 || index >= count)
    throw new RedfishError('ResourceMissingAtURI', [call.path]);
  return index;
}

export function ethernetInterfaces({ machine }: RedfishRequest): Record<string, unknown> {
  const path = `${base(machine)}/EthernetInterfaces`;
  const members = numbered(path, machine.hardware.nics.length);
  return collection(path, 'EthernetInterfaceCollection', 'Ethernet interfaces', members);
}

export function ethernetInterface(request: RedfishRequest): Record<string, unknown> {
  const { machine } = request;
  const index = indexOf(request, machine.hardware.nics.length);
  const mac = machine.identity.macs[index] ?? machine.identity.macs[0];
  return {
    '@odata.id': `${base(machine)}/EthernetInterfaces/${index + 1}`,
    '@odata.type': '#EthernetInterface.v1_12_0.EthernetInterface',
    Id: String(index + 1),
    Name: `NIC ${index + 1}`,
    MACAddress: mac,
    PermanentMACAddress: mac,
    InterfaceEnabled: true,
    LinkStatus: index === 0 ? 'LinkUp' : 'NoLink',
    SpeedMbps: machine.hardware.nics[index]?.mbps ?? 0,
    FullDuplex: true,
    MTUSize: 1500,
    Status: healthy,
  };
}

export function processors({ machine }: RedfishRequest): Record<string, unknown> {
  const path = `${base(machine)}/Processors`;
  return collection(path, 'ProcessorCollection', 'Processors', numbered(path, machine.hardware.cpu.sockets));
}

export function processor(request: RedfishRequest): Record<string, unknown> {
  const index = indexOf(request, request.machine.hardware.cpu.sockets);
  const { coresPerSocket, threadsPerCore, model, mhz } = request.machine.hardware.cpu;
  return {
    '@odata.id': `${base(request.machine)}/Processors/${index + 1}`,
    '@odata.type': '#Processor.v1_20_0.Processor',
    Id: String(index + 1),
    Name: `CPU ${index + 1}`,
    Socket: `CPU ${index + 1}`,
    ProcessorType: 'CPU',
    ProcessorArchitecture: 'x86',
    InstructionSet: 'x86-64',
    Manufacturer: request.machine.hardware.vendor,
    Model: model,
    MaxSpeedMHz: mhz,
    TotalCores: coresPerSocket,
    TotalThreads: coresPerSocket * threadsPerCore,
    Status: healthy,
  };
}

export function memory({ machine }: RedfishRequest): Record<string, unknown> {
  const path = `${base(machine)}/Memory`;
  return collection(path, 'MemoryCollection', 'Memory modules', numbered(path, machine.hardware.memory.modules));
}

export function memoryModule(request: RedfishRequest): Record<string, unknown> {
  const index = indexOf(request, request.machine.hardware.memory.modules);
  return {
    '@odata.id': `${base(request.machine)}/Memory/${index + 1}`,
    '@odata.type': '#Memory.v1_20_0.Memory',
    Id: String(index + 1),
    Name: `DIMM ${index + 1}`,
    CapacityMiB: request.machine.hardware.memory.moduleMiB,
    MemoryDeviceType: 'DDR4',
    MemoryType: 'DRAM',
    OperatingSpeedMhz: 3200,
    Manufacturer: request.machine.hardware.vendor,
    SerialNumber: `${request.machine.identity.serial}M${index + 1}`,
    Status: healthy,
  };
}

export function simpleStorageCollection({ machine }: RedfishRequest): Record<string, unknown> {
  const path = `${base(machine)}/SimpleStorage`;
  return collection(path, 'SimpleStorageCollection', 'Simple storage', [`${path}/1`]);
}

export function simpleStorage(request: RedfishRequest): Record<string, unknown> {
  indexOf(request, 1);
  return {
    '@odata.id': `${base(request.machine)}/SimpleStorage/1`,
    '@odata.type': '#SimpleStorage.v1_3_2.SimpleStorage',
    Id: '1',
    Name: 'SATA controller',
    Devices: request.machine.hardware.disks.map(({ model, bytes }) => ({
      Name: model,
      Model: model,
      Manufacturer: request.machine.hardware.vendor,
      CapacityBytes: bytes,
      Status: healthy,
    })),
    Status: healthy,
  };
}
