import { describe, expect, test } from '@jest/globals';
import { chooseHost, nodeReuseLabel } from '../host-choice/decide.ts';
import { decideRelease } from '../release/decide.ts';
import { aHost, aMetal3Machine, ours } from '../testing.ts';
import { reuseKey } from './decide.ts';

const owner = (apiVersion: string, kind: string, name: string) => ({ apiVersion, kind, name, uid: 'uid' });
const controlPlane = owner('controlplane.cluster.x-k8s.io/v1beta2', 'KubeadmControlPlane', 'blue');
const machineSet = owner('cluster.x-k8s.io/v1beta2', 'MachineSet', 'workers-abc');
const deployment = owner('cluster.x-k8s.io/v1beta2', 'MachineDeployment', 'workers');

test.each([
  ['of a control plane is kept for it', { owners: [controlPlane], ownersOfSet: [] }, 'cp-blue'],
  [
    'of a deployment is kept for it, whatever its set',
    { owners: [machineSet], ownersOfSet: [deployment] },
    'md-workers',
  ],
  ['of a set alone is kept for nobody', { owners: [machineSet], ownersOfSet: [] }, undefined],
  [
    'of an owner whose name no label can hold is kept for nobody',
    { owners: [{ ...controlPlane, name: 'x'.repeat(61) }], ownersOfSet: [] },
    undefined,
  ],
])('the host of a machine %s', (_sentence, observed, key) => {
  expect(reuseKey(observed)).toBe(key);
});

const clusterRef = { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Cluster', name: 'blue', namespace: 'metal3' };
const keptHost = (name: string, label: string, known: Parameters<typeof aHost>[1] = {}) =>
  aHost(name, {
    spec: { online: false, consumerRef: clusterRef },
    metadata: { name, namespace: 'metal3', labels: { [nodeReuseLabel]: label } },
    ...known,
  });

test('a host that is let go for reuse is labelled for its next machine and kept by the Cluster', () => {
  const host = aHost('a', { spec: { online: false, consumerRef: ours } });
  const decision = decideRelease({
    metal3Machine: aMetal3Machine(),
    host,
    fastTrack: false,
    reuse: { key: 'md-workers', cluster: clusterRef },
  });
  expect(decision).toMatchObject({
    kind: 'let-go',
    patch: { metadata: { labels: { [nodeReuseLabel]: 'md-workers' } }, spec: { consumerRef: clusterRef } },
  });
});

describe('a machine of the same deployment', () => {
  const choose = (hosts: ReturnType<typeof aHost>[], key: string | undefined = 'md-workers') =>
    chooseHost({ metal3Machine: aMetal3Machine(), reserved: undefined, hosts, reuseKey: key, lot: 0 });

  test('takes the host that is kept for it before any other', () => {
    expect(choose([aHost('a'), keptHost('b', 'md-workers')])).toMatchObject({ host: { metadata: { name: 'b' } } });
  });

  test('waits for it rather than taking another', () => {
    const unready = keptHost('b', 'md-workers', { state: 'preparing' });
    expect(choose([aHost('a'), unready])).toMatchObject({
      kind: 'none',
      reason: 'host b, which is kept for reuse, is preparing',
    });
  });

  test('takes whichever of several is ready', () => {
    const hosts = [keptHost('a', 'md-workers', { state: 'preparing' }), keptHost('b', 'md-workers')];
    expect(choose(hosts)).toMatchObject({ kind: 'chosen', host: { metadata: { name: 'b' } } });
  });

  test('takes another when the one that is kept is in error', () => {
    expect(choose([aHost('a'), keptHost('b', 'md-workers', { error: 'no power' })])).toMatchObject({
      host: { metadata: { name: 'a' } },
    });
  });

  test.each([['md-others'], [undefined]])('and one of %s leaves it alone, and is told why', (key) => {
    expect(choose([keptHost('b', 'md-workers')], key ?? 'none')).toMatchObject({
      kind: 'none',
      refused: [{ host: 'b', why: 'kept for reuse by md-workers' }],
    });
  });
});
