import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { testPostgres } from '@metal3/local-servers';
import { eventually } from '@metal3/testing';
import { startIronicReplicas, type IronicReplicas } from './ironic-pair.ts';

interface NodeView {
  readonly uuid: string;
  readonly provision_state: string;
  readonly reservation: string | null;
  readonly last_error: string | null;
}

const count = 30;
let ironic: IronicReplicas;
beforeAll(async () => {
  const { url } = await testPostgres();
  ironic = await startIronicReplicas({
    storeUrl: url,
    replicas: 2,
    // In the middle of its first verification, with the lease in its hands.
    firstDiesAt: 'verify.read-power.performed',
    conductorArgs: ['--conductor-lease', '3s', '--conductor-sweep', '500ms'],
  });
});
afterAll(() => ironic?.stop());

const headers = { 'X-OpenStack-Ironic-API-Version': '1.89', 'content-type': 'application/json' };

/** Asks one of the replicas, turn by turn. */
let turn = 0;
async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
  const endpoint = ironic.endpoints[(turn += 1) % ironic.endpoints.length] ?? '';
  // A node that a conductor looks at just now answers 409: clients try again.
  return eventually(async () => {
    const reply = await fetch(endpoint + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
    return text === '' ? null : (JSON.parse(text) as unknown);
  });
}

async function everyNodeReaches(state: string, nodesInAll: number): Promise<void> {
  await eventually(
    async () => {
      const { nodes } = (await ask('GET', '/v1/nodes/detail')) as { nodes: readonly NodeView[] };
      const late = nodes.filter((node) => node.provision_state !== state || node.reservation !== null);
      expect(late.map(({ uuid, provision_state, last_error }) => ({ uuid, provision_state, last_error }))).toEqual([]);
      expect(nodes).toHaveLength(nodesInAll);
      return true;
    },
    { timeoutMs: 120_000, everyMs: 100 },
  );
}

test('two API replicas and two conductors on PostgreSQL share the work, through the death of one conductor', async () => {
  const uuids: string[] = [];
  const verb = (target: string, nodes: readonly string[] = uuids) =>
    Promise.all(nodes.map((uuid) => ask('PUT', `/v1/nodes/${uuid}/states/provision`, { target })));

  // Which conductor takes a node is a race: there is work until the first one has had a part in it.
  for (let round = 0; round < 10 && ironic.conductors[0]?.running() !== false; round += 1) {
    const made: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const node = (await ask('POST', '/v1/nodes', {
        driver: 'fake-hardware',
        name: `r${round}-${index}`,
      })) as NodeView;
      made.push(node.uuid);
    }
    uuids.push(...made);
    await verb('manage', made);
    await everyNodeReaches('manageable', uuids.length);
  }
  expect(ironic.conductors.map((conductor) => conductor.running())).toEqual([false, true]);

  await verb('provide');
  await everyNodeReaches('available', uuids.length);

  const { conductors } = (await ask('GET', '/v1/conductors')) as { conductors: readonly unknown[] };
  expect(conductors).toHaveLength(2);
}, 600_000);
