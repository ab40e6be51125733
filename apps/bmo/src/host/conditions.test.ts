import { expect, test } from '@jest/globals';
import type { BareMetalHostStatus } from '@metal3/metal3-api';
import { hostConditions } from './conditions.ts';
import type { ProvisioningState } from './states.ts';
import { changed } from './status.ts';
import { nodeOf, now, viewOf } from './testing/view.ts';

const columns = ['Manageable', 'AvailableForProvisioning', 'Provisioned', 'Ready', 'Progressing'] as const;

test.each<[state: ProvisioningState, operationalStatus: BareMetalHostStatus['operationalStatus'], verdicts: string]>([
  ['', '', 'NotManaged NotAvailable NotProvisioned NotProvisioned NotProgressing'],
  ['unmanaged', 'discovered', 'NotManaged NotAvailable NotProvisioned NotProvisioned NotProgressing'],
  ['registering', 'OK', 'Registering NotAvailable NotProvisioned NotProvisioned Registering'],
  ['registering', 'error', 'RegistrationFailed NotAvailable NotProvisioned Error Registering'],
  ['inspecting', 'OK', 'Manageable NotAvailable NotProvisioned NotProvisioned Inspecting'],
  ['preparing', 'OK', 'Manageable NotAvailable NotProvisioned NotProvisioned Preparing'],
  ['available', 'OK', 'Manageable Available NotProvisioned NotProvisioned NotProgressing'],
  ['provisioning', 'OK', 'Manageable NotAvailable NotProvisioned NotProvisioned Provisioning'],
  ['provisioned', 'OK', 'Manageable NotAvailable Provisioned Provisioned NotProgressing'],
  ['provisioned', 'error', 'Manageable NotAvailable Provisioned Error NotProgressing'],
  ['provisioned', 'detached', 'Manageable NotAvailable Provisioned Detached Detached'],
  ['provisioned', 'servicing', 'Manageable NotAvailable Provisioned Servicing NotProgressing'],
  ['deprovisioning', 'OK', 'Manageable NotAvailable NotProvisioned NotProvisioned Deprovisioning'],
  ['powering off before delete', 'OK', 'Manageable NotAvailable NotProvisioned NotProvisioned PoweringOffBeforeDelete'],
  ['deleting', 'OK', 'Manageable NotAvailable NotProvisioned NotProvisioned Deleting'],
])('%s, %s: %s', (state, operationalStatus, verdicts) => {
  const { host, status } = viewOf(state, { status: { operationalStatus } });
  const conditions = new Map(
    hostConditions(host, status, nodeOf(), now).map((condition) => [condition.type, condition.reason]),
  );
  expect(columns.map((column) => conditions.get(column)).join(' ')).toBe(verdicts);
});

test('Ready comes first, the rest by name', () => {
  const { host, status } = viewOf('available');
  const types = hostConditions(host, status, nodeOf(), now).map(({ type }) => type);
  expect(types).toEqual(['Ready', 'AvailableForProvisioning', 'Healthy', 'Manageable', 'Progressing', 'Provisioned']);
});

test('a condition keeps its time while its status stays, and no pass over an unchanged host changes anything', () => {
  const { host, status } = viewOf('provisioned', { status: { operationalStatus: 'error' } });
  const first = changed(status, { conditions: hostConditions(host, status, nodeOf(), now) });
  const second = hostConditions(host, first, nodeOf(), now + 60);
  expect(second).toEqual(first.conditions);
});

test.each([
  ['OK', 'True', 'Healthy'],
  ['Warning', 'False', 'Warning'],
  ['Critical', 'False', 'CriticalError'],
  ['odd', 'Unknown', 'Unknown'],
  ['', 'Unknown', 'Unknown'],
])('health %p is %s %s', (health, value, reason) => {
  const { host, status } = viewOf('available');
  const healthy = hostConditions(host, status, nodeOf({ health }), now).find(({ type }) => type === 'Healthy');
  expect([healthy?.status, healthy?.reason]).toEqual([value, reason]);
});

test('a power failure makes a host unmanageable', () => {
  const { host, status } = viewOf('available');
  const manageable = hostConditions(host, status, nodeOf({ fault: 'power failure' }), now).find(
    ({ type }) => type === 'Manageable',
  );
  expect(manageable?.reason).toBe('PowerFailure');
});
