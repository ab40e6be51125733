import { createHmac, randomBytes } from 'node:crypto';
import { type AuthType, RedfishClient } from './client.ts';
import { redfishSystem, type RedfishSystem } from './system.ts';
import { type RedfishClock, type RedfishExchange, Transport } from './transport.ts';

/** Everything needed to reach one machine. */
export interface BmcAddress {
  /** `https://bmc.example[:port]`. */
  readonly origin: string;
  /** Path of the ComputerSystem; undefined when the BMC has exactly one. */
  readonly systemPath: string | undefined;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly authType: AuthType;
  readonly verifyTls: boolean;
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string | undefined;
}

/** The BMCs a process talks to: one kept-alive pool and one session per BMC and credentials, the least used closed first. */
export interface Bmcs {
  /** Costs no request; the first call on the system connects. */
  system(address: BmcAddress): RedfishSystem;
  /** Requests made so far by method, for logs and metrics. */
  counts(): Readonly<Record<string, number>>;
  /** Deletes all sessions and closes all connections. */
  close(): Promise<void>;
}

export interface BmcsSettings {
  readonly clock: RedfishClock;
  readonly onExchange?: ((exchange: RedfishExchange) => void) | undefined;
  /** Systems kept, least recently used dropped first. */
  readonly capacity?: number | undefined;
}

interface Connection {
  readonly client: RedfishClient;
  users: number;
}

export function redfishBmcs(settings: BmcsSettings): Bmcs {
  const capacity = settings.capacity ?? 2_000;
  const connections = new Map<string, Connection>();
  const systems = new Map<string, { readonly system: RedfishSystem; readonly connection: string }>();
  const counts: Record<string, number> = {};
  // Passwords take part in the key only through a keyed hash whose key dies with the process.
  const key = randomBytes(32);
  const fingerprint = (text: string): string => createHmac('sha256', key).update(text).digest('base64');

  const connect = (address: BmcAddress): readonly [string, Connection] => {
    const { origin, username, password, authType, verifyTls, ca } = address;
    const id = fingerprint(JSON.stringify([origin, username, password, authType, verifyTls, ca]));
    const known = connections.get(id);
    if (known !== undefined) return [id, known];
    const transport = new Transport({
      origin,
      tls: { verify: verifyTls, ca },
      clock: settings.clock,
      onExchange: (exchange) => {
        counts[exchange.method] = (counts[exchange.method] ?? 0) + 1;
        settings.onExchange?.(exchange);
      },
    });
    const credentials = username === undefined ? undefined : { username, password: password ?? '' };
    const connection = { client: new RedfishClient(transport, credentials, authType), users: 0 };
    connections.set(id, connection);
    return [id, connection];
  };

  const evict = (): void => {
    const [oldest] = systems;
    if (systems.size <= capacity || oldest === undefined) return;
    const [id, { connection }] = oldest;
    systems.delete(id);
    const left = connections.get(connection);
    if (left === undefined) return;
    left.users -= 1;
    if (left.users > 0) return;
    connections.delete(connection);
    void left.client.close();
  };

  return {
    system(address) {
      const [connectionId, connection] = connect(address);
      const id = `${connectionId} ${address.systemPath ?? ''}`;
      const known = systems.get(id);
      if (known !== undefined) {
        systems.delete(id);
        systems.set(id, known);
        return known.system;
      }
      const system = redfishSystem(connection.client, address.systemPath);
      connection.users += 1;
      systems.set(id, { system, connection: connectionId });
      evict();
      return system;
    },
    counts: () => ({ ...counts }),
    async close() {
      systems.clear();
      const open = [...connections.values()];
      connections.clear();
      await Promise.all(open.map(({ client }) => client.close()));
    },
  };
}
