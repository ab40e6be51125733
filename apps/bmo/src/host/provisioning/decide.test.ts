import { expect, test } from '@jest/globals';
import { viewOf, type ViewOptions } from '../testing/view.ts';
import { decideProvisioning } from './decide.ts';

const image = { url: 'http://images.example/os.qcow2', checksum: 'abc', checksumType: 'sha256' } as const;
const deployed = { image_source: image.url, image_os_hash_algo: 'sha256', image_os_hash_value: 'abc' };
const verb = (name: string): object => expect.objectContaining({ kind: 'ask', request: { do: 'verb', verb: name } });
const wait = expect.objectContaining({ kind: 'wait' });
const leave = expect.objectContaining({ kind: 'advance', to: 'deprovisioning' });
const failed = (message: string): object => ({
  kind: 'fail',
  type: 'provisioning error',
  message: expect.stringContaining(message),
});
const failure = { provisionState: 'deploy failed', lastError: 'image is 404', instanceInfo: deployed } as const;
const running = { provisionState: 'active', instanceInfo: deployed } as const;

test.each<[sentence: string, options: ViewOptions, decision: object]>([
  ['cleans the machine first', {}, verb('provide')],
  ['deploys to a clean machine', { node: { provisionState: 'available' } }, { kind: 'deploy' }],
  ['waits while Ironic deploys', { node: { provisionState: 'deploying' } }, wait],
  ['waits while the agent writes', { node: { provisionState: 'wait call-back' } }, wait],
  [
    'starts over for a forced reboot',
    { node: { provisionState: 'wait call-back' }, annotations: { 'reboot.metal3.io': '{"force":true}' } },
    verb('deleted'),
  ],
  [
    'is done when Ironic is',
    { node: { provisionState: 'active' } },
    expect.objectContaining({ kind: 'advance', to: 'provisioned' }),
  ],
  [
    'names image, checksum and cause of a failure',
    { node: failure },
    failed('http://images.example/os.qcow2 with checksum abc: image is 404'),
  ],
  ['waits for the cause of a failure', { node: { ...failure, lastError: '' } }, wait],
  [
    'deploys another image after a failure without further ado',
    { node: { ...failure, instanceInfo: { image_source: 'http://other' } } },
    { kind: 'deploy' },
  ],
  [
    'undoes the deployment of an image that is no longer the wanted one',
    {
      spec: { image: { ...image, url: 'http://images.example/new.qcow2' } },
      node: { provisionState: 'wait call-back', instanceInfo: deployed },
    },
    leave,
  ],
  [
    'does not take a machine that runs another image for provisioned',
    { spec: { image: { ...image, format: 'live-iso', url: 'http://images.example/new.iso' } }, node: running },
    leave,
  ],
  [
    'a new checksum costs nobody a running machine',
    { spec: { image: { ...image, checksum: 'def' } }, node: running },
    expect.objectContaining({ kind: 'advance', to: 'provisioned' }),
  ],
  ['undoes what failed', { status: { errorType: 'provisioning error', errorCount: 1 } }, leave],
  ['undoes what is no longer wanted', { spec: {}, more: {} }, leave],
  [
    'mends a failed cleaning',
    { node: { provisionState: 'clean failed', maintenance: true } },
    { kind: 'ask', request: { do: 'maintenance', on: false } },
  ],
  ['takes the machine back after a failed cleaning', { node: { provisionState: 'clean failed' } }, verb('manage')],
  ['refuses an image without checksum', { spec: { image: { url: image.url } } }, failed('image.checksum is missing')],
  [
    'reports the failure of a custom deployment',
    { spec: { customDeploy: { method: 'install' } }, node: { provisionState: 'deploy failed', lastError: 'no' } },
    failed('custom method install: no'),
  ],
])('%s', (sentence, options, decision) => {
  const spec = options.spec ?? { image };
  expect([sentence, decideProvisioning(viewOf('provisioning', { ...options, spec }))]).toEqual([sentence, decision]);
});

test('a failed attempt is counted', () => {
  const view = viewOf('provisioning', {
    spec: { image },
    status: { errorType: 'provisioning error', provisioningFailCount: 1 },
  });
  expect(decideProvisioning(view)).toMatchObject({ notes: { status: { provisioningFailCount: 2 } } });
});

test('what was deployed is recorded', () => {
  const view = viewOf('provisioning', { spec: { image }, node: { provisionState: 'active' } });
  expect(decideProvisioning(view)).toMatchObject({
    notes: { status: { provisioningFailCount: 0, provisioning: { image } } },
  });
});
