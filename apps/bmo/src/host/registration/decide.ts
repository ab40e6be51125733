import type { CredentialsStatus } from '@metal3/metal3-api';
import { effectiveRootDeviceHints, profileExists } from '../../hardware/root-device-hints.ts';
import { sameJson } from '../../kernel.ts';
import type { NodeSnapshot } from '../../provisioner/node.ts';
import { askVerb } from '../ask.ts';
import { waitFor, type Decision, type StatusChange } from '../decision.ts';
import { event, type HostEvent } from '../events.ts';
import { clearedSettings } from '../preparation/settings.ts';
import { awaitImage, decideImageObject } from '../preprovisioning-image/decide.ts';
import { knowsNode } from '../states.ts';
import { inspectionDisabled, retrying, type BmcObservation, type HostView, type SecretVersion } from '../view.ts';
import { withRemedy } from './remedy.ts';
import { newNode, nodePatch } from './wanted-node.ts';

type KnownBmc = Extract<BmcObservation, { kind: 'known' }>;

/**
 * Sees to it that the host has a node in Ironic which is as the host says. Part of every pass, so that a node which has vanished
 * is enrolled again; undefined when there is nothing left to do.
 */
export function decideRegistration(view: HostView): Decision | undefined {
  const { bmc, node, state } = view;
  if (!knowsNode(state) || state === 'match profile' || state === 'deleting' || bmc.kind === 'none') return undefined;

  const obstacle = obstacleOf(view, bmc);
  if (obstacle !== undefined) return failure(obstacle);
  if (view.rival !== undefined) {
    return failure(
      `MAC address ${view.host.spec.bootMACAddress ?? ''} conflicts with existing node ${view.rival}: give each host its own bootMACAddress`,
    );
  }
  if (node === undefined) return enrol(view, bmc);

  const { driver } = bmc.access;
  return (
    decideImageObject(view, driver) ??
    configure(view, bmc, node) ??
    ensurePorts(view, node) ??
    verify(view, node) ??
    confirm(view, bmc) ??
    (busyStates.has(node.provisionState) ? undefined : awaitImage(view, driver))
  );
}

/** What makes a host impossible whatever Ironic says. */
function obstacleOf(view: HostView, { access }: KnownBmc): string | undefined {
  const { host, status, settings, features } = view;
  const { driver, address } = access;
  if (host.spec.inspectionMode === 'fast' && driver.fastInspection === undefined) {
    return `BMC driver ${address.scheme} does not support inspectionMode fast: use agent or disabled`;
  }
  if (status.provisioning.bootMode === 'UEFISecureBoot' && !driver.supportsSecureBoot) {
    return `BMC driver ${address.scheme} does not support secure boot: change spec.bootMode`;
  }
  if (driver.needsProvisioningNetwork && settings.provisioningNetworkDisabled) {
    return `BMC driver ${address.scheme} requires a provisioning network, which is disabled: use a virtual media driver`;
  }
  if (host.spec.disablePowerOff === true && !features.disablePowerOff) {
    return 'disablePowerOff needs Ironic API 1.95 or newer';
  }
  return view.agentNetwork.kind === 'unusable' ? view.agentNetwork.message : undefined;
}

function enrol(view: HostView, bmc: KnownBmc): Decision {
  const { host, state } = view;
  if (!host.spec.bootMACAddress && (bmc.access.driver.needsMac || inspectionDisabled(host))) {
    const why = inspectionDisabled(host)
      ? 'inspection is disabled'
      : `BMC driver ${bmc.access.address.scheme} requires it`;
    return failure(`bootMACAddress is missing although ${why}`);
  }
  return {
    kind: 'ask',
    request: { do: 'create', body: newNode(view, bmc) },
    then: {
      // A node enrolled anew has none of the settings that preparation put on the old one.
      status: {
        triedCredentials: credentialsStatus(bmc.secret),
        ...(state === 'preparing' ? { provisioning: clearedSettings(view.status.provisioning) } : {}),
      },
      events: [event('Registered', 'Registered new host'), ...sharingWarning(view)],
      ...(view.credentialsChanged ? { metrics: [{ counter: 'credentialsUpdated' as const }] } : {}),
    },
  };
}

function sharingWarning({ host, bmcSharedWith }: HostView): readonly HostEvent[] {
  if (bmcSharedWith === undefined) return [];
  const problem = `BMC address ${host.spec.bmc?.address ?? ''} is also that of host ${bmcSharedWith}`;
  const remedy = 'both would control one machine: delete or detach one of them';
  return [event('BMCAddressShared', `${problem}; ${remedy}`, 'Warning')];
}

