import { expect, test } from '@jest/globals';
import type { BootEntry } from '@metal3/node-store';
import { someNode } from '../../verbs/seen-for-tests.ts';
import { setHttpBoot } from './http-boot.ts';

const entry: BootEntry = {
  nodeUuid: someNode.uuid,
  revision: 1,
  capability: 'cap',
  kind: 'agent',
  macAddresses: [],
  kernelUrl: 'k',
  ramdiskUrl: 'r',
  kernelParameters: '',
  isoUrl: '',
  espUrl: '',
  networkData: '',
  bootMode: 'uefi',
  cpuArchitecture: 'x86_64',
};
const settings = { deployKernel: '', deployRamdisk: '', kernelParameters: '', externalApiUrl: '', inspectionCollectors: '', collectLldp: false, isoSource: 'http' } as const; // prettier-ignore
const iso = 'http://192.0.2.1/boot/cap/boot.iso';
const loader = 'http://192.0.2.1/boot/cap/boot.efi';

/** What the machine is told. */
async function told(
  boot: string,
  more: { offered?: string[]; loader?: string | undefined; entry?: Partial<BootEntry>; mode?: 'bios' | 'uefi'; external?: string } = {}, // prettier-ignore
): Promise<unknown[]> {
  const orders: unknown[] = [];
  const note = (...order: unknown[]) => Promise.resolve(void orders.push(...order.slice(0, -1)));
  await setHttpBoot(
    {
      node: {
        ...someNode,
        interfaces: { ...someNode.interfaces, boot },
        driverInfo: more.external === undefined ? {} : { external_http_url: more.external },
      },
      entry: { ...entry, ...more.entry },
      persistent: false,
      mode: more.mode,
    },
    {
      media: { configDriveUrl: () => Promise.reject(new Error('not asked for')), isoUrl: () => Promise.reject(new Error('not asked for')), httpUrls: () => Promise.resolve({ iso, loader: 'loader' in more ? more.loader : loader }) }, // prettier-ignore
      settings,
    },
    {
      bootDevices: () => Promise.resolve(more.offered ?? ['pxe', 'disk', 'uefihttp']),
      setBootDevice: note,
      setHttpBoot: note,
    },
    new AbortController().signal,
  );
  return orders;
}

test.each([
  ['redfish-https', {}, [{ url: iso, required: true, persistent: false, mode: undefined }]],
  ['redfish-https', { entry: { kind: 'iso', isoUrl: 'http://x/live.iso' } as const }, [{ url: 'http://x/live.iso', required: true, persistent: false, mode: undefined }]],
  ['http-ipxe', { mode: 'uefi' as const }, [{ url: loader, required: false, persistent: false, mode: 'uefi' }]],
  ['redfish-https', { external: 'http://[2001:db8::1]' }, [{ url: 'http://[2001:db8::1]/boot/cap/boot.iso', required: true, persistent: false, mode: undefined }]],
  ['http-ipxe', { external: 'http://[2001:db8::1]' }, [{ url: 'http://[2001:db8::1]/boot/cap/boot.efi', required: false, persistent: false, mode: undefined }]],
  ['http', { loader: undefined }, [{ url: undefined, required: false, persistent: false, mode: undefined }]],
  ['http-ipxe', { offered: ['pxe', 'disk'] }, ['pxe', false, undefined]],
])('with boot interface %s and %j the machine is told %j', async (boot, more, expected) => {
  expect(await told(boot, more)).toEqual(expected);
}); // prettier-ignore

test.each([
  ['redfish-https', { offered: ['pxe', 'disk'] }, /offers the boot devices pxe, disk and not UefiHttp; use redfish-virtual-media or ipxe/],
  ['http', { mode: 'bios' as const }, /HTTP boot is for UEFI, and its capabilities say boot_mode:bios/],
])('boot interface %s with %j is refused in words that say what to do', async (boot, more, words) => {
  await expect(told(boot, more)).rejects.toThrow(words);
}); // prettier-ignore
