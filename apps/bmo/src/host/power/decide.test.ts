import { describe, expect, test } from '@jest/globals';
import type { ProvisioningState } from '../states.ts';
import { viewOf, type ViewOptions } from '../testing/view.ts';
import { decidePower } from './decide.ts';

const power = (target: string): object =>
  expect.objectContaining({ kind: 'ask', request: expect.objectContaining({ do: 'power', target }) });
const wait = expect.objectContaining({ kind: 'wait' });
const off = { powerState: 'power off' } as const;

test.each<[sentence: string, state: ProvisioningState, options: ViewOptions, decision: object]>([
  [
    'leaves a host alone that is as wanted',
    'provisioned',
    {},
    expect.objectContaining({ kind: 'wait', reason: 'power is as wanted' }),
  ],
  ['switches a host on', 'available', { node: off }, power('power on')],
  ['asks the operating system to shut down', 'provisioned', { spec: { online: false } }, power('soft power off')],
  [
    'does not ask nicely twice',
    'provisioned',
    { spec: { online: false }, status: { errorCount: 1 } },
    power('power off'),
  ],
  ['waits for a change that is under way', 'available', { node: { ...off, targetPowerState: 'power on' } }, wait],
  [
    'waits until Ironic is done with the machine',
    'available',
    { node: { ...off, targetProvisionState: 'available' } },
    wait,
  ],
  [
    'does not blame an old error for what was not asked yet',
    'available',
    { node: { ...off, lastError: 'cleaning failed' } },
    power('power on'),
  ],
  [
    'reports a change that failed',
    'available',
    { node: { ...off, lastError: 'BMC says no' }, more: { powerAsked: 'on' } },
    { kind: 'fail', type: 'power management error', message: 'Power on failed: BMC says no' },
  ],
  [
    'tries again after the pause',
    'available',
    {
      node: { ...off, lastError: 'BMC says no' },
      more: { powerAsked: 'on' },
      status: { errorType: 'power management error' },
    },
    power('power on'),
  ],
  [
    'an aborted operation is no failure',
    'available',
    { node: { ...off, lastError: 'was aborted' }, more: { powerAsked: 'on' } },
    power('power on'),
  ],
  [
    'reboots by switching off first',
    'provisioned',
    { annotations: { 'reboot.metal3.io': '' } },
    power('soft power off'),
  ],
  [
    'reboots the hard way if any request says so',
    'provisioned',
    { annotations: { 'reboot.metal3.io': '', 'reboot.metal3.io/me': '{"mode":"hard"}' } },
    power('power off'),
  ],
  [
    'a reboot is over when the machine is off',
    'provisioned',
    { node: off, annotations: { 'reboot.metal3.io': '' } },
    { kind: 'note', notes: { dropAnnotations: ['reboot.metal3.io'] } },
  ],
  [
    'a request with a key holds the power off',
    'provisioned',
    { node: off, annotations: { 'reboot.metal3.io/me': '' } },
    wait,
  ],
  [
    'requests do not count while a host is not in use',
    'available',
    { annotations: { 'reboot.metal3.io/me': '' } },
    wait,
  ],
  [
    'forced requests always count',
    'available',
    { annotations: { 'reboot.metal3.io/me': '{"force":true}' } },
    power('soft power off'),
  ],
  [
    'a host that is never off is rebooted instead',
    'provisioned',
    { spec: { disablePowerOff: true }, annotations: { 'reboot.metal3.io': '{"mode":"hard"}' } },
    power('rebooting'),
  ],
  [
    'aborts an inspection to switch off',
    'available',
    { spec: { online: false }, node: { provisionState: 'inspect wait' } },
    expect.objectContaining({ request: { do: 'verb', verb: 'abort' } }),
  ],
  [
    'lets cleaning end before it switches off',
    'available',
    { spec: { online: false }, node: { provisionState: 'cleaning' } },
    wait,
  ],
  [
    'forgets a power error that is over',
    'provisioned',
    { status: { errorType: 'power management error', errorCount: 2 } },
    { kind: 'note', notes: { clearError: true, status: { errorCount: 0 } } },
  ],
  ['believes the last known state of a silent BMC', 'provisioned', { node: { powerState: '' } }, wait],
])('%s', (_sentence, state, options, decision) => {
  expect(decidePower(viewOf(state, options))).toEqual(decision);
});

test('an unreadable reboot request is gentle, and is told of', () => {
  expect(decidePower(viewOf('provisioned', { annotations: { 'reboot.metal3.io': 'now!' } }))).toMatchObject({
    request: { target: 'soft power off' },
    then: { events: [{ reason: 'PowerOff' }, { reason: 'InvalidAnnotationValue' }] },
  });
});

test('a request that is served by a reboot is taken off at once', () => {
  const view = viewOf('provisioned', { spec: { disablePowerOff: true }, annotations: { 'reboot.metal3.io': '' } });
  expect(decidePower(view)).toMatchObject({ then: { dropAnnotations: ['reboot.metal3.io'] } });
});

describe('a host that is never powered off', () => {
  const held = { 'reboot.metal3.io/mine': '{"mode":"hard"}' };
  const spec = { disablePowerOff: true };

  test('is rebooted for a request that stays', () => {
    expect(decidePower(viewOf('provisioned', { spec, annotations: held }))).toEqual(power('rebooting'));
  });

  test('is rebooted for it once', () => {
    const view = viewOf('provisioned', { spec, annotations: held, more: { rebootsServed: Object.keys(held) } });
    expect(decidePower(view)).toMatchObject({ kind: 'wait', reason: expect.stringContaining('never powered off') });
  });

  test('is rebooted again for another request', () => {
    const annotations = { ...held, 'reboot.metal3.io': '' };
    const view = viewOf('provisioned', { spec, annotations, more: { rebootsServed: Object.keys(held) } });
    expect(decidePower(view)).toEqual(power('rebooting'));
  });
});
