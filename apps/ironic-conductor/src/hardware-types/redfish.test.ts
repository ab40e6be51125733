import { expect, test } from '@jest/globals';
import { type BootRequest, RedfishError, type RedfishErrorKind, type RedfishSystem } from '@metal3/redfish';
import { redfishMachine } from './redfish.ts';

const signal = new AbortController().signal;
const url = 'http://192.0.2.1/boot/cap/boot.efi';
const order = { target: 'UefiHttp', enabled: 'Once', mode: 'uefi' } as const;

/** A BMC that fails each order to boot from a URL; `orders` are those that it was given. */
function withoutUrls(kind: RedfishErrorKind) {
  const orders: BootRequest[] = [];
  const system: Partial<RedfishSystem> = {
    setBoot(request) {
      orders.push(request);
      if (request.httpBootUri === undefined) return Promise.resolve(request.enabled);
      return Promise.reject(
        new RedfishError('HttpBootUri', { kind, method: 'PATCH', path: '/redfish/v1/Systems/1', origin: '' }),
      );
    },
  };
  return { orders, machine: redfishMachine(system as RedfishSystem, 1000) };
}

test('a BMC that takes no URL for HTTP boot is told to boot by HTTP without it, and DHCP names the loader', async () => {
  const { orders, machine } = withoutUrls('refused');
  await machine.setHttpBoot({ url, required: false, persistent: false, mode: 'uefi' }, signal);
  expect(orders).toEqual([{ ...order, httpBootUri: url }, order]);
});

test.each([
  ['refuses the URL of the ISO of this node, which no DHCP server knows', 'refused', true],
  ['did not answer, and may have taken the URL', 'unknown', false],
  ['does not know the credentials', 'auth', false],
] as const)('a BMC that %s is not told to boot without it', async (_why, kind, required) => {
  const { orders, machine } = withoutUrls(kind);
  await expect(machine.setHttpBoot({ url, required, persistent: false, mode: 'uefi' }, signal)).rejects.toMatchObject({
    kind,
  });
  expect(orders).toEqual([{ ...order, httpBootUri: url }]);
});

test('every order to a BMC is given with the right to give it, so that one is kept back whose lease is over', async () => {
  const mayStart = () => true;
  const asked: unknown[] = [];
  const reset: RedfishSystem['reset'] = (_type, options) => Promise.resolve(void asked.push(options?.mayStart));
  const insertMedia: RedfishSystem['insertMedia'] = (_type, _image, options) =>
    Promise.resolve(void asked.push(options?.mayStart));
  const machine = redfishMachine({ reset, insertMedia } as Partial<RedfishSystem> as RedfishSystem, 1000, mayStart);
  await machine.changePower('off', 'hard', signal);
  await machine.restart('hard', signal);
  await machine.insertMedia('cdrom', url, signal);
  expect(asked).toEqual([mayStart, mayStart, mayStart]);
});
