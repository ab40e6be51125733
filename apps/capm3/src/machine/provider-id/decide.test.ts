import { expect, test } from '@jest/globals';
import { aHost, aMachine, aMetal3Machine } from '../testing.ts';
import { decideProviderId, type ProviderIdDecision, type ProviderIdObservation } from './decide.ts';

const id = 'metal3://metal3/a/worker-1';
const withConfig = aMachine({
  spec: { bootstrap: { configRef: { kind: 'KubeadmConfig', name: 'x' }, dataSecretName: 's' } },
});
const observed = (known: Partial<ProviderIdObservation>): ProviderIdObservation => ({
  metal3Machine: aMetal3Machine(),
  machine: aMachine(),
  host: aHost('a', { state: 'provisioned' }),
  cloudProviderEnabled: false,
  nodes: undefined,
  ...known,
});

test.each<[string, Partial<ProviderIdObservation>, Partial<ProviderIdDecision>]>([
  [
    'waits for the host',
    { host: aHost('a', { state: 'provisioning' }) },
    { kind: 'wait', reason: 'host a is provisioning' },
  ],
  [
    'needs no Node when the machine brings its own user data',
    {},
    { kind: 'provisioned', providerId: id, labelNode: undefined },
  ],
  ['waits for the workload cluster of a bootstrapped machine', { machine: withConfig }, { kind: 'wait' }],
  [
    'waits for the Node of a bootstrapped machine',
    { machine: withConfig, nodes: [] },
    { kind: 'wait', reason: 'its Node has not joined the cluster yet' },
  ],
  [
    'marks the Node that carries the host UID',
    { machine: withConfig, nodes: [{ name: 'n', providerId: undefined }] },
    { kind: 'provisioned', labelNode: 'n' },
  ],
  [
    'accepts a Node that knows its provider id',
    { machine: withConfig, nodes: [{ name: 'n', providerId: id }] },
    { kind: 'provisioned', labelNode: undefined },
  ],
  [
    'names a stale Node of an earlier machine',
    { nodes: [{ name: 'n', providerId: 'metal3://metal3/a/old' }] },
    { kind: 'conflict' },
  ],
  [
    'refuses two Nodes on one host',
    {
      nodes: [
        { name: 'n', providerId: undefined },
        { name: 'm', providerId: undefined },
      ],
    },
    { kind: 'conflict' },
  ],
])('%s', (_sentence, known, decision) => {
  expect(decideProviderId(observed(known))).toMatchObject(decision);
});
