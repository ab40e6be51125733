import { expect, test } from '@jest/globals';
import { mask } from '@metal3/node';
import { gist, now, seen, someNode } from '../verbs/seen-for-tests.ts';
import { decideAdoption } from '../verbs/adoption/decide.ts';
import { decideTearDown } from '../verbs/tear-down/decide.ts';
import { decideVerify } from '../verbs/verify/decide.ts';
import { decideAbort } from './abort.ts';
import { failPoint } from './fail-points.ts';
import { emptyJournal, withFailure } from './journal.ts';
import { merged, overlaid } from './overlay.ts';
import { wordsOf } from './problems.ts';
import { effectOf } from './requests.ts';
import { afterFailure, nextTry } from './retry.ts';

const off = { state: 'off', asked: null, seenAt: now, looks: 0 } as const;
const failure = { error: 'no answer', event: 'fail', fault: null } as const;
const look = { kind: 'read-power' } as const;

test('verification looks at the power of the machine, then at what its BMC says of BIOS and firmware', () => {
  expect(gist(decideVerify(seen({ kind: 'verify' })))).toBe('effect {"kind":"read-power"}');
  expect(gist(decideVerify(seen({ kind: 'verify', journal: { power: off } })))).toBe(
    'effect {"kind":"read-firmware","settingsToo":true}',
  );
  expect(gist(decideVerify(seen({ kind: 'verify', journal: { power: off, done: ['firmware-read'] } })))).toBe(
    'end with done',
  );
  expect(decideVerify(seen({ kind: 'verify', journal: { failure } }))).toMatchObject({
    change: {
      event: 'fail',
      patch: { lastError: `Failed to get power state for node ${someNode.uuid}. Error: no answer` },
    },
  });
});

test('adoption looks and ends', () => {
  expect(gist(decideAdoption(seen({ kind: 'adopt' })))).toBe('effect {"kind":"read-power"}');
  expect(gist(decideAdoption(seen({ kind: 'adopt', journal: { power: off } })))).toBe('end with done');
});

test('tearing down switches off, takes the medium out, forgets the instance and goes on to clean', () => {
  const tear = (journal: Parameters<typeof seen>[0]['journal']) =>
    decideTearDown(
      seen({ kind: 'tear-down', node: { provisionState: 'deleting' }, ...(journal === undefined ? {} : { journal }) }),
    );
  expect(gist(tear({}))).toMatch(/set-power.*off/);
  expect(gist(tear({ power: off }))).toBe('effect {"kind":"eject-media"}');
  expect(tear({ power: off, done: ['ejected'] })).toMatchObject({
    kind: 'follow',
    work: { kind: 'clean' },
    change: {
      event: 'clean',
      patch: { instanceInfo: {}, instanceUuid: null },
      agent: null,
      blobs: { 'config-drive': null },
    },
  });
});

test('secure boot is switched off with the instance that wanted it', () => {
  const node = { provisionState: 'deleting', instanceInfo: { capabilities: { secure_boot: 'true' } } } as const;
  expect(gist(decideTearDown(seen({ kind: 'tear-down', node, journal: { power: off, done: ['ejected'] } })))).toBe(
    'effect {"kind":"set-secure-boot","enabled":false}',
  );
});

test('an abort ends a wait at once, and a step that cannot be stopped after itself', () => {
  const waiting = { provisionState: 'clean wait', targetProvisionState: 'available' } as const;
  expect(decideAbort(seen({ node: waiting })).journal.failure).toMatchObject({
    event: 'abort',
    error: expect.stringContaining('aborted'),
  });
  const step = { interface: 'raid', step: 'create_configuration', abortable: false } as const;
  const command = { id: 'c', name: 'x', givenAt: now, lookedAt: now, status: 'running', error: null } as const;
  const steps = { list: [step], finished: 0, hardwareManagerVersion: {} };
  const marked = decideAbort(seen({ node: waiting, journal: { steps, command } }));
  expect(marked.journal.failure).toBeNull();
  expect(marked.change).toEqual({ patch: { cleanStep: { ...step, abort_after: true } } });
});

