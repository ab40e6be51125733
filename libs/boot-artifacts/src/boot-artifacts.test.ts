import { expect, test } from '@jest/globals';
import { golden } from '@metal3/testing';
import { grubConfig, ipxeIsoScript, ipxeLocalBootScript, ipxeScript, isolinuxConfig } from './boot-config.ts';
import { buildConfigDrive, decodeConfigDrive, encodeConfigDrive } from './config-drive.ts';
import { piecesOf } from './extents.ts';
import { agentKernelLine, parseKernelLine } from './kernel-line.ts';
import { readIso } from './testing/read-iso.ts';
import { virtualIso, type VirtualIsoEntry } from './virtual-iso.ts';

const goldenFile = (name: string) => new URL(`golden/${name}`, import.meta.url);

const line = agentKernelLine({
  append: 'nofb nomodeset ipa-debug=0 sshkey="ssh-rsa AAAA me@here"',
  apiUrls: ['http://192.0.2.1:6385'],
  inspectionCallbackUrl: 'http://192.0.2.1:6385/v1/continue_inspection',
  inspectionCollectors: ['default', 'logs'],
  agentToken: 'abc$def',
  globalRequestId: 'req-1',
  debug: true,
  insecure: true,
  medium: 'virtual-media',
  agentSettings: { 'lookup-timeout': '600' },
});

test('the kernel line puts what Ironic says after what the operator appended, so that it wins', () => {
  expect(line).toBe(
    'nofb nomodeset ipa-debug=0 sshkey="ssh-rsa AAAA me@here" ipa-api-url=http://192.0.2.1:6385 ' +
      'ipa-inspection-callback-url=http://192.0.2.1:6385/v1/continue_inspection ipa-inspection-collectors=default,logs ' +
      'ipa-agent-token=abc$def ipa-global-request-id=req-1 ipa-debug=1 ipa-insecure=1 ipa-lookup-timeout=600 boot_method=vmedia',
  );
  expect(parseKernelLine(line)).toEqual(
    new Map([
      ['nofb', undefined],
      ['nomodeset', undefined],
      ['ipa-debug', '1'],
      ['sshkey', 'ssh-rsa AAAA me@here'],
      ['ipa-api-url', 'http://192.0.2.1:6385'],
      ['ipa-inspection-callback-url', 'http://192.0.2.1:6385/v1/continue_inspection'],
      ['ipa-inspection-collectors', 'default,logs'],
      ['ipa-agent-token', 'abc$def'],
      ['ipa-global-request-id', 'req-1'],
      ['ipa-insecure', '1'],
      ['ipa-lookup-timeout', '600'],
      ['boot_method', 'vmedia'],
    ]),
  );
});

test('a line break in a parameter is refused, since it would end the line of the boot loader', () => {
  expect(() => agentKernelLine({ append: 'a\nb', apiUrls: [], medium: 'network' })).toThrow(RangeError);
});

const linux = { kernel: '/vmlinuz', ramdisk: '/initrd', parameters: line };
test.each([
  ['grub.cfg', grubConfig(linux, '/boot/grub/45e84635-bc48-83c5-8c5d-456c798a13d3')],
  ['isolinux.cfg', isolinuxConfig(linux)],
  ['agent.ipxe', ipxeScript({ kernel: 'http://192.0.2.1/k', ramdisk: 'http://192.0.2.1/r', parameters: line })],
  ['iso.ipxe', ipxeIsoScript('http://192.0.2.1/deploy.iso')],
  ['local.ipxe', ipxeLocalBootScript()],
])('%s is as recorded', (name, text) => {
  expect(text).toEqual(golden(goldenFile(name), text));
});

test('a config drive holds the files under both versions, and the same content gives the same bytes', () => {
  const content = {
    metaData: { uuid: 'u', name: 'host-0', 'local-hostname': 'host-0' },
    userData: '#cloud-config\nusers: []\n',
    networkData: { links: [], networks: [], services: [] },
  };
  const drive = buildConfigDrive(content);
  expect(drive).toEqual(golden(goldenFile('config-drive.iso'), drive));
  const { label, files } = readIso(drive, 'joliet');
  expect(label).toBe('config-2');
  expect(Object.keys(files).sort()).toEqual([
    'openstack/2012-08-10/meta_data.json',
    'openstack/2012-08-10/network_data.json',
    'openstack/2012-08-10/user_data',
    'openstack/latest/meta_data.json',
    'openstack/latest/network_data.json',
    'openstack/latest/user_data',
  ]);
  expect(JSON.parse(files['openstack/latest/meta_data.json'] ?? '')).toEqual(content.metaData);
  expect(files['openstack/latest/user_data']).toBe(content.userData);
});

test('a config drive survives being carried as Ironic carries it', () => {
  const drive = buildConfigDrive({ userData: Uint8Array.of(0, 255, 1) });
  expect(Buffer.from(decodeConfigDrive(encodeConfigDrive(drive))).equals(Buffer.from(drive))).toBe(true);
});

test.each(['not base64!', 'aGVsbG8='])('"%s" is no config drive', (text) => {
  expect(() => decodeConfigDrive(text)).toThrow(RangeError);
});

test('a config drive that unpacks to more than the limit is refused', () => {
  expect(() => decodeConfigDrive(encodeConfigDrive(new Uint8Array(1_000_000)), 1000)).toThrow(RangeError);
});

