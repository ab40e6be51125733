// Figures of the node store alone, without HTTP: `node bench/src/node-store.ts [--url sqlite:FILE|postgres://...] [--nodes 1000]`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { macAddress, type NodeUuid } from '@metal3/node';
import { openNodeStore } from '@metal3/node-store';

const { values } = parseArgs({ options: { url: { type: 'string' }, nodes: { type: 'string', default: '1000' } } });
const folder = mkdtempSync(join(tmpdir(), 'node-store-bench-'));
const nodes = Number(values.nodes);
const store = await openNodeStore({ url: values.url ?? `sqlite:${join(folder, 'store.db')}`, key: Buffer.alloc(32) });

const report: Record<string, { readonly perSecond: number; readonly cpuMs: number }> = {};

/** Runs `act` `times` times, `parallel` at once, and notes rate and CPU. */
async function measure(
  name: string,
  times: number,
  act: (index: number) => Promise<unknown>,
  parallel = 1,
): Promise<void> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (let index = next++; index < times; index = next++) await act(index);
    }),
  );
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  report[name] = { perSecond: Math.round(times / seconds), cpuMs: Math.round((user + system) / times) / 1000 };
}

const uuids: NodeUuid[] = [];
const uuidAt = (index: number): NodeUuid => {
  const uuid = uuids[index % uuids.length];
  if (uuid === undefined) throw new Error('There are no nodes.');
  return uuid;
};
const hardware = {
  cpus: 64,
  memory_mb: 262_144,
  local_gb: 960,
  cpu_arch: 'x86_64',
  capabilities: 'boot_mode:uefi,secure_boot:true',
};

await measure('create', nodes, async (index) => {
  const { uuid } = await store.nodes.create({
    driver: 'redfish',
    name: `metal3~host-${index}`,
    properties: hardware,
    driverInfo: {
      redfish_address: `https://10.0.${index >> 8}.${index & 255}`,
      redfish_system_id: `/redfish/v1/Systems/${index}`,
      redfish_username: 'admin',
      redfish_password: `password-${index}`,
    },
    extra: { rack: index % 40 },
  });
  uuids.push(uuid);
});
await measure('create port', nodes, (index) => {
  const tail = [index >> 16, (index >> 8) & 255, index & 255]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(':');
  return store.ports.create({ nodeUuid: uuidAt(index), address: macAddress(`52:54:00:${tail}`) });
});
await measure('get', 20_000, (index) => store.nodes.get(uuidAt(index)));
await measure('list 100', 500, () => store.nodes.list({ limit: 100 }));
await measure('list 1000', 100, () => store.nodes.list({ limit: 1000 }));
await measure('patch', 3_000, (index) => store.nodes.change(uuidAt(index), () => ({ patch: { extra: { index } } })));
await measure(
  'patch, 8 at once',
  3_000,
  (index) => store.nodes.change(uuidAt(index), () => ({ patch: { extra: { index: -index } } })),
  8,
);
await measure('heartbeat', 3_000, (index) =>
  store.agents.record(uuidAt(index), () => ({ agent: { lastHeartbeat: Date.now() + index }, wake: true })),
);
await measure('claim and release', nodes, async (index) => {
  const claim = await store.work.claimNode(uuidAt(index), { owner: 'bench', leaseMs: 60_000 });
  if (claim !== undefined) await store.work.release(claim.lease, claim.work.wakeSeq);
});
await measure('watch: change to event', 500, async (index) => {
  const { token } = await store.changes.head();
  const events = store.changes.watchNodes({ from: token })[Symbol.asyncIterator]();
  await events.next();
  await store.nodes.change(uuidAt(index), () => ({ patch: { extra: { seen: index } } }));
  await events.next();
  await events.return?.(undefined);
});

console.table(report);
await store.close();
rmSync(folder, { recursive: true, force: true });
