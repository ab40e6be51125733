import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { startFleet } from '../src/index.ts';
import { Bench, kernel, ramdisk, until } from './bench.ts';
import type { IsoContent } from './iso-writer.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start({ hosts: 2 });
});
beforeEach(() => bench.reset());
afterAll(() => bench.stop());

const on = { body: { ResetType: 'On' } };
const reset = '/redfish/v1/Systems/{id}/Actions/ComputerSystem.Reset';
const grub =
  (kernelPath = '/vmlinuz', initrdPath = '/initrd') =>
  () =>
    `menuentry "x" {\n linux ${kernelPath} ipa-api-url=http://127.0.0.1:1\n initrd ${initrdPath}\n}\n`;

test.each<[what: string, iso: (line: () => string) => Partial<IsoContent>, reason: RegExp]>([
  ['without an El Torito entry', () => ({ boot: [] }), /no El Torito boot entry for uefi/],
  ['for BIOS firmware only', () => ({ boot: ['bios'] }), /no El Torito boot entry for uefi firmware \(it has: bios\)/],
  [
    'without a boot loader configuration',
    () => ({ files: { '/vmlinuz': kernel, '/initrd': ramdisk } }),
    /no boot loader configuration/,
  ],
  [
    'whose kernel is missing',
    () => ({ files: { '/boot/grub/grub.cfg': grub()(), '/initrd': ramdisk } }),
    /vmlinuz is not on the medium/,
  ],
  [
    'whose ramdisk is missing',
    () => ({ files: { '/boot/grub/grub.cfg': grub()(), '/vmlinuz': kernel } }),
    /initrd is not on the medium/,
  ],
  [
    'whose kernel is no kernel',
    () => ({ files: { '/boot/grub/grub.cfg': grub()(), '/vmlinuz': 'hello', '/initrd': ramdisk } }),
    /vmlinuz is no Linux kernel/,
  ],
  [
    'whose ramdisk is no ramdisk',
    () => ({ files: { '/boot/grub/grub.cfg': grub()(), '/vmlinuz': kernel, '/initrd': 'hello' } }),
    /initrd is no initial ramdisk/,
  ],
  ['whose EFI system partition is empty', () => ({ esp: Buffer.alloc(4096) }), /no FAT boot sector/],
  ['that names no kernel', () => ({ files: { '/boot/grub/grub.cfg': 'set timeout=0\n' } }), /names no kernel/],
])('an ISO %s runs no agent', async (_what, iso, reason) => {
  await bench.bootFromIso(
    bench.publishIso(
      bench.agentLine(),
      iso(() => ''),
    ),
  );
  await bench.running('stuck');
  expect(bench.events('boot-failed')[0]?.detail).toMatchObject({ source: 'Cd', reason: expect.stringMatching(reason) });
  expect(bench.events('agent-started')).toEqual([]);
});

test('a truncated ISO runs no agent', async () => {
  const url = bench.publishIso(bench.agentLine());
  const path = new URL(url).pathname;
  const iso = bench.ironic.media.get(path) ?? Buffer.alloc(0);
  bench.ironic.media.set(path, iso.subarray(0, iso.length - 8192));
  await bench.bootFromIso(url);
  await bench.running('stuck');
  expect(bench.events('boot-failed')[0]?.detail).toMatchObject({
    reason: expect.stringMatching(/the medium ends inside this file/),
  });
});

