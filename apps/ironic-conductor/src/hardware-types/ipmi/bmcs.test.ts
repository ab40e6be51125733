import { expect, test } from '@jest/globals';
import { type IpmiInfo, readIpmiInfo } from '@metal3/node';
import { fakeClock } from '@metal3/testing';
import { ipmiBmcs } from './bmcs.ts';
import type { IpmitoolCall, IpmitoolResult } from './ipmitool.ts';

const { signal } = new AbortController();
const options = { signal, timeoutMs: 1_000 };

function infoOf(given: Readonly<Record<string, string>> = {}): IpmiInfo {
  const read = readIpmiInfo({ ipmi_address: '192.0.2.1', ipmi_username: 'admin', ipmi_password: 'secret', ...given });
  if ('problem' in read) throw new Error(read.problem);
  return read.info;
}

/** A BMC whose every answer the test decides; `undefined` is not answered until `answer` is called. */
function bench(say: (call: IpmitoolCall, number: number) => Partial<IpmitoolResult> | undefined) {
  const clock = fakeClock();
  const calls: IpmitoolCall[] = [];
  const open: (() => void)[] = [];
  const bmcs = ipmiBmcs({
    clock,
    spacing: 5_000,
    cipherSuites: ['3', '17'],
    run: async (call) => {
      calls.push(call);
      const said = say(call, calls.length);
      if (said === undefined) await new Promise<void>((resolve) => open.push(resolve));
      return { exit: 0, stdout: '', stderr: '', ...said };
    },
  });
  return { clock, calls, open, bmcs };
}
const suite = ({ args }: IpmitoolCall): string => (args.includes('-C') ? (args[args.indexOf('-C') + 1] ?? '') : 'own');

test('the password is given to ipmitool, and is not on its command line', async () => {
  const { bmcs, calls } = bench(() => ({ stdout: 'on' }));
  await bmcs.call(infoOf(), ['power', 'status'], false, options);
  expect(calls[0]?.password).toBe('secret');
  expect(calls[0]?.args.join(' ')).toBe(
    '-I lanplus -H 192.0.2.1 -L ADMINISTRATOR -U admin -R 1 -N 5 -v -E power status',
  );
});

test.each([
  ['6b6579', 'key', '-K'],
  ['6b657900000000', 'key', '-K'],
  ['ff0a', '\xff\n', '-K'],
  // An environment variable cannot hold this one.
  ['6b0065', undefined, '-y 6b0065'],
])('Kg %s is given to ipmitool as %j, with %s on its command line', async (hex, kg, option) => {
  const { bmcs, calls } = bench(() => ({ stdout: 'on' }));
  await bmcs.call(infoOf({ ipmi_hex_kg_key: hex }), ['power', 'status'], false, options);
  expect(calls[0]?.kg?.toString('latin1')).toBe(kg);
  expect(calls[0]?.args.join(' ')).toContain(`-U admin ${option} -R 1`);
});

test('calls of one BMC follow each other with a pause, and those of another do not wait for them', async () => {
  const { bmcs, calls, open, clock } = bench(({ args }) => (args.includes('192.0.2.2') ? {} : undefined));
  const first = bmcs.call(infoOf(), ['power', 'on'], true, options);
  const second = bmcs.call(infoOf(), ['power', 'status'], false, options);
  await bmcs.call(infoOf({ ipmi_address: '192.0.2.2' }), ['power', 'status'], false, options);
  expect(calls).toHaveLength(2);
  open.shift()?.();
  await first;
  await clock.advance(4_999);
  expect(calls).toHaveLength(2);
  await clock.advance(1);
  expect(calls).toHaveLength(3);
  open.shift()?.();
  await second;
});

test('a call that was given up does not reach the BMC, and the next one does', async () => {
  const { bmcs, calls, open, clock } = bench((_call, number) => (number === 1 ? undefined : {}));
  const given = new AbortController();
  const first = bmcs.call(infoOf(), ['power', 'status'], false, options);
  const second = bmcs.call(infoOf(), ['power', 'on'], true, { ...options, signal: given.signal });
  const third = bmcs.call(infoOf(), ['power', 'off'], true, options);
  given.abort();
  await clock.advance(0);
  open.shift()?.();
  await first;
  await expect(second).rejects.toMatchObject({ kind: 'aborted' });
  await clock.advance(5_000);
  await third;
  expect(calls.map(({ args }) => args.at(-1))).toEqual(['status', 'off']);
});

