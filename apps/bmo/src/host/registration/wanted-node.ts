import { driverInfo } from '../../bmc/access.ts';
import type { Json, JsonObject } from '../../kernel.ts';
import { hostArchitecture } from '../../hardware/architecture.ts';
import { patchTowards } from '../../provisioner/patch.ts';
import type { NodePatch, NodeSnapshot } from '../../provisioner/node.ts';
import { cleaningWanted, nodeNameOf, type BmcObservation, type HostView } from '../view.ts';
import { capabilities } from './capabilities.ts';
import { agentImage } from '../preprovisioning-image/decide.ts';
import { deployImage } from './deploy-image.ts';

type KnownBmc = Extract<BmcObservation, { kind: 'known' }>;

/** Body of the request that enrols a host. Everything a node needs before it can be verified, so that no patch has to follow. */
export function newNode(view: HostView, bmc: KnownBmc): JsonObject {
  const { driver } = bmc.access;
  const { host, status } = view;
  const interfaces = Object.entries(driver.interfaces).map(([name, value]) => [`${name}_interface`, value]);
  const deployInterface =
    driver.fixedDeployInterface ??
    (host.spec.customDeploy?.method
      ? 'custom-agent'
      : status.provisioning.image?.format === 'live-iso'
        ? 'ramdisk'
        : undefined);
  return {
    driver: driver.hardwareType,
    ...Object.fromEntries(interfaces),
    name: nodeNameOf(host),
    driver_info: { ...withoutNulls(deployImageInfo(view, bmc)), ...bmcInfo(view, bmc) },
    ...(deployInterface === undefined ? {} : { deploy_interface: deployInterface }),
    inspect_interface: inspectInterface(view, bmc),
    ...(view.features.disablePowerOff ? { disable_power_off: host.spec.disablePowerOff === true } : {}),
    automated_clean: cleaningWanted(host),
    properties: {
      capabilities: capabilities('', status.provisioning.bootMode),
      cpu_arch: hostArchitecture({ ...host, status }, view.settings.ownArchitecture),
    },
    ...networkOf(view),
  };
}

/** What has to change on a node that exists. */
export function nodePatch(view: HostView, bmc: KnownBmc, node: NodeSnapshot): NodePatch {
  const { host, status } = view;
  return [
    ...driverPatch(view, bmc, node),
    ...patchTowards('', { name: node.name || null }, { name: nodeNameOf(host) }),
    ...patchTowards('/driver_info', node.driverInfo, { ...bmcChange(view, bmc, node), ...deployImageInfo(view, bmc) }),
    ...(view.features.disablePowerOff
      ? patchTowards(
          '',
          { disable_power_off: node.disablePowerOff },
          { disable_power_off: host.spec.disablePowerOff === true },
        )
      : []),
    ...patchTowards('', { automated_clean: node.automatedClean ?? null }, { automated_clean: cleaningWanted(host) }),
    ...patchTowards('/properties', node.properties, {
      capabilities: capabilities(node.properties['capabilities'], status.provisioning.bootMode),
      cpu_arch: hostArchitecture({ ...host, status }, view.settings.ownArchitecture),
    }),
    // What cannot be read cannot be compared, and would be sent again and again.
    ...(node.networkData === undefined ? [] : patchTowards('', { network_data: node.networkData }, networkOf(view))),
  ];
}

/** Set where the host names network data, and never taken back: somebody else may have put it there. */
function networkOf({ agentNetwork, settings }: HostView): Readonly<Record<string, Json>> {
  // An image that is built for the host has its network in it.
  if (settings.buildsImages) return {};
  return agentNetwork.kind === 'wanted' ? { network_data: agentNetwork.data } : {};
}

const interfaces = ['bios', 'boot', 'deploy', 'firmware', 'inspect', 'management', 'power', 'raid', 'vendor'] as const;

/**
 * Another scheme in the address means another driver, or another way of booting. Only before verification: afterwards the address
 * of a host changes while it is detached, and then its node is enrolled anew.
 */
function driverPatch(view: HostView, bmc: KnownBmc, node: NodeSnapshot): NodePatch {
  if (node.provisionState !== 'enroll') return [];
  const { driver } = bmc.access;
  const sameBoot = driver.interfaces.boot === undefined || driver.interfaces.boot === node.bootInterface;
  if (node.driver === driver.hardwareType && sameBoot) return [];
  const wanted = { ...driver.interfaces, inspect: inspectInterface(view, bmc), deploy: driver.fixedDeployInterface };
  return [
    ...patchTowards('', { driver: node.driver }, { driver: driver.hardwareType }),
    ...interfaces.map((kind): NodePatch[number] => {
      const value = wanted[kind];
      const path = `/${kind}_interface`;
      return value === undefined ? { op: 'remove', path } : { op: 'add', path, value };
    }),
  ];
}

export function inspectInterface({ host }: HostView, { access }: KnownBmc): string {
  const { driver } = access;
  return host.spec.inspectionMode === 'fast'
    ? (driver.fastInspection ?? driver.agentInspection)
    : driver.agentInspection;
}

function bmcInfo(view: HostView, { access, credentials, overV6 }: KnownBmc): Readonly<Record<string, Json>> {
  return {
    ...driverInfo(access, credentials, view.host.spec.bmc?.disableCertificateVerification === true),
    ...(overV6 === true && view.settings.externalUrlV6 !== ''
      ? { external_http_url: view.settings.externalUrlV6 }
      : {}),
  };
}

/**
 * Ironic masks passwords when they are read, so a password is sent only when the Secret is not the one used last; every other
 * key is compared. Keys of the driver's own that are no longer wanted go.
 */
function bmcChange(view: HostView, bmc: KnownBmc, node: NodeSnapshot): Readonly<Record<string, Json>> {
  const wanted = bmcInfo(view, bmc);
  const { family, hardwareType } = bmc.access.driver;
  // Of a driver that the node no longer has, nothing is to remain.
  const prefix = node.driver === hardwareType ? `${family}_` : '(ipmi|redfish|fake)_';
  // A name that cannot be resolved for a while is no reason to have the machine fetch from elsewhere.
  const unsure = view.settings.externalUrlV6 !== '' && bmc.overV6 === undefined;
  const ours = new RegExp(unsure ? `^${prefix}` : `^(${prefix}|external_http_url$)`);
  const obsolete = Object.keys(node.driverInfo).filter((key) => ours.test(key) && !Object.hasOwn(wanted, key));
  const comparable = Object.entries(wanted).filter(
    ([key]) => view.credentialsChanged || !key.endsWith('_password') || !Object.hasOwn(node.driverInfo, key),
  );
  return { ...Object.fromEntries(obsolete.map((key) => [key, null])), ...Object.fromEntries(comparable) };
}

function deployImageInfo(view: HostView, { access }: KnownBmc): Readonly<Record<string, Json>> {
  return deployImage(view.settings.deployImage, access.driver, agentImage(view, access.driver)) ?? {};
}

function withoutNulls(fields: Readonly<Record<string, Json>>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
