import { at, linksAt, numberAt, textAt, textsAt } from './json.ts';

/** Power as a BMC reports it, reduced to what can be acted on; undefined while in transition or unknown. */
export type BmcPower = 'on' | 'off';

export type BootTarget = 'None' | 'Pxe' | 'Hdd' | 'Cd' | 'UsbCd' | 'BiosSetup' | 'UefiHttp' | 'Usb';
export type BootPersistence = 'Disabled' | 'Once' | 'Continuous';

/** What one read of a ComputerSystem says. Absent fields were not reported. */
export interface SystemView {
  readonly power: BmcPower | undefined;
  /** The word the BMC used, e.g. `PoweringOn`. */
  readonly reportedPower: string | undefined;
  readonly bootTarget: string | undefined;
  readonly bootEnabled: string | undefined;
  readonly bootMode: 'uefi' | 'bios' | undefined;
  readonly allowedBootTargets: readonly string[];
  /** What UEFI HTTP boot loads; undefined when nothing is set or the BMC does not say. */
  readonly httpBootUri: string | undefined;
  readonly bootProgress: string | undefined;
  readonly manufacturer: string | undefined;
  readonly model: string | undefined;
  readonly serialNumber: string | undefined;
  readonly biosVersion: string | undefined;
  readonly memoryGib: number | undefined;
  readonly processors: number | undefined;
  readonly health: 'OK' | 'Warning' | 'Critical' | undefined;
}

/** Where the parts of one system live; stable for the life of a BMC firmware, so read once. */
export interface SystemMap {
  readonly path: string;
  readonly resetTarget: string;
  readonly resetTypes: readonly string[];
  /** Where settings go that wait for the next start (DSP0266, Settings resource); undefined when changes are made in place. */
  readonly settings: string | undefined;
  readonly managers: readonly string[];
  readonly chassis: readonly string[];
  readonly virtualMedia: string | undefined;
  readonly bios: string | undefined;
  readonly secureBoot: string | undefined;
  readonly ethernetInterfaces: string | undefined;
  readonly storage: string | undefined;
  readonly vendor: string | undefined;
}

export function viewOf(body: unknown): SystemView {
  const reportedPower = textAt(body, 'PowerState');
  const mode = textAt(body, 'Boot', 'BootSourceOverrideMode');
  const health = textAt(body, 'Status', 'HealthRollup') ?? textAt(body, 'Status', 'Health');
  return {
    power: powerOf(reportedPower),
    reportedPower,
    bootTarget: textAt(body, 'Boot', 'BootSourceOverrideTarget'),
    bootEnabled: textAt(body, 'Boot', 'BootSourceOverrideEnabled'),
    bootMode: mode === 'UEFI' ? 'uefi' : mode === 'Legacy' ? 'bios' : undefined,
    allowedBootTargets: textsAt(body, 'Boot', 'BootSourceOverrideTarget@Redfish.AllowableValues'),
    httpBootUri: textAt(body, 'Boot', 'HttpBootUri'),
    bootProgress: textAt(body, 'BootProgress', 'LastState'),
    manufacturer: textAt(body, 'Manufacturer'),
    model: textAt(body, 'Model'),
    serialNumber: textAt(body, 'SerialNumber'),
    biosVersion: textAt(body, 'BiosVersion'),
    memoryGib: numberAt(body, 'MemorySummary', 'TotalSystemMemoryGiB'),
    processors: numberAt(body, 'ProcessorSummary', 'Count'),
    health: health === 'OK' || health === 'Warning' || health === 'Critical' ? health : undefined,
  };
}

/** PoweringOn counts as on and PoweringOff as off, as in Ironic; Paused and Reset are unknown, never off. */
function powerOf(reported: string | undefined): BmcPower | undefined {
  switch (reported) {
    case 'On':
    case 'PoweringOn':
      return 'on';
    case 'Off':
    case 'PoweringOff':
      return 'off';
    default:
      return undefined;
  }
}

export function mapOf(path: string, body: unknown): SystemMap {
  const reset = at(body, 'Actions', '#ComputerSystem.Reset');
  return {
    path,
    resetTarget: textAt(reset, 'target') ?? `${path}/Actions/ComputerSystem.Reset`,
    resetTypes: textsAt(reset, 'ResetType@Redfish.AllowableValues'),
    settings: textAt(body, '@Redfish.Settings', 'SettingsObject', '@odata.id'),
    managers: managersOf(body),
    chassis: linksAt(body, 'Links', 'Chassis'),
    virtualMedia: textAt(body, 'VirtualMedia', '@odata.id'),
    bios: textAt(body, 'Bios', '@odata.id'),
    secureBoot: textAt(body, 'SecureBoot', '@odata.id'),
    ethernetInterfaces: textAt(body, 'EthernetInterfaces', '@odata.id'),
    storage: textAt(body, 'Storage', '@odata.id'),
    vendor: textAt(body, 'Manufacturer'),
  };
}

/** There are BMCs that say `Managers` where the standard has `ManagedBy`. */
function managersOf(body: unknown): readonly string[] {
  const managedBy = linksAt(body, 'Links', 'ManagedBy');
  return managedBy.length > 0 ? managedBy : linksAt(body, 'Links', 'Managers');
}
