import type { Ipv4 } from '@metal3/dhcp';
import type { Lease, LeaseChange } from './lease.ts';

/** A datagram that came in. */
export interface Arrival {
  readonly bytes: Uint8Array;
  readonly fromHost: string;
  readonly fromPort: number;
  /** Address of this machine on the network it came from. */
  readonly link: Ipv4;
}

/** The sockets of the server, on all ports it answers. */
export interface DhcpSockets {
  open(received: (arrival: Arrival) => void): Promise<void>;
  /** Sends from `link` and the port of DHCP servers; failures concern one client and are passed over. */
  send(bytes: Uint8Array, to: { readonly host: string; readonly port: number }, link: Ipv4): void;
  close(): void;
}

/** Where leases are kept beyond the life of the process. */
export interface LeaseStore<Address = Ipv4> {
  /** Everything that was written before. */
  load(): Promise<readonly Lease<Address>[]>;
  /** Resolves once the changes survive the death of this process. Calls at the same time share one write. */
  write(changes: readonly LeaseChange<Address>[]): Promise<void>;
  close(): Promise<void>;
}

/** Finds out whether somebody uses an address. */
export interface ConflictProbe {
  /** True when something answered at the address; false when nothing did, or when too many are being asked about already. */
  inUse(address: Ipv4, expected: { readonly mac: string; readonly link: Ipv4 | undefined }): Promise<boolean>;
  close(): void;
}

/** Tells whether this replica is the one that answers; the others listen and stay silent. */
export interface Duty {
  onDuty(): boolean;
  /** Has `task` called each time this replica takes over, before it answers anything. What it knew from before may be out of date. */
  onTakeover(task: () => void): void;
}
