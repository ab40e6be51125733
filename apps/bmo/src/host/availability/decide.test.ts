import { expect, test } from '@jest/globals';
import { viewOf, type ViewOptions } from '../testing/view.ts';
import { decideAvailability } from './decide.ts';

const image = { url: 'http://images.example/os.qcow2', checksum: 'abc' } as const;
const goes = (to: string): object => expect.objectContaining({ kind: 'advance', to });
const atRest = expect.objectContaining({ kind: 'wait', reason: 'power is as wanted' });

test.each<[sentence: string, options: ViewOptions, decision: object]>([
  ['a host that nobody wants rests', {}, atRest],
  ['an image is put on it', { spec: { image } }, goes('provisioning')],
  ['a custom method is carried out', { spec: { customDeploy: { method: 'install' } } }, goes('provisioning')],
  ['not while it is to be off', { spec: { image, online: false }, node: { powerState: 'power off' } }, atRest],
  ['an inspection is repeated on request', { annotations: { 'inspect.metal3.io': '' } }, goes('inspecting')],
  ['not where inspection is disabled', { annotations: { 'inspect.metal3.io': 'disabled' } }, atRest],
  [
    'what somebody else provisioned is taken as it is',
    { spec: { externallyProvisioned: true } },
    goes('externally provisioned'),
  ],
  [
    'other root device hints are settled first',
    { spec: { image }, status: { provisioning: { rootDeviceHints: { deviceName: '/dev/vda' } } } },
    goes('preparing'),
  ],
  [
    'an image that failed too often is not tried again',
    { spec: { image }, status: { provisioningFailCount: 3, lastAttemptedImage: image } },
    expect.objectContaining({ kind: 'fail', type: 'provisioning error', message: expect.stringContaining('3 times') }),
  ],
  [
    'a custom method that failed too often is not either',
    { spec: { customDeploy: { method: 'install' } }, status: { provisioningFailCount: 3 } },
    expect.objectContaining({ kind: 'fail', type: 'provisioning error' }),
  ],
  [
    'a changed image is',
    {
      spec: { image: { ...image, checksum: 'def' } },
      status: { provisioningFailCount: 3, lastAttemptedImage: image },
    },
    expect.objectContaining({
      notes: { status: { provisioningFailCount: 0, lastAttemptedImage: { ...image, checksum: 'def' } } },
    }),
  ],
  [
    'without an image failures are forgotten',
    { status: { provisioningFailCount: 3, lastAttemptedImage: image } },
    { kind: 'note', notes: { status: { provisioningFailCount: 0, lastAttemptedImage: undefined } } },
  ],
])('%s', (_sentence, options, decision) => {
  expect(decideAvailability(viewOf('available', options))).toEqual(decision);
});
