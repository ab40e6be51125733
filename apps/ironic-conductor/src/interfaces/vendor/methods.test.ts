import { expect, test } from '@jest/globals';
import { fakeMachine } from '../../hardware-types/fake-hardware.ts';
import type { EventSubscription, Machine } from '../machine.ts';
import { vendorMethodOf } from './methods.ts';

const { signal } = new AbortController();

function machine(): { readonly machine: Machine; readonly calls: unknown[] } {
  const calls: unknown[] = [];
  const one: EventSubscription = {
    id: '7',
    context: 'c',
    destination: 'http://a/',
    eventTypes: ['Alert'],
    protocol: 'Redfish',
  };
  return {
    calls,
    machine: {
      ...fakeMachine({ powerState: null }),
      ejectMedia: (drive) => (calls.push(drive), Promise.resolve()),
      subscriptions: {
        create: (wanted) => (calls.push(wanted), Promise.resolve(one)),
        get: () => Promise.resolve(one),
        delete: (id) => (calls.push(id), Promise.resolve()),
        list: () => Promise.resolve(['/s/7']),
      },
    },
  };
}

test('a subscription is made with what is usual where the caller does not say, and shown as Redfish spells it', async () => {
  const { machine: bmc, calls } = machine();
  const made = await vendorMethodOf('redfish', 'create_subscription').run(bmc, { Destination: 'http://a/' }, signal);
  expect(calls).toEqual([
    { destination: 'http://a/', context: '', eventTypes: ['Alert'], protocol: 'Redfish', headers: [] },
  ]);
  expect(made).toEqual({ Id: '7', Context: 'c', Destination: 'http://a/', EventTypes: ['Alert'], Protocol: 'Redfish' });
});

test('it is listed, shown and deleted by its id', async () => {
  const { machine: bmc, calls } = machine();
  expect(await vendorMethodOf('redfish', 'get_all_subscriptions').run(bmc, {}, signal)).toMatchObject({
    Members: [{ '@odata.id': '/s/7' }],
    'Members@odata.count': 1,
  });
  expect(await vendorMethodOf('redfish', 'get_subscription').run(bmc, { id: '7' }, signal)).toMatchObject({ Id: '7' });
  expect(await vendorMethodOf('redfish', 'delete_subscription').run(bmc, { id: '7' }, signal)).toBeUndefined();
  expect(calls).toEqual(['7']);
});

test('media are taken out of the drive named, or of all', async () => {
  const { machine: bmc, calls } = machine();
  await vendorMethodOf('redfish', 'eject_vmedia').run(bmc, { boot_device: 'cdrom' }, signal);
  await vendorMethodOf('redfish', 'eject_vmedia').run(bmc, {}, signal);
  expect(calls).toEqual(['cdrom', 'cdrom', 'floppy', 'usbstick']);
});

test('over IPMI bytes are sent, and the BMC is restarted: warm where the caller does not say', async () => {
  const calls: unknown[] = [];
  const raw: Machine['raw'] = {
    send: (bytes) => (calls.push(bytes), Promise.resolve()),
    resetBmc: (warm) => (calls.push(warm), Promise.resolve()),
  };
  const bmc = { ...machine().machine, raw };
  await vendorMethodOf('ipmitool', 'send_raw').run(bmc, { raw_bytes: '0x00 0x01' }, signal);
  await vendorMethodOf('ipmitool', 'bmc_reset').run(bmc, {}, signal);
  await vendorMethodOf('ipmitool', 'bmc_reset').run(bmc, { warm: 'False' }, signal);
  expect(calls).toEqual(['0x00 0x01', true, false]);
  expect(vendorMethodOf('ipmitool', 'send_raw').changes).toBe(true);
  await expect(vendorMethodOf('ipmitool', 'send_raw').run(bmc, {}, signal)).rejects.toThrow('raw_bytes is missing');
});

test.each([
  ['create_subscription', {}, /needs Destination/],
  ['create_subscription', { Destination: 'ftp://a/' }, /http or https/],
  ['create_subscription', { Destination: 'http://a/', EventTypes: 'Alert' }, /EventTypes must be a list/],
  ['create_subscription', { Destination: 'http://a/', Protocol: 7 }, /Protocol must be text/],
  ['create_subscription', { Destination: 'http://a/', HttpHeaders: { a: 'b' } }, /HttpHeaders must be a list/],
  ['get_subscription', {}, /Missing argument id/],
  ['eject_vmedia', { boot_device: 'tape' }, /knows no boot_device "tape"; use cdrom, dvd, floppy, usbstick/],
  ['dance', {}, /No handler for method dance/],
])('%s with %j is refused with what is expected', async (name, args, words) => {
  await expect((async () => vendorMethodOf('redfish', name).run(machine().machine, args, signal))()).rejects.toThrow(
    words,
  );
});
