import type { RaidConfig, RootDeviceHints } from '@metal3/metal3-api';

/** Hints by hardware profile. `unknown` is what a host without a profile gets. */
const profiles: Readonly<Record<string, RootDeviceHints>> = {
  unknown: { deviceName: '/dev/sda' },
  libvirt: { deviceName: '/dev/vda' },
  dell: { hctl: '0:0:0:0' },
  'dell-raid': { hctl: '0:2:0:0' },
  openstack: { deviceName: '/dev/vdb' },
  empty: {},
};

export function profileExists(name: string): boolean {
  return Object.hasOwn(profiles, name);
}

/** The hints in force: none where RAID creates the root volume, else the host's own, else its profile's. */
export function effectiveRootDeviceHints(
  spec: { readonly rootDeviceHints?: RootDeviceHints; readonly raid?: RaidConfig },
  profile: string,
): RootDeviceHints | undefined {
  if (spec.raid?.softwareRAIDVolumes?.some((volume) => volume.rootVolume === true)) return undefined;
  return spec.rootDeviceHints ?? profiles[profile] ?? {};
}

/** The hints as Ironic's `root_device`, with its operators. */
export function ironicRootDevice(hints: RootDeviceHints | undefined): Readonly<Record<string, string>> {
  if (hints === undefined) return {};
  const wanted: [string, string | undefined][] = [
    [hints.deviceName?.startsWith('/dev/disk/by-path/') ? 'by_path' : 'name', exactly(hints.deviceName)],
    ['hctl', exactly(hints.hctl)],
    ['model', containing(hints.model)],
    ['vendor', containing(hints.vendor)],
    ['serial', exactly(hints.serialNumber)],
    ['size', hints.minSizeGigabytes ? `>= ${hints.minSizeGigabytes}` : undefined],
    ['wwn', exactly(hints.wwn)],
    ['wwn_with_extension', exactly(hints.wwnWithExtension)],
    ['wwn_vendor_extension', exactly(hints.wwnVendorExtension)],
    ['rotational', hints.rotational === undefined ? undefined : String(hints.rotational)],
  ];
  return Object.fromEntries(wanted.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function exactly(value: string | undefined): string | undefined {
  return value ? `s== ${value}` : undefined;
}

function containing(value: string | undefined): string | undefined {
  return value ? `<in> ${value}` : undefined;
}
