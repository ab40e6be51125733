import { type HardwareType, hardwareTypes, type InterfaceKind, interfaceKinds } from '@metal3/node';
import type { ConductorRepository, DriverInterfaces } from '@metal3/node-store';
import { type Clock, describeError, type Logger, type Part } from '@metal3/service';

/** Peers and the API take a conductor for dead that is not heard of for a minute. */
const heartbeatEvery = 10_000;

export interface RegistrationOptions {
  readonly conductors: ConductorRepository;
  readonly hostname: string;
  readonly groups: readonly string[];
  /** Names of those that are enabled. */
  readonly hardwareTypes: readonly string[];
  /** Where ConductorService listens; asked once it does. */
  readonly rpcAddress: () => string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What this conductor can do, as the API lists it. */
export function driversOf(types: readonly HardwareType[]): Readonly<Record<string, DriverInterfaces>> {
  return Object.fromEntries(types.map((type) => [type.name, offersOf(type)]));
}

function offersOf({ interfaces }: HardwareType): DriverInterfaces {
  const offer = (kind: InterfaceKind) => ({ enabled: interfaces[kind].supported, default: interfaces[kind].default });
  // Every kind is in the list, so the object has every key.
  return Object.fromEntries(interfaceKinds.map((kind) => [kind, offer(kind)])) as DriverInterfaces;
}

/** Keeps this conductor in the table of conductors while it runs, and takes it out when it stops. */
export function registration({
  conductors,
  hostname,
  groups,
  hardwareTypes: enabled,
  rpcAddress,
  clock,
  log,
}: RegistrationOptions): Part {
  const ended = new AbortController();
  let registered = false;
  const register = async (): Promise<void> => {
    const types = hardwareTypes.filter(({ name }) => enabled.includes(name));
    await conductors.register({ hostname, rpcAddress: rpcAddress(), groups, drivers: driversOf(types) });
    registered = true;
  };
  const heartbeat = async (): Promise<void> => {
    try {
      if (!(await conductors.heartbeat(hostname))) await register();
    } catch (error) {
      log.warn({ error: describeError(error) }, 'the conductor could not say that it is alive; trying again');
    }
  };
  return {
    name: 'registration',
    async start() {
      await register();
      void clock.every(heartbeatEvery, heartbeat, ended.signal);
    },
    ready: () => (registered ? undefined : 'not registered'),
    async stop() {
      ended.abort();
      if (registered) await conductors.deregister(hostname);
    },
  };
}
