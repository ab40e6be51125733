import { expect, test } from '@jest/globals';
import { changesOf } from './chart-changes.ts';

const changelog = `## 0.2.0 (2026-03-01)

### 🚀 Features

- **ipam:** pod monitors, for clusters without a Service of their own

### ⚠️  Breaking Changes

- the value \`port\` is called \`ports.grpc\`

### 🩹 Fixes

- the check ends in time

### ❤️ Thank You

- Somebody

## 0.1.0 (2026-01-01)

### 🚀 Features

- the first release
`;

test('what is new, other than before and mended in a version is told, and nobody who is thanked', () => {
  expect(changesOf(changelog, '0.2.0')).toEqual([
    { kind: 'added', description: 'ipam: pod monitors, for clusters without a Service of their own' },
    { kind: 'changed', description: 'the value `port` is called `ports.grpc`' },
    { kind: 'fixed', description: 'the check ends in time' },
  ]);
});

test('of the last version in the file everything to its end is told', () => {
  expect(changesOf(changelog, '0.1.0')).toEqual([{ kind: 'added', description: 'the first release' }]);
});

test('a version that the changelog does not have has no changes', () => {
  expect(changesOf(changelog, '0.2')).toEqual([]);
});
