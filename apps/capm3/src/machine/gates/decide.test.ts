import { expect, test } from '@jest/globals';
import { aCluster, aMachine, aMetal3Machine } from '../testing.ts';
import { decideGate, type Gate, type GateObservation } from './decide.ts';

const metal3Cluster = {
  apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta2',
  kind: 'Metal3Cluster',
  metadata: { name: 'blue' },
  spec: {},
};
const observed = (known: Partial<GateObservation>): GateObservation => ({
  metal3Machine: aMetal3Machine(),
  machine: aMachine(),
  cluster: aCluster(),
  metal3Cluster,
  host: undefined,
  ...known,
});
const deleting = aMetal3Machine({ metadata: { name: 'worker-1', deletionTimestamp: '2026-01-01T00:00:00Z' } });

test.each<[string, Partial<GateObservation>, Partial<Gate>]>([
  ['opens when everything is there', {}, { kind: 'open' }],
  ['waits for the owner', { machine: undefined }, { kind: 'closed', reason: 'WaitingForMetal3MachineOwnerRef' }],
  ['waits for the Cluster', { cluster: undefined }, { kind: 'closed', reason: 'WaitingForClusterInfrastructureReady' }],
  [
    'waits for the infrastructure',
    { cluster: aCluster({ status: {} }) },
    { kind: 'closed', reason: 'WaitingForClusterInfrastructureReady' },
  ],
  [
    'reads the infrastructure condition of older servers too',
    {
      cluster: aCluster({
        status: {
          deprecated: {
            v1beta1: { conditions: [{ type: 'InfrastructureReady', status: 'True', lastTransitionTime: '' }] },
          },
        },
      }),
    },
    { kind: 'open' },
  ],
  ['waits for the Metal3Cluster', { metal3Cluster: undefined }, { kind: 'closed', reason: 'WaitingforMetal3Cluster' }],
  [
    'waits for bootstrap data',
    { machine: aMachine({ spec: { bootstrap: {} } }) },
    { kind: 'closed', reason: 'WaitingForBootstrapData' },
  ],
  ['holds a paused machine', { cluster: aCluster({ spec: { paused: true } }) }, { kind: 'paused' }],
  [
    'lets a paused machine be paused even while it is deleted',
    { metal3Machine: deleting, cluster: aCluster({ spec: { paused: true } }) },
    { kind: 'paused' },
  ],
  [
    'releases although the owners are gone',
    { metal3Machine: deleting, machine: undefined, cluster: undefined, metal3Cluster: undefined },
    { kind: 'release' },
  ],
])('%s', (_sentence, known, gate) => {
  expect(decideGate(observed(known))).toMatchObject(gate);
});
