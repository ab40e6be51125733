import { expect, test } from '@jest/globals';
import {
  concat,
  formatIpv6,
  formatMessage6,
  formatRelayed6,
  identityAssociation,
  latin1,
  messageType6,
  option6,
  parseMessage6,
  readClient6,
  readIdentityAssociation,
  readIpv6,
  u16,
  type Option6,
} from '@metal3/dhcp';
import { readConfig } from '@metal3/service';
import { pxeServerConfig } from '../config.ts';
import { readLoaders } from '../ipxe/loaders.ts';
import { decide6, type Decision6, type Dhcp6World } from './decide.ts';
import { leaseTable6 } from './lease-table.ts';
import { readPlan6 } from './plan.ts';

const ipv6 = (text: string) => readIpv6(text) ?? 0n;
const now = Date.UTC(2026, 0, 1);

function settings(more: object = {}) {
  const env = {
    IRONIC_API_ADDRESS: 'x:1',
    DHCP6_MODE: 'server',
    DHCP6_INTERFACE: 'eth0',
    DHCP6_ADDRESS: '2001:db8::1',
    DHCP6_UNKNOWN_LIMIT: '5',
    DHCP6_SUBNETS: JSON.stringify([
      { network: '2001:db8::/64', range: '2001:db8::1000-2001:db8::1fff', dnsServers: ['2001:db8::53'] },
      { network: '2001:db8:1::/64', range: '2001:db8:1::10-2001:db8:1::1f' },
    ]),
    DHCP6_RESERVATIONS: '52:54:00:00:00:09=2001:db8::9',
  };
  const request = readConfig(pxeServerConfig, { env, argv: [] });
  if (request.kind !== 'run') throw new Error('no configuration');
  return { ...request.config.dhcp6, ...more };
}

function world(more: Partial<Dhcp6World> = {}) {
  const plan = readPlan6(settings());
  const leases = leaseTable6();
  const around: Dhcp6World = {
    now,
    plan,
    leases,
    unknown: 'ignore',
    isKnown: (mac) => mac.startsWith('52:54:00'),
    loaders: readLoaders(['efi-x86_64=snponly.efi', 'efi-arm64=snponly-arm64.efi']),
    httpUrl: 'http://[2001:db8::1]:6180',
    ...more,
  };
  return {
    leases,
    duid: plan.duid,
    ask(
      type: number,
      mac: string,
      options: readonly Option6[] = [],
      at: Partial<Dhcp6World> & { link?: bigint } = {},
    ): Decision6 {
      const clientId = concat([u16(3), u16(1), Buffer.from(mac.replaceAll(':', ''), 'hex')]);
      const message = { type, transaction: 5, options: [{ code: option6.clientId, data: clientId }, ...options] };
      const relays = at.link === undefined ? [] : [{ hops: 0, link: at.link, peer: 7n, options: [] }];
      const read = parseMessage6(relays.length === 0 ? formatMessage6(message) : formatRelayed6(message, relays));
      const decision = decide6({ ...read, client: readClient6(read, undefined) }, { ...around, ...at });
      if (decision.kind === 'reply') for (const change of decision.changes) leases.apply(change);
      return decision;
    },
  };
}

const ia = (...addresses: bigint[]): Option6 =>
  identityAssociation({ id: 1, addresses: addresses.map((address) => ({ address, preferred: 0, valid: 0 })) });
const server = (duid: Uint8Array): Option6 => ({ code: option6.serverId, data: duid });

function replied(decision: Decision6) {
  if (decision.kind !== 'reply') throw new Error(`no reply: ${decision.why}`);
  const find = (code: number) => decision.message.options.find((one) => one.code === code)?.data;
  const association = find(option6.iaNa);
  const url = find(option6.bootFileUrl);
  return {
    type: decision.type,
    find,
    url: url === undefined ? undefined : latin1(url),
    given:
      association === undefined
        ? []
        : readIdentityAssociation(association).addresses.map((one) => `${formatIpv6(one.address)} ${one.valid}`),
    status:
      association === undefined
        ? find(option6.statusCode)?.[1]
        : association.length > 40 || association.length === 12
          ? undefined
          : association[17],
  };
}

const first = '52:54:00:00:00:01';

test('a known machine is offered an address, gets it, keeps it, and the same from a server that knows nothing', () => {
  const { ask, duid, leases } = world();
  const offer = replied(ask(messageType6.solicit, first, [ia()]));
  expect(offer.type).toBe('advertise');
  const [address = '', lifetime] = offer.given[0]?.split(' ') ?? [];
  expect([address.startsWith('2001:db8::1'), lifetime]).toEqual([true, '3600']);
  const given = replied(ask(messageType6.request, first, [server(duid), ia(ipv6(address))]));
  expect(given).toMatchObject({ type: 'reply', given: [`${address} 3600`] });
  expect(leases.byAddress(ipv6(address))).toMatchObject({ state: 'bound', mac: first });
  expect(replied(ask(messageType6.renew, first, [server(duid), ia(ipv6(address))])).given).toEqual([`${address} 3600`]);
  expect(replied(world().ask(messageType6.rebind, first, [ia(ipv6(address))])).given).toEqual([`${address} 3600`]);
  expect(replied(world().ask(messageType6.solicit, first, [ia()])).given).toEqual([`${address} 3600`]);
});

test('rapid commit takes two messages instead of four', () => {
  const { ask, leases } = world();
  const reply = replied(ask(messageType6.solicit, first, [ia(), { code: option6.rapidCommit, data: Buffer.of() }]));
  expect([reply.type, reply.find(option6.rapidCommit)?.length, leases.size]).toEqual(['reply', 0, 1]);
});

