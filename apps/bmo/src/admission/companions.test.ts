import { expect, test } from '@jest/globals';
import type { BMCEventSubscription, BMCEventSubscriptionSpec } from '@metal3/metal3-api';
import { subscriptionUpdateViolations, subscriptionViolations } from './event-subscription.ts';
import { componentsViolations, dataImageViolations } from './fetched.ts';

const metadata = { name: 'one', namespace: 'metal' };
const subscription = (spec: BMCEventSubscriptionSpec): BMCEventSubscription => ({
  apiVersion: 'metal3.io/v1alpha1',
  kind: 'BMCEventSubscription',
  metadata,
  spec: { hostName: 'host-1', destination: 'https://192.0.2.9/events', ...spec },
});
const headers = { name: 'headers', namespace: 'metal' };

test.each<[sentence: string, spec: BMCEventSubscriptionSpec, messages: readonly string[]]>([
  ['is fine with a destination', {}, []],
  ['is fine with headers of its namespace', { httpHeadersRef: headers }, []],
  ['is fine with a slash as path', { destination: 'http://[2001:db8::1]:8080/' }, []],
  ['needs a host', { hostName: '' }, ['hostName cannot be empty']],
  ['needs a destination', { destination: '' }, ['destination cannot be empty']],
  ['needs one that is a URL', { destination: 'here' }, ['destination is invalid']],
  ['needs one with a path', { destination: 'https://192.0.2.9' }, ['must have a trailing slash']],
  ['a query is no path', { destination: 'https://192.0.2.9?a=/b' }, ['must have a trailing slash']],
  ['reads no Secrets of others', { httpHeadersRef: { ...headers, namespace: 'other' } }, ['same namespace']],
  ['says where its Secret is', { httpHeadersRef: { name: 'headers' } }, ['same namespace']],
  ['is told all at once', { hostName: '', destination: '' }, ['hostName', 'destination']],
])('a new event subscription %s', (_sentence, spec, messages) => {
  const found = subscriptionViolations(subscription(spec)).map(({ message }) => message);
  expect(found).toEqual(messages.map((message) => expect.stringContaining(message)));
});

test('an event subscription stays what it is', () => {
  const before = subscription({ httpHeadersRef: headers });
  expect(subscriptionUpdateViolations(before, structuredClone(before))).toEqual([]);
  const [problem] = subscriptionUpdateViolations(before, subscription({ context: 'other' }));
  expect(problem?.message).toBe('subscriptions cannot be updated, please recreate it');
});

test.each([
  ['http://192.0.2.2/data.iso', 0],
  ['oci://registry.example/data:1', 0],
  ['file:///data.iso', 1],
  ['data.iso', 1],
])('whether %s can be fetched', (url, problems) => {
  const common = { apiVersion: 'metal3.io/v1alpha1', metadata };
  expect(dataImageViolations({ ...common, kind: 'DataImage', spec: { url } })).toHaveLength(problems);
  const updates = [
    { component: 'bmc', url: 'https://192.0.2.2/bmc.bin' },
    { component: 'bios', url },
  ];
  const found = componentsViolations({ ...common, kind: 'HostFirmwareComponents', spec: { updates } });
  expect(found.map(({ field }) => field)).toEqual(problems === 0 ? [] : ['spec.updates[1].url']);
});
