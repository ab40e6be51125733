import type { BareMetalHost } from '@metal3/metal3-api';
import { bmcAccess, UnknownBmcTypeError, type BmcAccess } from '../bmc/access.ts';
import { BmcAddressError } from '../bmc/address.ts';
import { inspectionDisabled } from '../host/view.ts';
import { annotationViolations } from './host-annotations.ts';
import { imageViolations } from './image-url.ts';
import { raidViolations } from './raid.ts';
import { violation, when, type Violation } from './violation.ts';

/** Everything that is wrong with a BareMetalHost, on creation and on every update. */
export function hostViolations(host: BareMetalHost): readonly Violation[] {
  const { spec } = host;
  const access = accessOf(host);
  return [
    ...nameViolations(host.metadata.name ?? ''),
    ...('field' in access ? [access] : driverViolations(host, access.access)),
    ...when(
      spec.firmware !== undefined && spec.firmware !== null,
      'spec.firmware',
      'is no longer supported: use HostFirmwareSettings',
    ),
    ...referenceViolations(host),
    ...raidViolations(spec),
    ...rootDeviceViolations(spec.rootDeviceHints?.deviceName),
    ...imageViolations('spec.image', spec.image),
    ...annotationViolations(host),
    ...when(
      spec.disablePowerOff === true && !spec.online,
      'spec.disablePowerOff',
      'can not be set while online is false: such a host is never powered off',
    ),
    ...networkInterfaceViolations(host),
  ];
}

/** What an update must not change, on top of what the new object must not say. */
export function hostUpdateViolations(before: BareMetalHost, after: BareMetalHost): readonly Violation[] {
  return [
    ...hostViolations(after),
    ...addressChange(before, after),
    ...macChange(before, after),
    ...externalChange(before, after),
  ];
}

function accessOf({ spec }: BareMetalHost): { readonly access: BmcAccess | undefined } | Violation {
  const address = spec.bmc?.address ?? '';
  if (address === '') return { access: undefined };
  try {
    return { access: bmcAccess(address) };
  } catch (error) {
    if (error instanceof BmcAddressError || error instanceof UnknownBmcTypeError)
      return violation('spec.bmc.address', error.message);
    throw error;
  }
}

function driverViolations(host: BareMetalHost, access: BmcAccess | undefined): readonly Violation[] {
  if (access === undefined) return [];
  const { spec } = host;
  const { driver, address } = access;
  const hardwareRaid = (spec.raid?.hardwareRAIDVolumes ?? []).length > 0;
  const mac = spec.bootMACAddress ?? '';
  return [
    ...when(
      hardwareRaid && driver.interfaces.raid === 'no-raid',
      'spec.raid',
      `BMC driver ${address.scheme} does not support configuring RAID`,
    ),
    ...when(
      mac === '' && driver.needsMac,
      'spec.bootMACAddress',
      `BMC driver ${address.scheme} requires a BootMACAddress value`,
    ),
    ...when(
      mac === '' && !driver.needsMac && inspectionDisabled(host),
      'spec.bootMACAddress',
      'is required when inspection is disabled',
    ),
    ...when(
      mac !== '' && !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac),
      'spec.bootMACAddress',
      `"${mac}" is not a MAC address such as 52:54:00:12:34:56`,
    ),
    ...when(
      spec.bootMode === 'UEFISecureBoot' && !driver.supportsSecureBoot,
      'spec.bootMode',
      `BMC driver ${address.scheme} does not support secure boot`,
    ),
    ...when(
      spec.inspectionMode === 'fast' && driver.fastInspection === undefined,
      'spec.inspectionMode',
      `BMC driver ${address.scheme} does not support fast inspection`,
    ),
  ];
}

const uuid = /^(urn:uuid:)?\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?$/i;

/** The name becomes part of the name of the node in Ironic, where a UUID would be taken for another node's id. */
function nameViolations(name: string): readonly Violation[] {
  return [
    ...when(!/^[A-Za-z0-9._-]*$/.test(name), 'metadata.name', 'may only contain letters, digits, ".", "_" and "-"'),
    ...when(uuid.test(name), 'metadata.name', 'must not be a UUID: Ironic could not tell it from the id of a node'),
  ];
}

function referenceViolations({ spec, metadata }: BareMetalHost): readonly Violation[] {
  return (['userData', 'networkData', 'metaData'] as const).flatMap((name) => {
    const namespace = spec[name]?.namespace ?? '';
    const foreign = namespace !== '' && namespace !== metadata.namespace;
    return when(
      foreign,
      `spec.${name}.namespace`,
      `cross-namespace Secret references are not allowed: use a Secret in namespace ${metadata.namespace ?? ''}`,
    );
  });
}

function rootDeviceViolations(name: string | undefined): readonly Violation[] {
  if (name === undefined || name === '') return [];
  const rest = name.startsWith('/dev/disk/by-path/')
    ? name.slice('/dev/disk/by-path/'.length)
    : name.slice('/dev/'.length);
  return [
    ...when(!name.startsWith('/dev/'), 'spec.rootDeviceHints.deviceName', `"${name}" must begin with /dev/`),
    ...when(
      name.startsWith('/dev/') && rest.includes('/'),
      'spec.rootDeviceHints.deviceName',
      `"${name}" must be /dev/<name> or /dev/disk/by-path/<name>`,
    ),
  ];
}

function networkInterfaceViolations({ spec }: BareMetalHost): readonly Violation[] {
  const seen = new Set<string>();
  return (spec.networkInterfaces ?? []).flatMap(({ name = '', macAddress = '' }, index) => {
    const field = `spec.networkInterfaces[${index}]`;
    const key = (name || macAddress).toLowerCase();
    const again = key !== '' && seen.has(key);
    seen.add(key);
    return [
      ...when((name === '') === (macAddress === ''), field, 'exactly one of name and macAddress must be set'),
      ...when(again, field, `"${key}" is there already`),
    ];
  });
}

function addressChange(before: BareMetalHost, after: BareMetalHost): readonly Violation[] {
  const old = before.spec.bmc?.address ?? '';
  if (old === '' || old === (after.spec.bmc?.address ?? '')) return [];
  const movable = [before, after].some(
    ({ status }) => status?.operationalStatus === 'detached' || status?.provisioning.state === 'registering',
  );
  return when(
    !movable,
    'spec.bmc.address',
    'BMC address can not be changed while the host is attached: detach the host first',
  );
}

function macChange(before: BareMetalHost, after: BareMetalHost): readonly Violation[] {
  const old = before.spec.bootMACAddress ?? '';
  const changed = old !== '' && old.toLowerCase() !== (after.spec.bootMACAddress ?? '').toLowerCase();
  return when(changed, 'spec.bootMACAddress', 'bootMACAddress can not be changed once it is set');
}

function externalChange(before: BareMetalHost, after: BareMetalHost): readonly Violation[] {
  const switchedOn = before.spec.externallyProvisioned !== true && after.spec.externallyProvisioned === true;
  const available = [before, after].some(({ status }) => status?.provisioning.state === 'available');
  return when(
    switchedOn && !available,
    'spec.externallyProvisioned',
    'can only be switched on while the host is available',
  );
}
