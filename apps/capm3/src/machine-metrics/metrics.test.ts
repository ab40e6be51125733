import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { aMetal3Machine } from '../machine/testing.ts';
import { machineMetrics } from './metrics.ts';
import { machineState, type MachineState } from './state.ts';

const withHost = { annotations: { 'metal3.io/BareMetalHost': 'metal3/host' } };
const lastTransitionTime = '2026-01-01T00:00:00Z';
const refused = (reason: string) => ({
  conditions: [{ type: 'AssociateBareMetalHost', status: 'False' as const, reason, message: '', lastTransitionTime }],
});

test.each<[string, MachineState, Parameters<typeof aMetal3Machine>[0]]>([
  ['waits for what others do first', 'waiting', { status: refused('WaitingForBootstrapData') }],
  ['waits for a host that is free', 'waiting-for-host', { status: refused('AssociateBareMetalHostFailed') }],
  ['is provisioned on its host', 'provisioning', { metadata: withHost }],
  ['is there', 'provisioned', { metadata: withHost, status: { initialization: { provisioned: true } } }],
  [
    'goes, whatever it was',
    'deleting',
    {
      metadata: { ...withHost, deletionTimestamp: lastTransitionTime },
      status: { initialization: { provisioned: true } },
    },
  ],
])('a machine that %s counts as %s', (_sentence, state, known) => {
  expect(machineState(aMetal3Machine(known))).toBe(state);
});

test('machines are counted by namespace and state, with zeros for what nothing is in', async () => {
  const registry = new Registry();
  const machines = [aMetal3Machine(), aMetal3Machine({ metadata: { namespace: 'other', ...withHost } })];
  machineMetrics(registry, { list: () => machines });
  const text = await registry.metrics();
  expect(text).toContain('metal3_capm3_machines{machine_namespace="metal3",state="waiting"} 1');
  expect(text).toContain('metal3_capm3_machines{machine_namespace="metal3",state="waiting-for-host"} 0');
  expect(text).toContain('metal3_capm3_machines{machine_namespace="other",state="provisioning"} 1');
});
