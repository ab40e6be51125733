import type { InterfaceKind, Timestamp } from '@metal3/node';

/** Interfaces a conductor has enabled for one hardware type. */
export type DriverInterfaces = {
  readonly [kind in InterfaceKind]: { readonly enabled: readonly string[]; readonly default: string };
};

export interface ConductorRegistration {
  readonly hostname: string;
  /** Where ConductorService listens: "127.0.0.1:50053". */
  readonly rpcAddress: string;
  /** Conductor groups it serves, lower case; "" is the default group. */
  readonly groups: readonly string[];
  /** Hardware types it has enabled, with their interfaces. */
  readonly drivers: { readonly [driver: string]: DriverInterfaces };
}

export interface Conductor extends ConductorRegistration {
  readonly id: number;
  /** Registered and heard from within the last minute, by the database's clock. */
  readonly alive: boolean;
  readonly online: boolean;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp;
}

export interface ConductorRepository {
  /** Registers, or takes over the registration of the same host name. */
  register(registration: ConductorRegistration): Promise<Conductor>;
  /** Due every ten seconds. False when the registration is gone: register again. */
  heartbeat(hostname: string): Promise<boolean>;
  /** Says goodbye: not alive from now on; leases it holds stay until they are released or run out. */
  deregister(hostname: string): Promise<void>;
  list(): Promise<readonly Conductor[]>;
  find(hostname: string): Promise<Conductor | undefined>;
}
