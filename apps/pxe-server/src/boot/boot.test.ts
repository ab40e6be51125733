import { create } from '@bufbuild/protobuf';
import { expect, test } from '@jest/globals';
import { BootEntrySchema, type BootEntry } from '@metal3/boot-client';
import { artefactUrls, byArchitecture } from './artefacts.ts';
import { bootEntries, readMac, servesNetworkBoot } from './entries.ts';

const entry = (more: Partial<Omit<BootEntry, '$typeName' | '$unknown'>>): BootEntry =>
  create(BootEntrySchema, { nodeUuid: 'n1', capability: 'c1', kind: 'agent', cpuArchitecture: 'x86_64', ...more });

test.each([
  ['52:54:00:AA:BB:01', '52:54:00:aa:bb:01'],
  ['52-54-00-aa-bb-01', '52:54:00:aa:bb:01'],
  ['525400aabb01', '52:54:00:aa:bb:01'],
  ['52:54:00:aa:bb', undefined],
  ['zz:54:00:aa:bb:01', undefined],
  ['', undefined],
])('"%s" is the MAC address %s', (text, mac) => {
  expect(readMac(text)).toBe(mac);
});

test('an entry is found by what it has now, never by what it had', () => {
  const entries = bootEntries();
  entries.changed('n1', entry({ macAddresses: ['52:54:00:00:00:01'] }));
  entries.changed('n1', entry({ capability: 'c2', macAddresses: ['52:54:00:00:00:02'] }));
  expect(entries.byCapability('c1')).toBeUndefined();
  expect(entries.byMac('52:54:00:00:00:01')).toBeUndefined();
  expect(entries.byCapability('c2')?.nodeUuid).toBe('n1');
  entries.changed('n1', undefined);
  expect(entries.byCapability('c2')).toBeUndefined();
});

test('a MAC address that moved to another node stays with it when the first node goes', () => {
  const entries = bootEntries();
  entries.changed('n1', entry({ macAddresses: ['52:54:00:00:00:01'] }));
  entries.changed('n2', entry({ nodeUuid: 'n2', capability: 'c2', macAddresses: ['52:54:00:00:00:01'] }));
  entries.changed('n1', undefined);
  expect(entries.byMac('52:54:00:00:00:01')?.nodeUuid).toBe('n2');
});

test('who waits for an entry is told when this preparation arrives, not an older one', async () => {
  const entries = bootEntries();
  const waiting = entries.appearance('n1', 'c2', new AbortController().signal);
  entries.changed('n1', entry({}));
  entries.changed('n1', entry({ capability: 'c2' }));
  await expect(waiting).resolves.toMatchObject({ capability: 'c2' });
  await expect(entries.appearance('n1', 'c3', AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
});

test.each([
  ['nofb', true],
  ['nofb boot_method=vmedia', false],
  ['ipa-agent-token=x', false],
])('an entry with the kernel line "%s" may be given to any asker: %s', (kernelParameters, expected) => {
  expect(servesNetworkBoot({ kernelParameters })).toBe(expected);
});

const defaults = {
  kernels: byArchitecture(['x86_64=http://k-x86', 'http://k-any']),
  ramdisks: byArchitecture(['x86_64=http://r-x86']),
  httpLoaders: byArchitecture([]),
  espImages: byArchitecture(['aarch64=http://e-arm']),
};

test.each<[string, Parameters<typeof entry>[0], object]>([
  ['its own pair', { kernelUrl: 'http://k', ramdiskUrl: 'http://r' }, { kernel: 'http://k', ramdisk: 'http://r' }],
  ['the configured pair', {}, { kernel: 'http://k-x86', ramdisk: 'http://r-x86' }],
  [
    'the configured pair when only half is its own',
    { kernelUrl: 'http://k' },
    { kernel: 'http://k-x86', ramdisk: 'http://r-x86' },
  ],
  ['its own boot loader', { espUrl: 'http://e' }, { esp: 'http://e' }],
  ['no boot loader of another architecture', {}, { esp: undefined }],
])('an entry boots %s', (_what, more, urls) => {
  expect(artefactUrls(entry(more), defaults)).toMatchObject(urls);
});

test('an entry without a ramdisk for its architecture is refused by name', () => {
  expect(() => artefactUrls(entry({ cpuArchitecture: 'riscv64' }), defaults)).toThrow(
    expect.objectContaining({ code: 'BOOT-FILES-MISSING', message: expect.stringContaining('no ramdisk') }),
  );
});
