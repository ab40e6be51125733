import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { bareMetalHost, type BareMetalHost, metal3Cluster, metal3Machine } from '@metal3/metal3-api';
import { cluster, machine, type Machine } from '../cluster-api/kinds.ts';
import { type Capm3InMemory, capm3InMemory } from '../testing/capm3-in-memory.ts';
import { failureDomainLabel } from './host-choice/decide.ts';

const namespace = 'metal3';
const blockMove = 'clusterctl.cluster.x-k8s.io/block-move';
const key = (name: string) => ({ namespace, name });

let capm3: Capm3InMemory;
beforeEach(async () => {
  capm3 = capm3InMemory();
  const { api } = capm3;
  await api.create(cluster, {
    metadata: key('blue'),
    spec: { infrastructureRef: { kind: 'Metal3Cluster', name: 'blue' } },
  });
  const status = { initialization: { infrastructureProvisioned: true } };
  await api.patchStatus(cluster, key('blue'), { type: 'merge', body: { status } });
  await api.create(metal3Cluster, { metadata: key('blue'), spec: {} });
  for (const [name, domain] of Object.entries({ far: 'south', near: 'north' })) {
    await api.create(bareMetalHost, {
      metadata: { ...key(name), labels: { [failureDomainLabel]: domain } },
      spec: { online: false },
    });
    const body = { status: { provisioning: { state: 'available', ID: '' }, errorMessage: '', poweredOn: false } };
    await api.patchStatus(bareMetalHost, key(name), { type: 'merge', body });
  }
});
afterEach(() => capm3.stop());

async function makeMachine(name: string, failureDomain?: string, ofTemplate?: string): Promise<void> {
  const { apiVersion, kind, metadata } = await capm3.api.create(machine, {
    metadata: key(name),
    spec: {
      clusterName: 'blue',
      bootstrap: { dataSecretName: 'user-data' },
      infrastructureRef: { kind: 'Metal3Machine', name },
      ...(failureDomain !== undefined && { failureDomain }),
    } as Machine['spec'],
  });
  await capm3.api.create(metal3Machine, {
    metadata: {
      ...key(name),
      labels: { 'cluster.x-k8s.io/cluster-name': 'blue' },
      ownerReferences: [{ apiVersion, kind, name, uid: metadata.uid ?? '' }],
    },
    spec: {
      image: { url: 'http://images/os.raw', checksum: 'abc' },
      ...(ofTemplate !== undefined && { failureDomain: ofTemplate }),
    },
  });
}

async function hostOf(name: string): Promise<BareMetalHost | undefined> {
  const { items } = await capm3.api.list(bareMetalHost);
  return items.find(({ spec }) => spec.consumerRef?.name === name);
}

test.each([
  ['what its Machine says', 'north', undefined],
  ['what its Machine says, whatever its template does', 'north', 'south'],
  ['what its template says if its Machine says nothing', undefined, 'north'],
])('a machine goes to the failure domain that is %s', async (_whose, ofMachine, ofTemplate) => {
  await makeMachine('worker', ofMachine, ofTemplate);
  capm3.start();
  await capm3.clock.advance(1_000);
  expect((await hostOf('worker'))?.metadata.name).toBe('near');
  expect((await capm3.api.get(metal3Machine, key('worker'))).spec.failureDomain).toBe('north');
});

test('a host in use keeps clusterctl from moving its cluster until the pause has reached it', async () => {
  await makeMachine('worker');
  capm3.start();
  await capm3.clock.advance(1_000);
  expect((await hostOf('worker'))?.metadata.annotations).toEqual({ [blockMove]: '' });

  const pause = async (paused: boolean): Promise<BareMetalHost['metadata']['annotations']> => {
    await capm3.api.patch(cluster, key('blue'), { type: 'merge', body: { spec: { paused } } });
    await capm3.clock.advance(1_000);
    return (await hostOf('worker'))?.metadata.annotations;
  };
  expect(await pause(true)).toEqual({
    'baremetalhost.metal3.io/paused': 'metal3.io/capm3',
    'baremetalhost.metal3.io/status': expect.stringContaining('"available"'),
  });
  expect(await pause(false)).toMatchObject({ [blockMove]: '' });
});
