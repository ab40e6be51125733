import { expect, test } from '@jest/globals';
import { configDrive, HostConfigDataError, secretValue } from './config-drive.ts';

const identity = { name: 'host-1', namespace: 'metal', uid: 'uid-1' };
const none = { userData: undefined, networkData: undefined, metaData: undefined };

test('metadata of the host comes first and is overridden key by key', () => {
  expect(configDrive(identity, { ...none, metaData: 'name: other\nrole: worker\n' })).toEqual({
    meta_data: {
      uuid: 'uid-1',
      'metal3-namespace': 'metal',
      'metal3-name': 'host-1',
      'local-hostname': 'host-1',
      local_hostname: 'host-1',
      name: 'other',
      role: 'worker',
    },
  });
});

test('network data may be YAML or JSON, user data is passed on as it is', () => {
  const data = { userData: '#cloud-config\n', networkData: '{"links":[]}', metaData: undefined };
  expect(configDrive(identity, data)).toMatchObject({ user_data: '#cloud-config\n', network_data: { links: [] } });
  expect(configDrive(identity, { ...none, networkData: 'links: []' })).toMatchObject({ network_data: { links: [] } });
});

test.each([
  ['a list', '- a'],
  ['a word', 'links'],
  ['broken YAML', '{'],
])('network data that is %s is refused', (_what, networkData) => {
  expect(() => configDrive(identity, { ...none, networkData })).toThrow(HostConfigDataError);
});

test.each<
  [sentence: string, hostData: 'userData' | 'networkData', secret: Record<string, string>, value: string | undefined]
>([
  ['the key of its own name wins', 'userData', { userData: 'a', value: 'b' }, 'a'],
  ['the key "value" is what bootstrap providers write', 'userData', { value: 'b' }, 'b'],
  ['network data may be missing', 'networkData', {}, undefined],
])('%s', (_sentence, hostData, secret, value) => {
  expect(secretValue(hostData, secret, 'name')).toBe(value);
});

test('user data that is named must be there', () => {
  expect(() => secretValue('userData', {}, 'user')).toThrow(
    'Secret "user" has neither the key userData nor the key value',
  );
});
