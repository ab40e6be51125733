/** What a BMC says the machine is made of. */
export interface HardwareModel {
  readonly vendor: string;
  readonly model: string;
  readonly cpu: {
    readonly model: string;
    readonly sockets: number;
    readonly coresPerSocket: number;
    readonly threadsPerCore: number;
    readonly mhz: number;
  };
  readonly memory: { readonly modules: number; readonly moduleMiB: number };
  readonly disks: readonly { readonly model: string; readonly bytes: number; readonly rotational: boolean }[];
  readonly nics: readonly { readonly mbps: number }[];
}

/** The model all simulated machines are of: one place for what the BMC and the agent say about the hardware. */
export const hardware = {
  vendor: 'Fleet Works',
  model: 'Rack Server FW-1000',
  bmcModel: 'FleetBMC 2',
  cpu: { model: 'Fleet CPU 8c', sockets: 2, coresPerSocket: 8, threadsPerCore: 2, mhz: 3000, architecture: 'x86_64' },
  memory: { modules: 8, moduleMiB: 8192 },
  disks: [
    { name: '/dev/sda', model: 'FW-SSD-480', bytes: 480_103_981_056, rotational: false, hctl: '0:0:0:0' },
    { name: '/dev/sdb', model: 'FW-HDD-2000', bytes: 2_000_398_934_016, rotational: true, hctl: '0:0:1:0' },
  ],
  nics: [
    { name: 'enp1s0', mbps: 25_000, pci: '0000:01:00.0' },
    { name: 'enp2s0', mbps: 25_000, pci: '0000:02:00.0' },
  ],
} as const;

export function logicalCpus({ cpu }: HardwareModel): number {
  return cpu.sockets * cpu.coresPerSocket * cpu.threadsPerCore;
}

export function memoryMiB({ memory }: HardwareModel): number {
  return memory.modules * memory.moduleMiB;
}

/** Serial number and world wide name of a machine's disk. */
export function diskLabels(machineSerial: string, index: number): { serial: string; wwn: string } {
  let hash = 0n;
  for (const character of `${machineSerial}/${index}`)
    hash = (hash * 131n + BigInt(character.charCodeAt(0))) & 0xfff_ffff_ffffn;
  return { serial: `${machineSerial}D${index}`, wwn: `0x5${hash.toString(16).padStart(15, '0')}` };
}
