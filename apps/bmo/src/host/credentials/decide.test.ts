import { expect, test } from '@jest/globals';
import { decideCredentials, type CredentialsObservation } from './decide.ts';

const seen = (change: Partial<CredentialsObservation> = {}): CredentialsObservation => ({
  address: 'redfish://192.0.2.1',
  credentialsName: 'bmc',
  secret: { username: ' admin\n', password: 'secret\n' },
  ...change,
});

test('white space around user name and password is not part of them', () => {
  expect(decideCredentials(seen())).toMatchObject({
    kind: 'usable',
    credentials: { username: 'admin', password: 'secret' },
  });
});

test.each<[sentence: string, change: Partial<CredentialsObservation>, problem: object]>([
  ['a missing Secret is looked for again', { secret: undefined }, { problem: 'missing', recheckIn: 10 }],
  [
    'a host must name a Secret',
    { credentialsName: '' },
    { problem: 'invalid', message: expect.stringContaining('spec.bmc.credentialsName') },
  ],
  [
    'a host must name an address',
    { address: '' },
    { problem: 'invalid', message: expect.stringContaining('spec.bmc.address') },
  ],
  [
    'the user name must not be empty',
    { secret: { username: ' ', password: 'secret' } },
    { problem: 'invalid', message: expect.stringContaining("'username'") },
  ],
  [
    'the password must not be empty',
    { secret: { username: 'admin' } },
    { problem: 'invalid', message: expect.stringContaining("'password'") },
  ],
  [
    'the driver must be known',
    { address: 'ilo4://192.0.2.1' },
    { problem: 'invalid', message: expect.stringContaining("unknown BMC type 'ilo4'") },
  ],
])('%s', (_sentence, change, problem) => {
  expect(decideCredentials(seen(change))).toMatchObject({ kind: 'unusable', ...problem });
});

test('what cannot change by itself is not looked at again', () => {
  expect(decideCredentials(seen({ address: '' }))).not.toHaveProperty('recheckIn');
});
