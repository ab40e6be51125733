import { createHash } from 'node:crypto';
import { interfaceKinds, noInterfaces, type InterfaceKind, type NodeInterfaces } from '@metal3/node';
import type { Conductor, DriverInterfaces } from '@metal3/node-store';
import { Fault, invalid } from '../faults.ts';
import { pythonText } from '../http/python-text.ts';

/** One hardware type as the live conductors offer it. */
export interface OfferedDriver {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly interfaces: DriverInterfaces;
}

/** What the conductors that are alive now can do; a snapshot that is replaced, never changed. */
export interface Catalogue {
  readonly conductors: readonly Conductor[];
  readonly drivers: ReadonlyMap<string, OfferedDriver>;
  /** The live conductor a node is shown with, and asked about its BMC; any of its group may act on it. */
  conductorFor(node: {
    readonly uuid: string;
    readonly driver: string;
    readonly conductorGroup: string;
  }): Conductor | undefined;
}

/** Sorts out what the conductors registered. */
export function catalogueOf(conductors: readonly Conductor[]): Catalogue {
  const alive = conductors.filter((conductor) => conductor.alive);
  const drivers = new Map<string, OfferedDriver>();
  for (const conductor of alive) {
    for (const [name, interfaces] of Object.entries(conductor.drivers)) {
      const known = drivers.get(name);
      drivers.set(name, {
        name,
        hosts: [...(known?.hosts ?? []), conductor.hostname],
        interfaces: known?.interfaces ?? interfaces,
      });
    }
  }
  const candidates = new Map<string, readonly Conductor[]>();
  return {
    conductors,
    drivers,
    conductorFor({ uuid, driver, conductorGroup }) {
      const key = `${conductorGroup}:${driver}`;
      let serving = candidates.get(key);
      if (serving === undefined) {
        serving = alive.filter(
          ({ groups, drivers: own }) => groups.includes(conductorGroup) && Object.hasOwn(own, driver),
        );
        candidates.set(key, serving);
      }
      return serving.length <= 1 ? serving[0] : highestScore(uuid, serving);
    },
  };
}

/** Rendezvous hashing: every replica names the same conductor, and losing one moves only its own nodes. */
function highestScore(uuid: string, conductors: readonly Conductor[]): Conductor | undefined {
  const score = ({ hostname }: Conductor): string => createHash('sha1').update(`${hostname} ${uuid}`).digest('hex');
  return conductors
    .map((conductor) => ({ conductor, rank: score(conductor) }))
    .sort((a, b) => (a.rank < b.rank ? 1 : -1))[0]?.conductor;
}

/**
 * The driver of a node that is about to be written.
 *
 * @throws Fault 503 while no conductor is alive at all, 400 when none of them offers this driver to this group
 */
export function offeredDriver(catalogue: Catalogue, driver: string, conductorGroup: string): OfferedDriver {
  if (catalogue.drivers.size === 0) {
    throw new Fault(
      'unavailable',
      'Resource temporarily unavailable: no conductor is alive. Start a conductor, then try again.',
    );
  }
  const offered = catalogue.drivers.get(driver);
  const inGroup = catalogue.conductorFor({ uuid: '', driver, conductorGroup });
  if (offered === undefined || inGroup === undefined) {
    throw new Fault(
      'no-valid-host',
      `No valid host was found. Reason: No conductor service registered which supports driver ${driver} ` +
        `for conductor group "${conductorGroup}". Ensure the driver is valid and enabled.`,
    );
  }
  return offered;
}

/**
 * The interfaces of a node: what was asked for where the driver offers it, the driver's default where nothing was.
 *
 * @throws Fault (400) listing the valid choices
 */
export function chooseInterfaces(
  catalogue: Catalogue,
  driver: OfferedDriver,
  wanted: Partial<NodeInterfaces>,
): NodeInterfaces {
  const chosen: Record<InterfaceKind, string | null> = { ...noInterfaces };
  for (const kind of interfaceKinds) {
    const { enabled, default: usual } = driver.interfaces[kind];
    const asked = wanted[kind] ?? null;
    if (asked !== null && !enabled.includes(asked)) throw notOffered(catalogue, driver, kind, asked);
    chosen[kind] = asked ?? usual;
  }
  return chosen;
}

function notOffered(catalogue: Catalogue, driver: OfferedDriver, kind: InterfaceKind, asked: string): Fault {
  const anywhere = [
    ...new Set([...catalogue.drivers.values()].flatMap(({ interfaces }) => interfaces[kind].enabled)),
  ].sort();
  if (anywhere.includes(asked)) {
    return invalid(
      `${kind} interface implementation '${asked}' is not supported by hardware type ${driver.name}. ` +
        `It supports ${pythonText([...driver.interfaces[kind].enabled].sort())}.`,
    );
  }
  return invalid(
    `Could not find the following interface in the 'ironic.hardware.interfaces.${kind}' entrypoint: ${asked}. ` +
      `Valid interfaces are ${pythonText(anywhere)}.`,
  );
}
