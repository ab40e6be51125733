import { Type, choice, type Static } from '../schema.ts';

export const Cpu = Type.Object({
  arch: Type.Optional(Type.String()),
  clockMegahertz: Type.Optional(Type.Number({ format: 'double' })),
  count: Type.Optional(Type.Integer()),
  flags: Type.Optional(Type.Array(Type.String())),
  model: Type.Optional(Type.String()),
});
export type Cpu = Static<typeof Cpu>;

export const SystemFirmware = Type.Object({
  date: Type.Optional(Type.String()),
  vendor: Type.Optional(Type.String()),
  version: Type.Optional(Type.String()),
});
export type SystemFirmware = Static<typeof SystemFirmware>;

export const Lldp = Type.Object({
  portID: Type.Optional(Type.String()),
  switchID: Type.Optional(Type.String()),
  switchSystemName: Type.Optional(Type.String()),
});
export type Lldp = Static<typeof Lldp>;

export const Vlan = Type.Object({
  id: Type.Optional(Type.Integer({ format: 'int32', maximum: 4094, minimum: 0 })),
  name: Type.Optional(Type.String()),
});
export type Vlan = Static<typeof Vlan>;

export const Nic = Type.Object({
  ip: Type.Optional(Type.String()),
  lldp: Type.Optional(Lldp),
  mac: Type.Optional(Type.String({ pattern: '[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}' })),
  model: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  pciAddress: Type.Optional(Type.String()),
  pxe: Type.Optional(Type.Boolean()),
  speedGbps: Type.Optional(Type.Integer()),
  vlanId: Type.Optional(Type.Integer({ format: 'int32', maximum: 4094, minimum: 0 })),
  vlans: Type.Optional(Type.Array(Vlan)),
});
export type Nic = Static<typeof Nic>;

export const Storage = Type.Object({
  alternateNames: Type.Optional(Type.Array(Type.String())),
  hctl: Type.Optional(Type.String()),
  model: Type.Optional(Type.String()),
  name: Type.Optional(Type.String()),
  rotational: Type.Optional(Type.Boolean()),
  serialNumber: Type.Optional(Type.String()),
  sizeBytes: Type.Optional(Type.Integer({ format: 'int64' })),
  type: Type.Optional(choice(['HDD', 'SSD', 'NVME'])),
  vendor: Type.Optional(Type.String()),
  wwn: Type.Optional(Type.String()),
  wwnVendorExtension: Type.Optional(Type.String()),
  wwnWithExtension: Type.Optional(Type.String()),
});
export type Storage = Static<typeof Storage>;

export const SystemVendor = Type.Object({
  manufacturer: Type.Optional(Type.String()),
  productName: Type.Optional(Type.String()),
  serialNumber: Type.Optional(Type.String()),
});
export type SystemVendor = Static<typeof SystemVendor>;

/** What inspection found. */
export const HardwareDetails = Type.Object({
  cpu: Type.Optional(Cpu),
  firmware: Type.Optional(Type.Object({ bios: Type.Optional(SystemFirmware) })),
  hostname: Type.Optional(Type.String()),
  nics: Type.Optional(Type.Array(Nic)),
  ramMebibytes: Type.Optional(Type.Integer()),
  storage: Type.Optional(Type.Array(Storage)),
  systemVendor: Type.Optional(SystemVendor),
});
export type HardwareDetails = Static<typeof HardwareDetails>;
