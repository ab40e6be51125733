import { expect, test } from '@jest/globals';
import { configMap, silentLog } from '@metal3/kube-client';
import { memoryKubernetes } from '@metal3/kube-testing';
import { fakeClock } from '@metal3/testing';
import { eventRecorder, kubeEvent } from './events.ts';

test('folds repeats into one Event with a count and never fails', async () => {
  const clock = fakeClock();
  const server = memoryKubernetes({ now: clock.now });
  const events = eventRecorder({ client: server, component: 'tester', clock, log: silentLog });
  const object = await server.create(configMap, { metadata: { namespace: 'test', name: 'a' } });

  events.normal(object, 'Registered', 'registered');
  for (let at = 0; at < 10; at++) events.normal(object, 'Registered', 'registered');
  await clock.advance(6_000);
  events.normal(object, 'Registered', 'registered');
  events.warning(object, 'Refused', 'no such BMC');
  await events.flush();

  const { items } = await server.list(kubeEvent, { namespace: 'test' });
  expect(items.map(({ type, reason, count }) => [type, reason, count]).toSorted()).toEqual([
    ['Normal', 'Registered', 12],
    ['Warning', 'Refused', 1],
  ]);
  expect(items[0]).toMatchObject({
    involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace: 'test', uid: object.metadata.uid },
    source: { component: 'tester' },
  });

  server.down = true;
  events.normal(object, 'Lost', 'lost');
  await events.flush();
});
