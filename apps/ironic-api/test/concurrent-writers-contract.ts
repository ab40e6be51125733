import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { openStage, type Stage } from './replay/stage.ts';

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly fault: string | undefined;
}

/** Two instances of the API over one store, and clients that talk to both of them over HTTP at the same time. */
export function concurrentWritersContract(database: string, storeUrl: () => Promise<string>): void {
  describe(`clients that write at the same time, on ${database}`, () => {
    const writers = 12;
    let stages: readonly Stage[] = [];
    let endpoints: readonly string[];
    let store: Stage['store'];
    let uuid: string;

    beforeAll(async () => {
      const url = await storeUrl();
      const [first, second] = [await openStage({ storeUrl: url }), await openStage({ storeUrl: url })];
      stages = [first, second];
      ({ store } = first);
      endpoints = await Promise.all(stages.map(({ rest }) => rest.listen({ host: '127.0.0.1', port: 0 })));
    });
    afterAll(() => Promise.all(stages.map((stage) => stage.close())));

    const ask = async (method: string, path: string, body?: unknown, writer = 0): Promise<Answer> => {
      const reply = await fetch(`${endpoints[writer % endpoints.length] ?? ''}${path}`, {
        method,
        headers: { 'content-type': 'application/json', 'x-openstack-ironic-api-version': '1.115' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await reply.text();
      const parsed = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
      const wrapped = parsed['error_message'];
      const fault =
        typeof wrapped === 'string' ? (JSON.parse(wrapped) as { faultstring?: string }).faultstring : undefined;
      return { status: reply.status, body: parsed, fault };
    };
    /** The same from many clients, each with a number of its own, half of them at either instance. */
    const together = (request: (writer: number) => readonly [method: string, path: string, body: unknown]) =>
      Promise.all(
        Array.from({ length: writers }, (_, writer) => {
          const [method, path, body] = request(writer);
          return ask(method, path, body, writer);
        }),
      );
    const won = (answers: readonly Answer[]) => answers.filter(({ status }) => status < 300);
    const lost = (answers: readonly Answer[]) => answers.filter(({ status }) => status >= 300);
    const node = () => `/v1/nodes/${uuid}`;

    beforeEach(async () => {
      const created = await ask('POST', '/v1/nodes', { driver: 'fake-hardware', deploy_interface: 'fake' });
      uuid = String(created.body['uuid']);
    });

    test('no patch of different fields is lost', async () => {
      const answers = await together((writer) => [
        'PATCH',
        node(),
        [{ op: 'add', path: `/extra/of-${writer}`, value: writer }],
      ]);
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect(Object.keys((await ask('GET', node())).body['extra'] as object)).toHaveLength(writers);
    });

    test('of instances that want one node, exactly one gets it, and the others are told which', async () => {
      const instance = (writer: number) => `00000000-0000-4000-8000-${String(writer).padStart(12, '0')}`;
      const answers = await together((writer) => [
        'PATCH',
        node(),
        [{ op: 'add', path: '/instance_uuid', value: instance(writer) }],
      ]);
      expect(won(answers)).toHaveLength(1);
      const winner = String(won(answers)[0]?.body['instance_uuid']);
      for (const answer of lost(answers))
        expect(answer).toMatchObject({ status: 409, fault: `Node ${uuid} is associated with instance ${winner}.` });
    });

    test('of nodes that want one name, exactly one gets it', async () => {
      const answers = await together(() => ['POST', '/v1/nodes', { driver: 'fake-hardware', name: `of-${uuid}` }]);
      expect(won(answers)).toHaveLength(1);
      expect(lost(answers).map(({ status }) => status)).toEqual(lost(answers).map(() => 409));
    });

    test('of verbs asked for at once, exactly one is accepted, and its work alone is there', async () => {
      for (const event of ['manage', 'done', 'provide', 'done'] as const)
        await store.nodes.change(uuid, () => ({ event }));
      const verbs = ['active', 'manage'] as const;
      const answers = await together((writer) => [
        'PUT',
        `${node()}/states/provision`,
        { target: verbs[Math.floor(writer / 2) % 2] },
      ]);
      // "manage" is over at once, and leaves the node where "active" cannot begin; so does "active" for "manage".
      expect(won(answers).map(({ status }) => status)).toEqual([202]);
      for (const { status, fault } of lost(answers)) {
        expect(status).toBe(400);
        expect(fault).toMatch(/can not be performed on node/);
      }
      const { provision_state: state } = (await ask('GET', node())).body;
      const work = await store.work.find(uuid);
      expect([state, work?.kind]).toEqual(state === 'manageable' ? ['manageable', null] : ['deploying', 'deploy']);
    });

    test('of power changes asked for at once, one order remains, and the node says which', async () => {
      const targets = ['power on', 'power off'];
      const answers = await together((writer) => [
        'PUT',
        `${node()}/states/power`,
        { target: targets[Math.floor(writer / 2) % 2] },
      ]);
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
      const { target_power_state: target } = (await ask('GET', node())).body;
      expect(targets).toContain(target);
      expect((await store.work.find(uuid))?.power).toMatchObject({ target });
    });

    test('while a conductor acts on the node it is locked in the words of Ironic, and free afterwards', async () => {
      const address = `52:54:00:${uuid.slice(0, 2)}:${uuid.slice(2, 4)}:${uuid.slice(4, 6)}`;
      const { uuid: port } = (await ask('POST', '/v1/ports', { node_uuid: uuid, address })).body;
      const claim = await store.work.claimNode(uuid, { owner: 'conductor-1', leaseMs: 60_000 });
      if (claim === undefined) throw new Error('the node has no lease to take');
      const extra = [{ op: 'add', path: '/extra/a', value: 1 }];
      const changes: ReadonlyArray<readonly [method: string, path: string, body?: unknown]> = [
        ['PATCH', node(), extra],
        ['PUT', `${node()}/states/provision`, { target: 'manage' }],
        ['PUT', `${node()}/states/power`, { target: 'power on' }],
        ['PUT', `${node()}/traits`, { traits: ['CUSTOM_A'] }],
        ['PATCH', `/v1/ports/${String(port)}`, extra],
        ['DELETE', `/v1/ports/${String(port)}`],
        ['DELETE', node()],
      ];
      const answers = await Promise.all(changes.map(([method, path, body], index) => ask(method, path, body, index)));
      for (const [index, answer] of answers.entries()) {
        expect({ change: changes[index]?.slice(0, 2), ...answer }).toMatchObject({
          status: 409,
          fault: `Node ${uuid} is locked by host conductor-1, please retry after the current operation is completed.`,
        });
      }
      await store.work.release(claim.lease, claim.work.wakeSeq, {});
      for (const [method, path, body] of changes.filter(([method]) => method === 'PATCH'))
        expect(await ask(method, path, body)).toMatchObject({ status: 200 });
    });
  });
}
