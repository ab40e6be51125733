import { expect, test } from '@jest/globals';
import type { BareMetalHostSpec } from '@metal3/metal3-api';
import type { StatusChange } from '../decision.ts';
import { viewOf } from '../testing/view.ts';
import { needsProvisioning, provisioningCancelled } from './intent.ts';

const a = { url: 'http://a' };
const b = { url: 'http://b' };
const install = { method: 'install' };
const upgrade = { method: 'upgrade' };

test.each<
  [
    sentence: string,
    spec: Partial<BareMetalHostSpec>,
    present: NonNullable<StatusChange['provisioning']>,
    wanted: boolean,
  ]
>([
  ['an image on an empty host', { image: a }, {}, true],
  ['an image that is there', { image: a }, { image: a }, false],
  ['no image', {}, {}, false],
  ['an image on a host that is to be off', { image: a, online: false }, {}, false],
  ['a custom method', { customDeploy: install }, {}, true],
  ['a custom method that was used', { customDeploy: install }, { customDeploy: install }, false],
])('provisioning is needed for %s: case %#', (_sentence, spec, present, wanted) => {
  const { host, status } = viewOf('available', { spec, status: { provisioning: present } });
  expect(needsProvisioning(host, status)).toBe(wanted);
});

test.each<
  [
    sentence: string,
    spec: Partial<BareMetalHostSpec>,
    present: NonNullable<StatusChange['provisioning']>,
    cancelled: boolean,
  ]
>([
  ['the same image stays', { image: a }, { image: a }, false],
  [
    'a new checksum never costs a machine',
    { image: { ...a, checksum: 'new' } },
    { image: { ...a, checksum: 'old' } },
    false,
  ],
  ['an image under way is not cancelled', { image: a }, {}, false],
  ['another image replaces it', { image: b }, { image: a }, true],
  ['no image takes it off', {}, { image: a }, true],
  ['another method replaces it', { customDeploy: upgrade }, { customDeploy: install }, true],
  ['the same method stays', { customDeploy: install }, { customDeploy: install }, false],
  [
    'a method with another image replaces it',
    { customDeploy: install, image: b },
    { customDeploy: install, image: a },
    true,
  ],
  ['a method that is no longer wanted goes', { image: a }, { customDeploy: install, image: a }, true],
])('%s', (_sentence, spec, present, cancelled) => {
  const { host, status } = viewOf('provisioned', { spec, status: { provisioning: present } });
  expect(provisioningCancelled(host, status)).toBe(cancelled);
});