/** Ironic refuses changes of a node that it is working on. */
const busyStates: ReadonlySet<string> = new Set([
  'verifying',
  'inspecting',
  'inspect wait',
  'cleaning',
  'clean wait',
  'deploying',
  'wait call-back',
  'deleting',
  'adopting',
  'servicing',
  'service wait',
]);

function configure(view: HostView, bmc: KnownBmc, node: NodeSnapshot): Decision | undefined {
  const tried = matches(view.status.triedCredentials, bmc.secret);
  if (busyStates.has(node.provisionState)) return undefined;
  const patch = nodePatch({ ...view, credentialsChanged: !tried }, bmc, node);
  const noteTried = {
    status: { triedCredentials: credentialsStatus(bmc.secret) },
    metrics: [{ counter: 'credentialsUpdated' as const }],
  };
  if (patch.length > 0) return { kind: 'ask', request: { do: 'patch', patch }, ...(tried ? {} : { then: noteTried }) };
  return tried ? undefined : { kind: 'note', notes: noteTried };
}

const statesThatTakePorts: ReadonlySet<string> = new Set([
  'enroll',
  'manageable',
  'available',
  'active',
  'adopt failed',
  'inspect failed',
  'clean failed',
  'deploy failed',
  'service failed',
  'error',
]);

function ensurePorts(view: HostView, node: NodeSnapshot): Decision | undefined {
  return view.portsEnsured || !statesThatTakePorts.has(node.provisionState) ? undefined : { kind: 'ensure-ports' };
}

/** Lets Ironic try the BMC. */
function verify(view: HostView, node: NodeSnapshot): Decision | undefined {
  switch (node.provisionState) {
    case 'enroll':
      if (
        node.lastError !== '' &&
        !view.reconfigured &&
        !view.credentialsChanged &&
        !retrying(view, 'registration error')
      ) {
        return failure(withRemedy(node.lastError, view.host));
      }
      if (node.targetProvisionState === 'manageable') return waitFor('Ironic is about to verify the BMC');
      return askVerb(node, 'manage');
    case 'verifying':
      return waitFor('Ironic is verifying the BMC');
    default:
      return undefined;
  }
}

/** Records what has been established: profile, root device hints, and that these credentials are good. */
function confirm(view: HostView, { secret }: KnownBmc): Decision | undefined {
  const { host, status } = view;
  const profile = profileOf(view);
  if (!profileExists(profile))
    return failure(`hardware profile "${profile}" does not exist: remove spec.hardwareProfile`);

  const hints = effectiveRootDeviceHints(host.spec, profile);
  // While Ironic is busy with the node it still has the credentials that it was given before.
  const good = matches(status.goodCredentials, secret) || !matches(status.triedCredentials, secret);
  const events: HostEvent[] = [];
  const change: { -readonly [Field in keyof StatusChange]: StatusChange[Field] } = {};
  if (status.hardwareProfile !== profile) {
    change.hardwareProfile = profile;
    events.push(event('ProfileSet', `Hardware profile set: ${profile}`));
  }
  if (!sameJson(status.provisioning.rootDeviceHints, hints)) change.provisioning = { rootDeviceHints: hints };
  if (!good) {
    change.goodCredentials = credentialsStatus(secret);
    events.push(event('BMCAccessValidated', 'Verified access to BMC'));
  }

  const clearError = retrying(view, 'registration error');
  if (Object.keys(change).length === 0 && !clearError) return undefined;
  return { kind: 'note', notes: { status: change, events, ...(clearError ? { clearError } : {}) } };
}

/** Sticky: once recorded, the profile in the spec is not looked at again. */
function profileOf({ host, status }: HostView): string {
  const ownChoice = status.hardwareProfile || host.spec.hardwareProfile;
  return ownChoice || (host.spec.bmc?.address.startsWith('libvirt') ? 'libvirt' : 'unknown');
}

/** Same Secret in the same version: any edit of the Secret counts as new credentials. */
export function matches(recorded: CredentialsStatus | undefined, secret: SecretVersion): boolean {
  return sameJson(recorded ?? {}, credentialsStatus(secret));
}

export function credentialsStatus({ name, namespace, resourceVersion }: SecretVersion): CredentialsStatus {
  return { credentials: { name, namespace }, credentialsVersion: resourceVersion };
}

function failure(message: string): Decision {
  return { kind: 'fail', type: 'registration error', message };
}
