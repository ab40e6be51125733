import { expect, test } from '@jest/globals';
import { viewOf, type ViewOptions } from '../testing/view.ts';
import { decideDeprovisioning } from './decide.ts';

const image = { url: 'http://images.example/os.qcow2', checksum: 'abc' } as const;
const verb = (name: string): object =>
  expect.objectContaining({ kind: 'ask', request: expect.objectContaining({ do: 'verb', verb: name }) });
const wait = expect.objectContaining({ kind: 'wait' });
const failed = (message: string): object => ({ kind: 'fail', type: 'provisioning error', message });
const failedOnce = { errorType: 'provisioning error', errorCount: 1 } as const;

test.each<[sentence: string, options: ViewOptions, decision: object]>([
  ['takes a running system off the machine', { node: { provisionState: 'active' } }, verb('deleted')],
  ['undoes a failed deployment', { node: { provisionState: 'deploy failed' } }, verb('deleted')],
  ['stops a deployment under way', { node: { provisionState: 'wait call-back' } }, verb('deleted')],
  [
    'settles first whether disks are cleaned',
    { spec: { automatedCleaningMode: 'disabled' }, node: { provisionState: 'active' } },
    {
      kind: 'ask',
      request: { do: 'patch', patch: [{ op: 'add', path: '/automated_clean', value: false }] },
    },
  ],
  ['waits while Ironic cleans', { node: { provisionState: 'cleaning' } }, wait],
  [
    'reports why cleaning failed',
    { node: { provisionState: 'clean failed', lastError: 'no agent' } },
    failed('no agent'),
  ],
  [
    'takes the machine back after the pause',
    { node: { provisionState: 'clean failed', lastError: 'no agent' }, status: failedOnce },
    verb('manage'),
  ],
  ['and cleans it again', { node: { provisionState: 'manageable' }, status: failedOnce }, verb('provide')],
  ['reports an error of Ironic', { node: { provisionState: 'error', lastError: 'no BMC' } }, failed('no BMC')],
  [
    'undoes again after the pause',
    { node: { provisionState: 'error', lastError: 'no BMC' }, status: failedOnce },
    verb('deleted'),
  ],
  [
    'adopts a machine first whose node is new',
    { node: { provisionState: 'enroll' }, status: { provisioning: { image } } },
    wait,
  ],
  [
    'is done with a clean machine',
    { node: { provisionState: 'available' }, status: { provisioning: { image } } },
    expect.objectContaining({ kind: 'advance', to: 'available' }),
  ],
  [
    'a host that is being deleted is powered off next',
    { node: { provisionState: 'available' }, deleting: true },
    expect.objectContaining({ kind: 'advance', to: 'powering off before delete' }),
  ],
  [
    'a host that is being deleted is given up after four failures',
    { node: { provisionState: 'error' }, status: { ...failedOnce, errorCount: 4 }, deleting: true },
    expect.objectContaining({ kind: 'advance', to: 'powering off before delete' }),
  ],
  [
    'without credentials and node there is nothing to do',
    { node: null, deleting: true, more: { bmc: { kind: 'none' } } },
    { kind: 'advance', to: 'deleting' },
  ],
])('%s', (_sentence, options, decision) => {
  expect(decideDeprovisioning(viewOf('deprovisioning', options))).toEqual(decision);
});

test('hardware RAID stays on record, software RAID and hints do not', () => {
  const raid = { hardwareRAIDVolumes: [{ level: '1' }], softwareRAIDVolumes: [{ level: '1' }] } as const;
  const view = viewOf('deprovisioning', {
    node: { provisionState: 'available' },
    status: {
      provisioning: {
        image,
        raid: {
          ...raid,
          hardwareRAIDVolumes: [...raid.hardwareRAIDVolumes],
          softwareRAIDVolumes: [...raid.softwareRAIDVolumes],
        },
      },
    },
  });
  expect(decideDeprovisioning(view)).toMatchObject({
    notes: {
      status: {
        provisioning: {
          image: undefined,
          rootDeviceHints: undefined,
          raid: { hardwareRAIDVolumes: raid.hardwareRAIDVolumes, softwareRAIDVolumes: null },
        },
      },
    },
  });
});