test('reservations, strangers, relays', () => {
  const { ask } = world();
  expect(replied(ask(messageType6.solicit, '52:54:00:00:00:09', [ia()])).given).toEqual(['2001:db8::9 3600']);
  expect(ask(messageType6.solicit, '02:00:00:00:00:01', [ia()])).toEqual({ kind: 'silent', why: 'unknown-machine' });
  const relayed = replied(ask(messageType6.solicit, first, [ia()], { link: ipv6('2001:db8:1::1') }));
  expect(relayed.given[0]).toMatch(/^2001:db8:1::1[0-9a-f] 3600$/);
  expect(ask(messageType6.solicit, first, [ia()], { link: ipv6('2001:db8:2::1') })).toEqual({
    kind: 'silent',
    why: 'no-subnet',
  });
});

test('messages for another server, and those that must not name one, are left alone', () => {
  const { ask, duid } = world();
  expect(ask(messageType6.request, first, [server(Buffer.of(0, 4, 9)), ia()])).toEqual({
    kind: 'silent',
    why: 'other-server',
  });
  expect(ask(messageType6.request, first, [ia()])).toEqual({ kind: 'silent', why: 'other-server' });
  expect(ask(messageType6.solicit, first, [server(duid), ia()])).toEqual({ kind: 'silent', why: 'other-server' });
});

test('strangers never hold more than their limit', () => {
  const { ask } = world({ unknown: 'discover' });
  const given = Array.from({ length: 40 }, (_, index) => replied(ask(messageType6.solicit, `02:00:00:00:00:${(index + 16).toString(16)}`, [ia()])).given.length); // prettier-ignore
  expect(given.reduce((sum, one) => sum + one, 0)).toBe(5);
  expect(replied(ask(messageType6.solicit, first, [ia()])).given).toHaveLength(1);
});

test('only who holds an address can release or decline it', () => {
  const { ask, duid, leases } = world();
  const address = ipv6(replied(ask(messageType6.solicit, first, [ia()])).given[0]?.split(' ')[0] ?? '');
  ask(messageType6.request, first, [server(duid), ia(address)]);
  ask(messageType6.release, '52:54:00:00:00:02', [server(duid), ia(address)]);
  expect(leases.byAddress(address)?.mac).toBe(first);
  ask(messageType6.decline, first, [server(duid), ia(address)]);
  expect(leases.byAddress(address)?.state).toBe('declined');
  expect(replied(ask(messageType6.solicit, first, [ia()])).given[0]).not.toContain(formatIpv6(address));
});

test('an address that the machine should not have ends, and it gets the right one with it', () => {
  const { ask, duid } = world();
  const given = replied(ask(messageType6.request, first, [server(duid), ia(ipv6('2001:db8:9::1'))])).given;
  expect(given).toHaveLength(2);
  expect(given[1]).toBe('2001:db8:9::1 0');
});

test.each([
  ['2001:db8::1234', 0],
  ['2001:db8:9::1', 4],
])('CONFIRM of %s is answered with status %i', (address, status) => {
  expect(replied(world().ask(messageType6.confirm, first, [ia(ipv6(address))])).status).toBe(status);
});

test.each<[string, string, string | undefined]>([
  ['PXEClient:Arch:00007:UNDI:003001', '', 'tftp://[2001:db8::1]/snponly.efi'],
  ['HTTPClient:Arch:00016:UNDI:003001', '', 'http://[2001:db8::1]:6180/loaders/snponly.efi'],
  ['PXEClient:Arch:00011:UNDI:003000', '', 'tftp://[2001:db8::1]/snponly-arm64.efi'],
  ['HTTPClient:Arch:00019:UNDI:003000', '', 'http://[2001:db8::1]:6180/loaders/snponly-arm64.efi'],
  ['PXEClient:Arch:00007:UNDI:003010', 'iPXE', 'http://[2001:db8::1]:6180/boot.ipxe'],
  ['', '', undefined],
])('vendor class "%s", user class "%s": %s', (vendorClass, userClass, url) => {
  const options = [
    ...(vendorClass === '' ? [] : [{ code: option6.vendorClass, data: Buffer.concat([Buffer.from('00000157', 'hex'), u16(vendorClass.length), Buffer.from(vendorClass)]) }]),
    ...(userClass === '' ? [] : [{ code: option6.userClass, data: Buffer.concat([u16(userClass.length), Buffer.from(userClass)]) }]),
  ]; // prettier-ignore
  const reply = replied(world().ask(messageType6.solicit, first, [ia(), ...options]));
  expect(reply.url).toBe(url);
  const echoed = reply.find(option6.vendorClass);
  expect(echoed === undefined ? undefined : latin1(echoed.subarray(6))).toBe(
    vendorClass.startsWith('HTTP') ? 'HTTPClient' : undefined,
  );
});

test.each([
  ['dhcp6.interface', { interface: '' }],
  ['dhcp6.address', { address: 'x' }],
  ['dhcp6.subnets', { subnets: [] }],
  [
    'dhcp6.subnets[0].range',
    { subnets: [{ network: '2001:db8::/64', range: '2001:db8:1::1-2001:db8:1::2' }], reservations: [] },
  ],
  ['dhcp6.reservations[0]', { reservations: ['52:54:00:00:00:01=2001:db8:9::1'] }],
  ['dhcp6.reservations', { reservations: ['52:54:00:00:00:01=2001:db8::1'] }],
])('a mistake in %s is named', (field, more) => {
  expect(() => readPlan6(settings(more))).toThrow(
    expect.objectContaining({ code: 'BOOT-DHCP-SETTINGS', details: { field } }),
  );
});