test("a call whose turn comes when the lease may be another conductor's is not made", async () => {
  const { bmcs, calls } = bench(() => ({}));
  const late = bmcs.call(infoOf(), ['power', 'off'], true, { ...options, mayStart: () => false });
  await expect(late).rejects.toMatchObject({ kind: 'aborted' });
  expect(calls).toEqual([]);
});

test('a BMC that refuses a cipher suite gets the next one, which is used from then on', async () => {
  const refusal = { exit: 1, stderr: 'Error in open session response message : no matching cipher suite\n' };
  const { bmcs, calls, clock } = bench((call) => (suite(call) === '3' ? { stdout: 'fine' } : refusal));
  const said = bmcs.call(infoOf(), ['power', 'status'], false, options);
  await clock.advance(10_000);
  expect(await said).toBe('fine');
  const again = bmcs.call(infoOf(), ['power', 'status'], false, options);
  await clock.advance(5_000);
  await again;
  expect(calls.map(suite)).toEqual(['own', '17', '3', '3']);
});

test('a BMC that does not tell its cipher suites is not asked for them again', async () => {
  const { bmcs, calls, clock } = bench(() => ({ stderr: 'Unable to Get Channel Cipher Suites\n' }));
  await bmcs.call(infoOf(), ['power', 'status'], false, options);
  const again = bmcs.call(infoOf(), ['power', 'status'], false, options);
  await clock.advance(5_000);
  await again;
  expect(calls.map(suite)).toEqual(['own', '3']);
});

test('a cipher suite that the node names is the only one that is tried', async () => {
  const { bmcs, calls } = bench(() => ({ exit: 1, stderr: 'Unsupported cipher suite ID 12\n' }));
  const call = bmcs.call(infoOf({ ipmi_cipher_suite: '12' }), ['power', 'status'], false, options);
  await expect(call).rejects.toMatchObject({ kind: 'config', message: expect.stringContaining('ipmi_cipher_suite') });
  expect(calls.map(suite)).toEqual(['12']);
});

test('a busy BMC is asked again, three times at most', async () => {
  const { bmcs, calls, clock } = bench(() => ({ exit: 1, stderr: 'insufficient resources for session\n' }));
  const call = bmcs.call(infoOf(), ['power', 'on'], true, options);
  const refused = expect(call).rejects.toMatchObject({ kind: 'transient', retryable: true });
  await clock.advance(15_000);
  await refused;
  expect(calls).toHaveLength(3);
});

test.each<[string, boolean, Partial<IpmitoolResult>, string, RegExp]>([
  ['a change without an answer is of unknown effect', true, { exit: null }, 'unknown', /did not answer within 1 sec/],
  ['a look without an answer may be repeated', false, { exit: null }, 'transient', /did not answer/],
  [
    'a wrong password is a matter of driver_info',
    false,
    {
      exit: 1,
      stderr:
        'Loading IANA PEN Registry...\n> RAKP 2 HMAC is invalid\nError: Unable to establish IPMI v2 / RMCP+ session\n',
    },
    'config',
    /^IPMI call failed: power x\. ipmitool says of 192\.0\.2\.1: RAKP 2 HMAC is invalid; correct .*ipmi_password$/,
  ],
  [
    'a name that leads nowhere is one, too',
    false,
    { exit: 1, stderr: 'Address lookup for nowhere failed\nCould not open socket!\n' },
    'config',
    /correct driver_info.ipmi_address/,
  ],
  [
    'a BMC that is away may come back',
    true,
    { exit: 1, stderr: 'Error: Unable to establish IPMI v2 / RMCP+ session\n' },
    'transient',
    /Unable to establish.*; see that the BMC can be reached/,
  ],
  [
    'what a BMC does not have is not asked for again',
    true,
    { exit: 1, stderr: 'Set Chassis Power Control to Diag failed: Invalid command\n' },
    'unsupported',
    /Diag failed/,
  ],
  [
    'anything else is a refusal in its own words',
    true,
    { exit: 1, stderr: 'Set Chassis Power Control to Diag failed: Invalid data field in request\n' },
    'refused',
    /Invalid data field in request$/,
  ],
])('%s', async (_sentence, changes, answer, kind, words) => {
  const { bmcs } = bench(() => answer);
  await expect(bmcs.call(infoOf(), ['power', 'x'], changes, options)).rejects.toMatchObject({
    kind,
    message: expect.stringMatching(words),
  });
});
