import { expect, test } from '@jest/globals';
import { aHost, aMachine, aMetal3Machine, ours } from '../testing.ts';
import { changesHost, handOver } from './host-spec.ts';

test('a free host gets consumer, cluster label, image and the bootstrap secret in one patch', () => {
  expect(handOver(aHost('a'), aMetal3Machine(), aMachine())).toEqual({
    kind: 'patch',
    patch: {
      metadata: {
        labels: { 'cluster.x-k8s.io/cluster-name': 'blue', 'infrastructure.cluster.x-k8s.io/node-reuse': null },
        annotations: { 'clusterctl.cluster.x-k8s.io/block-move': '' },
      },
      spec: {
        consumerRef: ours,
        online: true,
        image: { url: 'http://images/os.raw', checksum: 'abc', checksumType: 'sha256' },
        userData: { name: 'worker-1-bootstrap', namespace: 'metal3' },
        metaData: null,
        networkData: null,
      },
    },
  });
});

test('an empty disk format is left out, since the host refuses it', () => {
  const made = handOver(aHost('a'), aMetal3Machine({ spec: { image: { url: 'u' } } }), aMachine());
  expect(made).toMatchObject({ patch: { spec: { image: { url: 'u' } } } });
  expect(JSON.stringify(made)).not.toContain('format');
});

test('a host that has an image keeps it: rewriting would provision it again', () => {
  const host = aHost('a', { spec: { online: true, image: { url: 'old' }, consumerRef: ours } });
  const made = handOver(host, aMetal3Machine(), aMachine());
  expect(made).toMatchObject({ kind: 'patch' });
  expect(JSON.stringify(made)).not.toContain('image');
});

test('a secret of another namespace is refused by name', () => {
  const m3m = aMetal3Machine({ spec: { metaData: { name: 'meta', namespace: 'elsewhere' } } });
  expect(handOver(aHost('a'), m3m, aMachine())).toEqual({
    kind: 'invalid',
    reason: 'metaData: Secret elsewhere/meta is in another namespace than the machine',
  });
});

test('a machine without image and custom deploy is refused', () => {
  const m3m = aMetal3Machine();
  delete m3m.spec.image;
  expect(handOver(aHost('a'), m3m, aMachine())).toMatchObject({ kind: 'invalid' });
});

test('a patch that says what the host says already changes nothing', () => {
  const made = handOver(aHost('a'), aMetal3Machine(), aMachine());
  if (made.kind !== 'patch') throw new Error(made.reason);
  expect(changesHost(aHost('a'), made.patch)).toBe(true);
  const host = aHost('a', {
    metadata: {
      name: 'a',
      namespace: 'metal3',
      labels: { 'cluster.x-k8s.io/cluster-name': 'blue' },
      annotations: { 'clusterctl.cluster.x-k8s.io/block-move': '' },
    },
    spec: {
      online: true,
      consumerRef: ours,
      image: { url: 'http://images/os.raw', checksum: 'abc', checksumType: 'sha256' },
      userData: { name: 'worker-1-bootstrap', namespace: 'metal3' },
    },
  });
  expect(changesHost(host, made.patch)).toBe(false);
});
