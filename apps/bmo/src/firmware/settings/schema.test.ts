import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { FirmwareSetting } from '../../provisioner/firmware.ts';
import { schemaName, schemasOf } from './schema.ts';
import { settingProblem } from './validate.ts';

const bootMode: FirmwareSetting = {
  name: 'BootMode',
  value: 'Uefi',
  type: 'Enumeration',
  allowableValues: ['Uefi', 'Bios'],
  readOnly: false,
};
const retries: FirmwareSetting = { name: 'Retries', value: '3', type: 'Integer', lowerBound: 0, upperBound: 10 };
const assetTag: FirmwareSetting = { name: 'AssetTag', value: '', type: 'String', minLength: 1, maxLength: 4 };
const password: FirmwareSetting = { name: 'AdminPassword', value: '', type: 'Password' };
const turbo: FirmwareSetting = { name: 'Turbo', value: 'True', type: 'Boolean' };
const fixed: FirmwareSetting = { name: 'Serial', value: 'x', type: 'String', readOnly: true, unique: true };
const all = [bootMode, retries, assetTag, password, turbo, fixed];

test('the name of a schema follows from all that the settings say, as upstream makes it', () => {
  const words = '[Bios BootMode Enumeration Uefi false]';
  expect(schemaName([bootMode])).toBe(`schema-${createHash('sha256').update(words).digest('hex').slice(0, 8)}`);
});

test('in whatever order they say it, and whatever their values are', () => {
  const other = all.toReversed().map((setting) => ({ ...setting, value: 'other' }));
  expect(schemaName(other)).toBe(schemaName(all));
  expect(schemaName([bootMode, { ...retries, upperBound: 11 }])).not.toBe(schemaName([bootMode, retries]));
});

test('a schema has what each setting takes, in the words of the CRD, and no passwords', () => {
  expect(schemasOf(all)).toEqual({
    BootMode: { attribute_type: 'Enumeration', allowable_values: ['Uefi', 'Bios'], read_only: false },
    Retries: { attribute_type: 'Integer', lower_bound: 0, upper_bound: 10 },
    AssetTag: { attribute_type: 'String', min_length: 1, max_length: 4 },
    Turbo: { attribute_type: 'Boolean' },
    Serial: { attribute_type: 'String', read_only: true, unique: true },
  });
});

test.each<[name: string, value: number | string, problem: string | undefined]>([
  ['BootMode', 'Bios', undefined],
  ['BootMode', 'Network', 'unknown enumeration value "Network": use one of Uefi, Bios'],
  ['Retries', 10, undefined],
  ['Retries', '0', undefined],
  ['Retries', 11, 'integer 11 is above maximum value 10'],
  ['Retries', -1, 'integer -1 is below minimum value 0'],
  ['Retries', 'many', '"many" is no integer'],
  ['AssetTag', 'abcd', undefined],
  ['AssetTag', 'äöü', 'string length 6 is above maximum value 4'],
  ['AssetTag', '', 'string length 0 is below minimum value 1'],
  ['Turbo', 'false', undefined],
  ['Turbo', 'yes', '"yes" is not true or false'],
  ['Serial', 'y', 'it is read only'],
  ['AdminPassword', 'secret', 'passwords can not be set'],
  ['Unheard', 'of', 'it is not in the associated schema'],
])('%s may be %p: %p', (name, value, problem) => {
  expect(settingProblem(name, value, schemasOf(all))).toBe(problem && `Setting ${name} is invalid, ${problem}`);
});