test('tries of an effect grow apart, and end with what was tried and for how long', () => {
  const first = afterFailure(look, 'HTTP 503', true, seen({ kind: 'deploy' }));
  expect(first).toMatchObject({ again: true, times: 1, pause: 1_000 });
  const { retry } = first.journal;
  const third = { ...(retry ?? { effect: '', first: 0, last: 0, error: '' }), times: 3 };
  expect(nextTry(third) - third.last).toBe(4_000);
  const last = afterFailure(
    look,
    'HTTP 503',
    true,
    seen({ kind: 'deploy', now: now + 600_000, journal: { retry: third } }),
  );
  expect(last.again).toBe(false);
  expect(last.journal.failure?.error).toBe('HTTP 503 (4 tries in 600 seconds while reading the power state)');
});

test('what does not pass by itself is not tried again, and tidying up never hides the failure', () => {
  expect(afterFailure(look, 'HTTP 401', false, seen({})).journal.failure?.error).toBe('HTTP 401');
  const tidied = afterFailure(look, 'HTTP 401', false, seen({ journal: { failure } }));
  expect(tidied.journal).toMatchObject({ failure, done: ['tidied'] });
});

test('a password in the URL of an image is neither in last_error nor in what is logged or traced of its failure', () => {
  const complaint = 'GET https://me:hunter2@images/disk.raw answered 403; token=abc';
  const told = `GET https://${mask}@images/disk.raw answered 403; token=${mask}`;
  expect(wordsOf(new Error(complaint))).toBe(told);
  expect(withFailure(emptyJournal, complaint).failure?.error).toBe(told);
});

test('two changes become one write, unless each fires an event', () => {
  expect(
    merged({ patch: { powerState: 'power off' }, agent: null }, { patch: { progress: 'x' }, event: 'wait' }),
  ).toEqual({
    patch: { powerState: 'power off', progress: 'x' },
    agent: null,
    event: 'wait',
  });
  expect(merged({ event: 'resume' }, { event: 'done' })).toBeUndefined();
  expect(merged({ agent: null }, { agent: { token: 't' } })?.agent).toMatchObject({
    url: null,
    lastHeartbeat: null,
    token: 't',
  });
});

test('a change that is not written yet shows on the node', () => {
  const node = overlaid(
    { ...someNode, provisionState: 'cleaning', targetProvisionState: 'manageable' },
    { event: 'wait', agent: { token: 't' } },
  );
  expect(node).toMatchObject({
    provisionState: 'clean wait',
    targetProvisionState: 'manageable',
    agent: { tokenIssued: true, url: null },
  });
});

test.each([
  [
    'attach-media',
    { device_type: 'dvd', image_url: 'http://x' },
    { kind: 'attach-media', drive: 'cdrom', image: 'http://x' },
  ],
  ['detach-media', { device_types: ['floppy'] }, { kind: 'detach-media', drives: ['floppy'] }],
  ['detach-media', {}, { kind: 'detach-media', drives: ['cdrom', 'floppy', 'usbstick'] }],
  ['set-boot-mode', { boot_mode: 'bios' }, { kind: 'set-boot-mode', mode: 'bios' }],
  ['set-secure-boot', { secure_boot: true }, { kind: 'set-secure-boot', enabled: true }],
  ['abort', {}, undefined],
])('the request %s with %j asks for %j', (kind, args, expected) => {
  expect(effectOf({ kind, args })).toEqual(expected);
});

test('a fail point strikes at its name and its count', () => {
  let struck = 0;
  const reached = failPoint('deploy.insert-media.performed#2', () => (struck += 1));
  for (const name of [
    'other',
    'deploy.insert-media.performed',
    'deploy.insert-media.performed',
    'deploy.insert-media.performed',
  ])
    reached(name);
  expect(struck).toBe(1);
});