test('a server that does not know ranges cannot serve virtual media', async () => {
  const server = createServer((_request, response) => response.end('everything at once'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await bench.bootFromIso(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x.iso`);
  await bench.running('stuck');
  expect(bench.events('boot-failed')[0]?.detail).toMatchObject({
    reason: expect.stringMatching(/ignores the Range header/),
  });
  await new Promise((resolve) => server.close(resolve));
});

test('an ISO whose kernel line leads to no agent runs as a live system', async () => {
  await bench.bootFromIso(bench.publishIso('quiet splash'));
  await bench.running('os');
  expect(bench.events('os-started')[0]?.detail).toMatchObject({ from: 'medium' });
  expect(bench.ironic.heard.filter(({ path }) => path.startsWith('/v1/'))).toEqual([]);
});

test('BIOS firmware follows isolinux.cfg', async () => {
  const isolinux = `DEFAULT agent\nLABEL agent\n  KERNEL /vmlinuz\n  APPEND initrd=/initrd ${bench.agentLine()}\n`;
  const url = bench.publishIso('', {
    boot: ['bios'],
    files: { '/isolinux/isolinux.cfg': isolinux, '/vmlinuz': kernel, '/initrd': ramdisk },
  });
  await bench.redfish('PATCH', '/redfish/v1/Systems/{id}', { body: { Boot: { BootSourceOverrideMode: 'Legacy' } } });
  await bench.bootFromIso(url);
  await bench.running('agent');
  expect(bench.events('boot')[0]?.detail).toMatchObject({ config: '/isolinux/isolinux.cfg', platform: 'bios' });
});

test('a medium that is inserted but not chosen is not booted', async () => {
  const media = '/redfish/v1/Systems/{id}/VirtualMedia/Cd/Actions/VirtualMedia.InsertMedia';
  await bench.redfish('POST', media, { body: { Image: bench.publishIso(bench.agentLine()) } });
  await bench.redfish('POST', reset, on);
  await bench.running('stuck');
  expect(bench.events('boot-failed')[0]?.detail).toEqual({ source: 'Hdd', reason: 'the disk is empty' });
});

test('an override for once is used up by one start; a continuous one is not', async () => {
  const url = bench.publishIso(bench.agentLine());
  await bench.bootFromIso(url);
  await bench.running('agent');
  expect((await bench.redfish('GET', '/redfish/v1/Systems/{id}')).body.Boot.BootSourceOverrideEnabled).toBe('Disabled');
  await bench.redfish('POST', reset, { body: { ResetType: 'ForceRestart' } });
  await bench.running('stuck');
  const body = { Boot: { BootSourceOverrideTarget: 'Cd', BootSourceOverrideEnabled: 'Continuous' } };
  await bench.redfish('PATCH', '/redfish/v1/Systems/{id}', { body });
  for (let start = 2; start <= 3; start++) {
    await bench.redfish('POST', reset, { body: { ResetType: 'ForceRestart' } });
    await until(
      () => bench.events('agent-started').length === start,
      () => `no start ${start}`,
    );
  }
});

test('network boot follows the iPXE script of the boot server by MAC', async () => {
  const script = [
    '#!ipxe',
    'isset ${net0/mac} && goto found || goto lost',
    ':lost',
    'exit 1',
    ':found',
    'kernel --timeout 5000 ../vmlinuz ${arguments} BOOTIF=01-${mac:hexhyp} ' +
      `ipa-api-url=${bench.ironic.url} initrd=initrd`,
    'initrd ../initrd || goto lost',
    'boot',
  ].join('\n');
  bench.ironic.media.set('/vmlinuz', kernel);
  bench.ironic.media.set('/initrd', ramdisk);
  const fleet = await startFleet({ hosts: 1, timeScale: 0, pxeUrl: `${bench.ironic.url}/pxe/{macDashes}.ipxe` });
  try {
    const machine = fleet.machine('node-0');
    await machine.reset('On', 'test');
    await until(
      () => machine.running.kind === 'stuck',
      () => 'still looking for a boot device',
    );
    bench.ironic.media.set(`/pxe/${machine.identity.macs[0].replaceAll(':', '-')}.ipxe`, Buffer.from(script));
    await machine.reset('ForceRestart', 'test');
    await until(
      () => machine.running.kind === 'agent',
      () => `it is ${machine.running.kind}`,
    );
  } finally {
    await fleet.close();
  }
});

test('firmware that boots over HTTP runs a boot loader only if it is one, and that asks the network', async () => {
  const { ironic } = bench;
  ironic.media.set('/vmlinuz', kernel);
  ironic.media.set('/initrd', ramdisk);
  ironic.media.set('/loader.efi', Buffer.from('no program at all'));
  ironic.media.set(
    '/script',
    Buffer.from('#!ipxe\nkernel /vmlinuz ipa-api-url=http://127.0.0.1:1\ninitrd /initrd\nboot\n'),
  );
  const fleet = await startFleet({ hosts: 1, timeScale: 0, pxeUrl: `${ironic.url}/script` });
  try {
    const machine = fleet.machine('node-0');
    const start = async () => {
      Object.assign(machine.override, { target: 'UefiHttp', enabled: 'Once', httpBootUri: `${ironic.url}/loader.efi` });
      await machine.reset(machine.power === 'On' ? 'ForceRestart' : 'On', 'test');
    };
    const events = (event: string) => fleet.world.ledger.find({ event }).map(({ detail }) => detail);
    await start();
    await until(
      () => events('boot-failed').length > 0,
      () => 'still booting',
    );
    expect(events('boot-failed')[0]).toMatchObject({
      source: 'UefiHttp',
      reason: expect.stringMatching(/is no UEFI program/),
    });
    expect(events('boot-loader')).toEqual([]);
    ironic.media.set('/loader.efi', Buffer.from('MZ a program'));
    await start();
    await until(
      () => events('boot-loader').length > 0 && machine.running.kind === 'agent',
      () => `it is ${machine.running.kind}`,
    );
    expect(events('boot').at(-1)).toMatchObject({ source: 'UefiHttp', url: `${ironic.url}/script` });
  } finally {
    await fleet.close();
  }
});

test('an image that is not written to its end does not boot', async () => {
  bench.fleet.world.faults.add({ kind: 'agent.dies', command: 'write_image', times: 1 });
  await bench.bootAgent();
  const image_info = {
    id: 'tiny',
    urls: [`${bench.fleet.urls.files}/images/tiny.raw`],
    checksum: `${bench.fleet.urls.files}/images/SHA256SUMS`,
    disk_format: 'raw',
  };
  await bench
    .agent('POST', `/v1/commands/?agent_token=${bench.ironic.token}`, {
      name: 'standby.prepare_image',
      params: { image_info },
    })
    .catch(() => undefined);
  await until(
    () => bench.events('image-write-failed').length === 1,
    () => 'the write did not fail',
  );
  await bench.redfish('POST', reset, { body: { ResetType: 'ForceRestart' } });
  await bench.running('stuck');
  expect(bench.events('boot-failed').at(-1)?.detail).toMatchObject({
    source: 'Hdd',
    reason: expect.stringMatching(/not written to its end/),
  });
});
