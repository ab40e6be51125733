import { agentKernelLine } from '@metal3/boot-artifacts';
import type { JsonObject, Node, Port } from '@metal3/node';
import type { BootEntryFields } from '@metal3/node-store';
import { bootModeOf, capabilitiesOf } from '../../verbs/deploy/instance.ts';
import type { BootPurpose } from '../../work/effects.ts';
import { EffectProblem } from '../../work/problems.ts';
import { bootsIso } from './way.ts';

/** Where boot artefacts and the API are, from the configuration. Empty: not configured. */
export interface BootSettings {
  readonly deployKernel: string;
  readonly deployRamdisk: string;
  /** Appended to every agent's kernel line; `%default%` in a node's own parameters stands for it. */
  readonly kernelParameters: string;
  /** `http://host:6385` as the machines reach it. */
  readonly externalApiUrl: string;
  readonly inspectionCollectors: string;
  /** The agent that inspects listens for what the switches say of themselves. */
  readonly collectLldp: boolean;
  /** Where BMCs read ready-made ISOs from, unless the node says. */
  readonly isoSource: 'local' | 'http';
}

const text = (object: JsonObject, key: string): string | undefined => {
  const value = object[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** True when the BMC is to read a ready-made ISO from its own server. */
export function readsIsoItself(node: Pick<Node, 'instanceInfo' | 'driverInfo'>, { isoSource }: BootSettings): boolean {
  const key = 'ramdisk_image_download_source';
  return (text(node.instanceInfo, key) ?? text(node.driverInfo, key) ?? isoSource) === 'http';
}

/** True when what is booted can be told things on its kernel line; a pre-built ISO cannot. */
export function canBeTold(entry: Pick<BootEntryFields, 'kind'>): boolean {
  return entry.kind === 'agent';
}

/**
 * What a node boots for a purpose. Order of sources for kernel and ramdisk: both in driver_info, else both of the configuration; `deploy_iso`
 * of driver_info wins over them where an ISO is booted.
 * @throws EffectProblem naming what is missing
 */
export function bootEntryFor(
  node: Node,
  ports: readonly Port[],
  purpose: BootPurpose,
  secrets: { readonly capability: string; readonly agentToken: string },
  settings: BootSettings,
): BootEntryFields {
  const base = {
    capability: secrets.capability,
    macAddresses: ports.map((port) => port.address),
    espUrl: text(node.driverInfo, 'bootloader') ?? '',
    networkData: Object.keys(node.networkData).length > 0 ? JSON.stringify(node.networkData) : '',
    bootMode: bootModeOf(node),
    cpuArchitecture: architectureOf(node),
  };
  const iso = { ...base, kind: 'iso', kernelUrl: '', ramdiskUrl: '', kernelParameters: '' } as const;
  if (purpose === 'ramdisk') return { ...iso, isoUrl: text(node.instanceInfo, 'boot_iso') ?? '' };

  // A node may name a ramdisk of its own for rescues; otherwise it is that of deployments.
  const ofRescue = purpose === 'rescue' ? ownArtefacts(node, 'rescue') : undefined;
  const rescueIso = purpose === 'rescue' ? text(node.driverInfo, 'rescue_iso') : undefined;
  const deployIso = rescueIso ?? (ofRescue === undefined ? text(node.driverInfo, 'deploy_iso') : undefined);
  if (deployIso !== undefined && bootsIso(node)) return { ...iso, isoUrl: deployIso };

  const [kernelUrl, ramdiskUrl] = ofRescue ??
    ownArtefacts(node, 'deploy') ?? [settings.deployKernel, settings.deployRamdisk];
  if ((kernelUrl === '' || ramdiskUrl === '') && node.interfaces.boot !== 'fake') {
    throw new EffectProblem(
      `Cannot boot the agent of node ${node.uuid}: one or more of deploy_kernel, deploy_ramdisk are missing in driver_info and no default ` +
        `is configured (deploy_iso would do as well)`,
    );
  }
  return {
    ...base,
    kind: 'agent',
    kernelUrl,
    ramdiskUrl,
    kernelParameters: kernelParameters(node, purpose, secrets.agentToken, settings),
    isoUrl: '',
  };
}

/** Sends a machine that asks over the network on to its disk. What it booted before is no longer to be had: the capability is gone. */
export function diskEntryFor(node: Node, ports: readonly Port[]): BootEntryFields {
  return {
    capability: '',
    kind: 'local',
    macAddresses: ports.map((port) => port.address),
    kernelUrl: '',
    ramdiskUrl: '',
    kernelParameters: '',
    isoUrl: '',
    espUrl: '',
    networkData: '',
    bootMode: bootModeOf(node),
    cpuArchitecture: architectureOf(node),
  };
}

const architectureOf = ({ properties }: Node): string => text(properties, 'cpu_arch') ?? 'x86_64';

/** Kernel and ramdisk that the node names itself; undefined unless both. */
function ownArtefacts({ driverInfo }: Node, what: 'deploy' | 'rescue'): readonly [string, string] | undefined {
  const [kernel, ramdisk] = [text(driverInfo, `${what}_kernel`), text(driverInfo, `${what}_ramdisk`)];
  return kernel !== undefined && ramdisk !== undefined ? [kernel, ramdisk] : undefined;
}

function kernelParameters(node: Node, purpose: BootPurpose, agentToken: string, settings: BootSettings): string {
  const ownIso = bootsIso(node);
  const api = settings.externalApiUrl.replace(/\/+$/, '');
  const own = text(node.instanceInfo, 'kernel_append_params') ?? text(node.driverInfo, 'kernel_append_params');
  const appended =
    own === undefined ? settings.kernelParameters : own.replaceAll('%default%', settings.kernelParameters);
  try {
    return agentKernelLine({
      append: appended,
      apiUrls: [api],
      ...(purpose === 'inspect' && {
        inspectionCallbackUrl: `${api}/v1/continue_inspection`,
        inspectionCollectors: settings.inspectionCollectors.split(',').filter((name) => name !== ''),
        agentSettings: settings.collectLldp ? { 'collect-lldp': '1' } : {},
      }),
      // A token on the medium reaches only this machine; over the network anybody could fetch it, so there it is given at lookup.
      ...(ownIso && { agentToken }),
      // As Ironic does for an ISO that the firmware loads by HTTP: the agent then looks for its settings on it.
      medium: ownIso ? 'virtual-media' : 'network',
    });
  } catch (error) {
    throw new EffectProblem(
      `The kernel_append_params of node ${node.uuid} cannot be used: ${(error as Error).message}`,
    );
  }
}

/** True when the node's capabilities ask for a boot mode, so that it has to be set along with the boot device. */
export function asksForBootMode(node: Pick<Node, 'instanceInfo' | 'properties'>): boolean {
  return (
    capabilitiesOf(node.instanceInfo['capabilities'])['boot_mode'] !== undefined ||
    capabilitiesOf(node.properties['capabilities'])['boot_mode'] !== undefined
  );
}
