import type { Account, FleetOptions } from '../options.ts';
import { derive, RandomStream } from '../random.ts';

/** What is printed on a machine's label: follows from seed, prefix and index alone. */
export interface MachineIdentity {
  readonly index: number;
  readonly name: string;
  /** SMBIOS UUID, also the id of its Redfish resources. */
  readonly uuid: string;
  readonly serial: string;
  /** The network cards in order; the first boots. */
  readonly macs: readonly [string, string];
  /** Address on the simulated provisioning network. */
  readonly ip: string;
  /** The account of its BMC. */
  readonly account: Account;
}

export function identify(index: number, { seed, prefix, account }: FleetOptions): MachineIdentity {
  const name = `${prefix}-${index}`;
  const random = new RandomStream(`machine\0${seed}\0${name}`);
  const uuid = random.uuid();
  const mark = derive('mac', seed, prefix);
  return {
    index,
    name,
    uuid,
    serial: `FLT${seed}${String(index).padStart(6, '0')}`,
    macs: [macAddress(mark, index * 2), macAddress(mark, index * 2 + 1)],
    ip: ipAddress(index + 10),
    account: account ?? { username: name, password: derive('password', seed, name).toString('base64url').slice(0, 16) },
  };
}

/** Locally administered, two bytes of the fleet and three of the card: no two machines of a fleet share one. */
function macAddress(mark: Buffer, number: number): string {
  const bytes = [0x52, mark[0] ?? 0, mark[1] ?? 0, (number >> 16) & 0xff, (number >> 8) & 0xff, number & 0xff];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}

/** An address of the simulated provisioning network 172.16.0.0/12. */
function ipAddress(number: number): string {
  return `172.${16 + ((number >> 16) & 0x0f)}.${(number >> 8) & 0xff}.${number & 0xff}`;
}
