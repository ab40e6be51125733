/** The thirteen kinds of hardware interface, in the order Ironic lists them. */
export const interfaceKinds = [
  'bios',
  'boot',
  'console',
  'deploy',
  'firmware',
  'inspect',
  'management',
  'network',
  'power',
  'raid',
  'rescue',
  'storage',
  'vendor',
] as const;
export type InterfaceKind = (typeof interfaceKinds)[number];

/** Implementation chosen for each kind; null until the hardware type's default has been worked out. */
export type NodeInterfaces = { readonly [kind in InterfaceKind]: string | null };

export const noInterfaces: NodeInterfaces = {
  bios: null,
  boot: null,
  console: null,
  deploy: null,
  firmware: null,
  inspect: null,
  management: null,
  network: null,
  power: null,
  raid: null,
  rescue: null,
  storage: null,
  vendor: null,
};

export interface InterfaceOffer {
  /** Implementations in order of preference. */
  readonly supported: readonly string[];
  /** The one a node gets that asks for none; must be among `supported`. */
  readonly default: string;
}

export interface HardwareType {
  readonly name: string;
  readonly interfaces: { readonly [kind in InterfaceKind]: InterfaceOffer };
}

const only = (name: string): InterfaceOffer => ({ supported: [name], default: name });
const offer = (first: string, ...rest: string[]): InterfaceOffer => ({ supported: [first, ...rest], default: first });

/** BMCs that speak Redfish. Inspection by the agent is the default, as Metal3 configures Ironic. */
export const redfishHardware: HardwareType = {
  name: 'redfish',
  interfaces: {
    bios: offer('redfish', 'no-bios'),
    boot: offer('ipxe', 'pxe', 'http-ipxe', 'http', 'redfish-virtual-media', 'redfish-https'),
    console: only('no-console'),
    deploy: offer('autodetect', 'direct', 'ramdisk', 'custom-agent'),
    firmware: offer('redfish', 'no-firmware'),
    inspect: offer('agent', 'redfish', 'no-inspect'),
    management: offer('redfish', 'noop'),
    network: only('noop'),
    power: only('redfish'),
    raid: offer('redfish', 'no-raid', 'agent'),
    rescue: offer('no-rescue', 'agent'),
    storage: only('noop'),
    vendor: offer('redfish', 'no-vendor'),
  },
};

/**
 * iDRACs of Dell, under the names that Ironic gives their interfaces: Redfish, too. The medium is booted as Redfish has it, which they do from
 * firmware 6 on.
 */
export const idracHardware: HardwareType = {
  name: 'idrac',
  interfaces: {
    ...redfishHardware.interfaces,
    bios: offer('idrac-redfish', 'redfish', 'no-bios'),
    boot: offer('ipxe', 'pxe', 'http-ipxe', 'http', 'idrac-redfish-virtual-media', 'redfish-https'),
    inspect: offer('agent', 'idrac-redfish', 'no-inspect'),
    management: only('idrac-redfish'),
    power: offer('idrac-redfish', 'redfish'),
    raid: offer('idrac-redfish', 'no-raid', 'agent'),
    vendor: offer('idrac-redfish', 'redfish', 'no-vendor'),
  },
};

/** BMCs that speak IPMI. They neither show machines a medium nor know of their firmware, so that machines boot over the network. */
export const ipmiHardware: HardwareType = {
  name: 'ipmi',
  interfaces: {
    bios: only('no-bios'),
    boot: offer('ipxe', 'pxe', 'http-ipxe', 'http'),
    console: only('no-console'),
    deploy: offer('autodetect', 'direct', 'ramdisk', 'custom-agent'),
    firmware: only('no-firmware'),
    inspect: offer('agent', 'no-inspect'),
    management: offer('ipmitool', 'noop'),
    network: only('noop'),
    power: only('ipmitool'),
    raid: offer('no-raid', 'agent'),
    rescue: offer('no-rescue', 'agent'),
    storage: only('noop'),
    vendor: offer('ipmitool', 'no-vendor'),
  },
};

/** No machine at all: every operation succeeds. For tests and for trying the API out. */
export const fakeHardware: HardwareType = {
  name: 'fake-hardware',
  interfaces: {
    bios: offer('fake', 'no-bios'),
    boot: offer('fake', 'ipxe'),
    console: offer('fake', 'no-console'),
    deploy: offer('fake', 'autodetect', 'direct', 'ramdisk', 'custom-agent'),
    firmware: offer('fake', 'no-firmware'),
    inspect: offer('fake', 'agent', 'no-inspect'),
    management: only('fake'),
    network: only('noop'),
    power: only('fake'),
    raid: offer('fake', 'no-raid', 'agent'),
    rescue: offer('fake', 'no-rescue', 'agent'),
    storage: offer('noop', 'fake'),
    vendor: offer('fake', 'no-vendor'),
  },
};

/** The hardware types this release knows; conductors publish the subset they have enabled. */
export const hardwareTypes: readonly HardwareType[] = [redfishHardware, fakeHardware, ipmiHardware, idracHardware];

/** Whether an implementation of any interface but boot does its work by Redfish. */
export const speaksRedfish = (implementation: string | null): boolean =>
  implementation === 'redfish' || implementation === 'idrac-redfish';

/** Whether an implementation of the boot interface has the BMC show the machine a medium. */
export const showsMedium = (boot: string | null): boolean =>
  boot === 'redfish-virtual-media' || boot === 'idrac-redfish-virtual-media';

export interface InterfaceProblem {
  readonly kind: InterfaceKind;
  readonly wanted: string;
  readonly supported: readonly string[];
  readonly message: string;
}

/**
 * Fills in the default of every kind that `wanted` leaves null, and says what `hardware` does not offer.
 * Rule: explicit value (must be offered) > the hardware type's default.
 */
export function resolveInterfaces(
  hardware: HardwareType,
  wanted: Partial<NodeInterfaces>,
): { readonly interfaces: NodeInterfaces; readonly problems: readonly InterfaceProblem[] } {
  const interfaces: Record<InterfaceKind, string | null> = { ...noInterfaces };
  const problems: InterfaceProblem[] = [];
  for (const kind of interfaceKinds) {
    const { supported, default: byDefault } = hardware.interfaces[kind];
    const value = wanted[kind] ?? null;
    interfaces[kind] = value ?? byDefault;
    if (value !== null && !supported.includes(value)) {
      problems.push({
        kind,
        wanted: value,
        supported,
        message: `Hardware type ${hardware.name} has no ${kind} interface "${value}"; it offers ${supported.join(', ')}.`,
      });
    }
  }
  return { interfaces, problems };
}
