import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isSecretKey, mask, maskInstanceInfo, maskSecrets, maskText } from './masking.ts';

test.each([
  'redfish_password',
  'AUTH_TOKEN',
  'image_pull_secret',
  'configdrive',
  'snmp_priv_key',
  'rescue_password',
  'sslkey',
])('%s holds a secret', (key) => {
  expect(isSecretKey(key)).toBe(true);
});

test.each(['redfish_username', 'redfish_address', 'image_checksum', 'capabilities', 'deploy_kernel'])(
  '%s does not',
  (key) => {
    expect(isSecretKey(key)).toBe(false);
  },
);

test('secrets are masked at any depth, and the rest is left as it is', () => {
  const info = { redfish_password: 'p', nested: [{ token: 5, name: 'n' }], redfish_address: 'http://bmc' };
  expect(maskSecrets(info)).toEqual({
    redfish_password: mask,
    nested: [{ token: mask, name: 'n' }],
    redfish_address: 'http://bmc',
  });
});

test('an object without secrets is given back as it is, so that nothing is copied', () => {
  const info = { a: { b: [1, 'x'] } };
  expect(maskSecrets(info)).toBe(info);
});

test.each([
  ['login failed: password=hunter2, user=admin', `login failed: password=${mask}, user=admin`],
  ['GET https://admin:pw@images/disk.img failed', `GET https://${mask}@images/disk.img failed`],
  ['{"token": "abc"}', `{"token": "${mask}"}`],
  ['nothing to hide', 'nothing to hide'],
])('credentials inside text are masked: %s', (text, masked) => {
  expect(maskText(text)).toBe(masked);
});

test('image URL and config drive of an instance are masked whole', () => {
  expect(maskInstanceInfo({ image_url: 'http://x', configdrive: { a: 1 }, image_source: 's' })).toEqual({
    image_url: mask,
    configdrive: mask,
    image_source: 's',
  });
});

test('masking twice masks no more than masking once, and no secret value is left', () => {
  const key = fc.constantFrom('password', 'name', 'my_token', 'items');
  const { tree } = fc.letrec((tie) => ({
    tree: fc.dictionary(key, fc.oneof({ depthSize: 'small' }, fc.constant('s3cr3t'), fc.integer(), tie('tree'))),
  }));
  fc.assert(
    fc.property(tree, (object) => {
      const once = maskSecrets(object as never);
      expect(maskSecrets(once)).toEqual(once);
      const left: string[] = [];
      JSON.stringify(once, (name, value: unknown) => {
        if (isSecretKey(name) && value === 's3cr3t') left.push(name);
        return value;
      });
      expect(left).toEqual([]);
    }),
  );
});