const entry = (more: Partial<VirtualIsoEntry> = {}): VirtualIsoEntry => ({
  capability: 'abc',
  kernelParameters: line,
  kernel: { kind: 'foreign', source: 'k', size: 9_000_000, digest: 'digest-k' },
  ramdisk: { kind: 'foreign', source: 'r', size: 70_000_000, digest: 'digest-r' },
  loaders: {},
  ...more,
});

test('a virtual ISO is a few KiB of its own over kernel and ramdisk, and the same entry gives the same image', () => {
  const iso = virtualIso(entry());
  expect(iso.ownBytes).toBeLessThan(64 * 1024);
  expect(iso.size).toBeGreaterThan(79_000_000);
  expect(virtualIso(entry())).toEqual(iso);
  expect([...piecesOf(iso)].filter((piece) => piece.kind === 'foreign')).toEqual([
    { kind: 'foreign', source: 'k', offset: 0, length: 9_000_000 },
    { kind: 'foreign', source: 'r', offset: 0, length: 70_000_000 },
  ]);
});

test('the ETag changes with everything that the bytes depend on', () => {
  const etags = [
    entry(),
    entry({ capability: 'abd' }),
    entry({ kernelParameters: 'x' }),
    entry({ networkData: new Uint8Array(2) }),
    entry({ kernel: { kind: 'foreign', source: 'k', size: 9_000_000, digest: 'other' } }),
    entry({ loaders: { esp: { kind: 'foreign', source: 'e', size: 4_000_000, digest: 'e' } } }),
  ].map((each) => virtualIso(each).etag);
  expect(new Set(etags).size).toBe(etags.length);
});

test('GRUB finds the medium by a file that no other has, so that a config drive of the same label on a disk is never taken for it', () => {
  const small = { kind: 'foreign', source: 'x', size: 0, digest: 'x' } as const;
  const markers = ['abc', 'abd'].map((capability) => {
    const iso = virtualIso(entry({ capability, kernel: small, ramdisk: small, networkData: new Uint8Array(2) }));
    const image = Buffer.concat(
      [...piecesOf(iso)].map((piece) => (piece.kind === 'bytes' ? piece.bytes : new Uint8Array(piece.length))),
    );
    const { files } = readIso(image, 'rock-ridge');
    const grub = files['boot/grub/grub.cfg'] ?? '';
    const marker = /^search --no-floppy --set=root --file \/(\S+)$/m.exec(grub)?.[1] ?? '';
    expect(Object.keys(files)).toContain(marker);
    expect(files['EFI/BOOT/grub.cfg']).toBe(grub);
    return marker;
  });
  expect(new Set(markers).size).toBe(2);
});

test('the medium says which one it is on the kernel line and in its volume descriptor', () => {
  const small = { kind: 'foreign', source: 'x', size: 0, digest: 'x' } as const;
  const iso = virtualIso(
    entry({ kernel: small, ramdisk: small, networkData: new TextEncoder().encode('{"links":[]}') }),
  );
  const image = Buffer.concat(
    [...piecesOf(iso)].map((piece) => (piece.kind === 'bytes' ? piece.bytes : new Uint8Array(piece.length))),
  );
  const { label, files } = readIso(image, 'rock-ridge');
  expect(label).toBe('config-2');
  expect(files['openstack/latest/network_data.json']).toBe('{"links":[]}');
  const publisher = /ir_pub_id=([0-9a-f-]{36})/.exec(files['boot/grub/grub.cfg'] ?? '')?.[1] ?? 'none';
  expect(image.subarray(16 * 2048 + 318, 16 * 2048 + 318 + 36).toString()).toBe(publisher);
  expect(files['isolinux/isolinux.cfg']).toContain(`ir_pub_id=${publisher}`);
});

test('a medium stores less than 64 KiB of its own, however large its loaders, and a thousand share the rest', () => {
  const isolinux = {
    loader: new Uint8Array(40_000).fill(1),
    modules: { 'ldlinux.c32': new Uint8Array(120_000).fill(2) },
  };
  const foreign = (source: string, size: number) => ({ kind: 'foreign', source, size, digest: source }) as const;
  const made = (capability: string) =>
    virtualIso({
      capability,
      kernelParameters: `ipa-api-url=http://a ipa-agent-token=${'t'.repeat(43)}`,
      kernel: foreign('kernel', 10_000_000),
      ramdisk: foreign('ramdisk', 300_000_000),
      loaders: { esp: foreign('esp', 4_000_000), isolinux },
      networkData: new TextEncoder().encode(JSON.stringify({ links: Array.from({ length: 20 }, (_, id) => ({ id })) })),
    });
  const [one, other] = [made('a'), made('b')];
  expect(one.ownBytes).toBeLessThan(64 * 1024);
  expect(one.etag).not.toBe(other.etag);
  const buffers = (iso: typeof one) => new Set(iso.extents.map(({ content }) => (content instanceof Uint8Array ? content.buffer : content))); // prettier-ignore
  expect([...buffers(one)].filter((buffer) => buffers(other).has(buffer)).length).toBeGreaterThanOrEqual(2);
  // The table differs from the loader only in its bytes 8 to 63.
  const loaderAt = one.extents.find(
    ({ content }) => content instanceof Uint8Array && content[0] === 1 && content.length === 64,
  );
  expect(loaderAt).toBeDefined();
});
