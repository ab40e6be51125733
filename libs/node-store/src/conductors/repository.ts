import type { Conductor, ConductorRegistration, ConductorRepository } from '../contract/conductors.ts';
import { integer, text, truth, type Row } from '../sql/database.ts';
import { transact, type Core } from '../transact.ts';

/** A conductor that has not been heard of for this long is taken for dead; it says hello every ten seconds. */
export const conductorTimeoutMs = 60_000;

export function conductorRepository(core: Core): ConductorRepository {
  const { database } = core;

  const fromRow = (row: Row, now: number): Conductor => {
    const updatedAt = integer(row['updated_at']);
    const online = truth(row['online']);
    return {
      id: integer(row['id']),
      hostname: text(row['hostname']),
      rpcAddress: text(row['rpc_address']),
      groups: JSON.parse(text(row['conductor_groups'])) as string[],
      drivers: JSON.parse(text(row['drivers'])) as ConductorRegistration['drivers'],
      online,
      alive: online && updatedAt >= now - conductorTimeoutMs,
      createdAt: integer(row['created_at']),
      updatedAt,
    };
  };

  const find = async (hostname: string): Promise<Conductor | undefined> => {
    const row = await database.read.get('SELECT * FROM conductor WHERE hostname = ?', hostname);
    return row === undefined ? undefined : fromRow(row, await database.now());
  };

  return {
    async register({ hostname, rpcAddress, groups, drivers }) {
      await transact(core, async ({ sql, now }) => {
        await sql.run(
          'INSERT INTO conductor (hostname, rpc_address, conductor_groups, drivers, online, created_at, updated_at) VALUES (?, ?, ?, ?, 1, ?, ?) ' +
            'ON CONFLICT (hostname) DO UPDATE SET rpc_address = excluded.rpc_address, conductor_groups = excluded.conductor_groups, ' +
            'drivers = excluded.drivers, online = 1, updated_at = excluded.updated_at',
          hostname,
          rpcAddress,
          JSON.stringify(groups.map((group) => group.toLowerCase())),
          JSON.stringify(drivers),
          now,
          now,
        );
      });
      const registered = await find(hostname);
      if (registered === undefined) throw new Error(`The registration of conductor ${hostname} vanished.`);
      return registered;
    },

    heartbeat: (hostname) =>
      transact(core, async ({ sql, now }) => {
        const touched = await sql.run(
          'UPDATE conductor SET updated_at = ?, online = 1 WHERE hostname = ?',
          now,
          hostname,
        );
        return touched === 1;
      }),

    async deregister(hostname) {
      await transact(core, async ({ sql }) => {
        await sql.run('UPDATE conductor SET online = 0 WHERE hostname = ?', hostname);
      });
    },

    async list() {
      const now = await database.now();
      return (await database.read.all('SELECT * FROM conductor ORDER BY id')).map((row) => fromRow(row, now));
    },
    find,
  };
}
