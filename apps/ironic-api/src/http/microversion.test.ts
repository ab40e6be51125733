import { expect, test } from '@jest/globals';
import { maximumMinor, negotiateMinor, VersionFault } from './microversion.ts';

const ironic = (version: string) => ({ 'x-openstack-ironic-api-version': version });

test.each<[sentence: string, headers: Record<string, string>, minor: number]>([
  ['a request without a version is answered at 1.1', {}, 1],
  ['a version inside the range is taken as it is', ironic('1.46'), 46],
  ['"latest" means the newest', ironic('latest'), maximumMinor],
  [
    'the service header of the guidelines wins',
    { ...ironic('1.10'), 'openstack-api-version': 'compute 2.1, baremetal 1.20' },
    20,
  ],
  ['a service header for other services is ignored', { ...ironic('1.10'), 'openstack-api-version': 'compute 2.1' }, 10],
])('%s', (_sentence, headers, minor) => {
  expect(negotiateMinor(headers, false)).toBe(minor);
});

test.each<[sentence: string, version: string, showRange: boolean]>([
  ['a minor version beyond the newest is refused with the range', '1.999', true],
  ['another major version is refused with the range', '2.0', true],
  ['what is no version is refused without the range', 'abc', false],
])('%s', (_sentence, version, showRange) => {
  const refused = () => negotiateMinor(ironic(version), false);
  expect(refused).toThrow(VersionFault);
  try {
    refused();
  } catch (error) {
    expect(error).toMatchObject({ httpStatus: 406, showRange, form: 'abort' });
  }
});
