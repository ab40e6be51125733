import { expect, test } from '@jest/globals';
import type { Metal3Cluster } from '@metal3/metal3-api';
import { aCluster } from '../../machine/testing.ts';
import { decideCluster, type ClusterDecision, type ClusterObservation } from './decide.ts';

const metal3Cluster = (
  known: { spec?: Metal3Cluster['spec']; metadata?: Metal3Cluster['metadata'] } = {},
): Metal3Cluster => ({
  apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta2',
  kind: 'Metal3Cluster',
  metadata: { name: 'blue', namespace: 'metal3', ...known.metadata },
  spec: known.spec ?? { controlPlaneEndpoint: { host: '192.0.2.10', port: 6443 } },
});
const deleting = metal3Cluster({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } });

test.each<[string, Partial<ClusterObservation>, Partial<ClusterDecision>]>([
  ['is ready once its endpoint is known', {}, { kind: 'ready' }],
  [
    'names the missing host',
    { metal3Cluster: metal3Cluster({ spec: { controlPlaneEndpoint: { port: 6443 } } }) },
    { kind: 'invalid', message: 'spec.controlPlaneEndpoint.host must be set' },
  ],
  [
    'names the missing port',
    { metal3Cluster: metal3Cluster({ spec: { controlPlaneEndpoint: { host: 'h' } } }) },
    { kind: 'invalid', message: 'spec.controlPlaneEndpoint.port must be set' },
  ],
  ['waits silently for an owner', { cluster: undefined }, { kind: 'ignore' }],
  [
    'is left alone when something else manages it',
    { metal3Cluster: metal3Cluster({ metadata: { annotations: { 'cluster.x-k8s.io/managed-by': 'x' } } }) },
    { kind: 'ignore' },
  ],
  ['is held while its Cluster is paused', { cluster: aCluster({ spec: { paused: true } }) }, { kind: 'paused' }],
  ['stays until its machines are gone', { metal3Cluster: deleting, machines: ['m1'] }, { kind: 'wait-for-machines' }],
  [
    'goes when its machines are gone, with or without a Cluster',
    { metal3Cluster: deleting, cluster: undefined },
    { kind: 'gone' },
  ],
])('a Metal3Cluster %s', (_sentence, known, decision) => {
  expect(decideCluster({ metal3Cluster: metal3Cluster(), cluster: aCluster(), machines: [], ...known })).toMatchObject(
    decision,
  );
});
