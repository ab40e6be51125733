import { expect, test } from '@jest/globals';
import type { Json } from '../kernel.ts';
import { nodeOf } from '../host/testing/view.ts';
import { mediaOf } from './bmc.ts';
import { subscriptionsBy } from './subscriptions.ts';

/** Answers by method; an Error is thrown. */
function bmc(answers: Readonly<Record<string, Json | Error>>) {
  const asked: unknown[] = [];
  const subscriptions = subscriptionsBy(async (_node, http, method, args) => {
    asked.push([http, method, args]);
    const answer = answers[method];
    if (answer instanceof Error) throw answer;
    return answer;
  });
  return { asked, subscriptions };
}
const node = nodeOf();

test('a machine has media inserted when any of its drives has', () => {
  expect(mediaOf([{ inserted: false }, { inserted: true, media_types: ['Floppy'] }])).toEqual({ inserted: true });
  expect(mediaOf([{ inserted: false, image: '' }])).toEqual({ inserted: false });
  expect(mediaOf(undefined)).toEqual({ inserted: false });
});

test('a subscription is asked for in the words of Ironic, its headers in an order that never changes', async () => {
  const { asked, subscriptions } = bmc({ create_subscription: { Id: '7' } });
  const wanted = { destination: 'https://192.0.2.9/events', context: '', headers: {} };
  expect(await subscriptions.createSubscription(node, wanted)).toBe('7');
  await subscriptions.createSubscription(node, { ...wanted, context: 'rack 7', headers: { 'X-T': 't', Accept: 'a' } });
  expect(asked).toEqual([
    ['POST', 'create_subscription', { Destination: 'https://192.0.2.9/events' }],
    [
      'POST',
      'create_subscription',
      { Destination: 'https://192.0.2.9/events', Context: 'rack 7', HttpHeaders: [{ Accept: 'a' }, { 'X-T': 't' }] },
    ],
  ]);
});

const failure = new Error('Redfish exception occurred');
const listed = (id: string) => ({ Members: [{ '@odata.id': `/redfish/v1/EventService/Subscriptions/${id}` }] });

test('a subscription that the BMC has lost already is ended', async () => {
  const gone = bmc({ delete_subscription: failure, get_all_subscriptions: listed('17') });
  await gone.subscriptions.deleteSubscription(node, '7');
});

test.each([{ left: listed('7') }, { left: new Error('away') }])(
  'one that cannot be ended is told',
  async ({ left }) => {
    const stuck = bmc({ delete_subscription: failure, get_all_subscriptions: left });
    await expect(stuck.subscriptions.deleteSubscription(node, '7')).rejects.toBe(failure);
  },
);
