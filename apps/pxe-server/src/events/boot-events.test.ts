import { expect, test } from '@jest/globals';
import { testService } from '@metal3/testing';
import { bootEvents } from './boot-events.ts';

test('nodes that are sent to their disk have no capability, and each is told of for itself, once', async () => {
  const { clock, log } = testService('pxe-server');
  const events = bootEvents(clock, log);
  for (const nodeUuid of ['one', 'two', 'one']) events.asked('', { nodeUuid, client: '192.0.2.9', what: 'dhcp-ipxe' });
  events.record({ kind: 'image-cached', detail: 'the event after them' });
  const told = events.watch(0, new AbortController().signal)[Symbol.asyncIterator]();
  const nodes = [];
  for (let event = 0; event < 3; event++) nodes.push((await told.next()).value?.nodeUuid);
  expect(nodes).toEqual(['one', 'two', '']);
});
