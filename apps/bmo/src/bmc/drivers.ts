/** What is known of one way of reaching a BMC, as data. */
export interface BmcDriver {
  /** Ironic hardware type. */
  readonly hardwareType: string;
  /** Ironic interfaces set at enrolment; those left out take the hardware type's default. */
  readonly interfaces: Readonly<Partial<Record<NodeInterface, string>>>;
  /** Interface for `inspectionMode: agent`, the usual way. */
  readonly agentInspection: string;
  /** Interface for `inspectionMode: fast`; absent when the BMC cannot inspect by itself. */
  readonly fastInspection?: string;
  /** The deploy interface is not for the host's image to choose. */
  readonly fixedDeployInterface?: string;
  /** How credentials and location are spelled in `driver_info`. */
  readonly family: 'ipmi' | 'redfish' | 'fake';
  /** `redfish_system_id` is sent even when the address has no path. */
  readonly alwaysSystemId?: true;
  /** Boots the deploy image from an ISO; such hosts are never held back by the provisioning limit. */
  readonly bootsIso: boolean;
  readonly needsProvisioningNetwork: boolean;
  readonly needsMac: boolean;
  readonly supportsSecureBoot: boolean;
  /** Interface that makes RAID volumes by software, where it is not the agent. */
  readonly softwareRaid?: string;
}

export type NodeInterface = 'bios' | 'boot' | 'firmware' | 'management' | 'power' | 'raid' | 'vendor';

const ipmi: BmcDriver = {
  hardwareType: 'ipmi',
  interfaces: { boot: 'ipxe', raid: 'no-raid' },
  agentInspection: 'agent',
  family: 'ipmi',
  bootsIso: false,
  needsProvisioningNetwork: true,
  needsMac: false,
  supportsSecureBoot: false,
};

const redfish: BmcDriver = {
  hardwareType: 'redfish',
  interfaces: { boot: 'ipxe', firmware: 'redfish', raid: 'redfish' },
  agentInspection: 'agent',
  fastInspection: 'redfish',
  family: 'redfish',
  bootsIso: false,
  needsProvisioningNetwork: true,
  needsMac: false,
  supportsSecureBoot: true,
};

const redfishVirtualMedia: BmcDriver = {
  ...redfish,
  interfaces: { ...redfish.interfaces, boot: 'redfish-virtual-media' },
  bootsIso: true,
  needsProvisioningNetwork: false,
};

const idrac: BmcDriver = {
  ...redfish,
  hardwareType: 'idrac',
  interfaces: {
    bios: 'idrac-redfish',
    boot: 'ipxe',
    firmware: 'redfish',
    management: 'idrac-redfish',
    power: 'idrac-redfish',
    raid: 'idrac-redfish',
    vendor: 'idrac-redfish',
  },
};

/** Schemes that reach the BMC over HTTP; each also exists as `<scheme>+http` and `<scheme>+https`. */
const overHttp: Readonly<Record<string, BmcDriver>> = {
  redfish,
  'ilo5-redfish': redfish,
  'idrac-redfish': idrac,
  'redfish-virtualmedia': redfishVirtualMedia,
  'ilo5-virtualmedia': redfishVirtualMedia,
  'idrac-virtualmedia': {
    ...idrac,
    interfaces: { ...idrac.interfaces, boot: 'idrac-redfish-virtual-media' },
    bootsIso: true,
    needsProvisioningNetwork: false,
  },
  'redfish-uefihttp': {
    ...redfishVirtualMedia,
    interfaces: { ...redfish.interfaces, boot: 'redfish-https' },
    alwaysSystemId: true,
  },
};

/** A machine that exists only in Ironic: hardware type `fake-hardware`, for trying things out. Not in upstream's table. */
const fakeHardware: BmcDriver = {
  hardwareType: 'fake-hardware',
  interfaces: {},
  agentInspection: 'fake',
  fastInspection: 'fake',
  fixedDeployInterface: 'fake',
  family: 'fake',
  bootsIso: true,
  needsProvisioningNetwork: false,
  needsMac: false,
  supportsSecureBoot: true,
  softwareRaid: 'fake',
};

/** Driver by address scheme, suffix removed. */
export const bmcDrivers: Readonly<Record<string, BmcDriver>> = {
  ipmi,
  libvirt: { ...ipmi, needsMac: true },
  ...overHttp,
  'fake-hardware': fakeHardware,
};

export function speaksHttp(scheme: string): boolean {
  return Object.hasOwn(overHttp, scheme);
}

/** Schemes of earlier days, whose protocols are spoken no more, and those that reach the same machines today. */
const successors: Readonly<Record<string, readonly string[]>> = {
  idrac: ['idrac-virtualmedia', 'idrac-redfish'],
  ilo4: ['redfish', 'ipmi'],
  'ilo4-virtualmedia': ['redfish', 'ipmi'],
  ilo5: ['ilo5-virtualmedia', 'ilo5-redfish'],
  irmc: ['redfish-virtualmedia', 'redfish', 'ipmi'],
  ibmc: ['redfish-virtualmedia', 'redfish', 'ipmi'],
};

/** What to write instead of a scheme that is no longer supported; undefined for one that never was. */
export function successorOf(scheme: string): string | undefined {
  const instead = Object.hasOwn(successors, scheme) ? successors[scheme] : undefined;
  return instead && `${scheme} is no longer supported, use ${instead.join(' or ')}`;
}
