import { provisionState, workBegunBy, type JsonObject, type Node, validateNode } from '@metal3/node';
import type { NodeChange } from '@metal3/node-store';
import { conflict, Fault, invalid, invalidState } from '../faults.ts';
import { inMaintenance, type ProvisionRequest } from './provision-request.ts';

/** Settings that acceptance depends on. */
export interface VerbPolicy {
  readonly allowProvisioningInMaintenance: boolean;
}

/**
 * What accepting a verb changes: the state, the work order for a conductor, and the config drive, all in one transaction.
 *
 * The work's arguments keep the names of the REST body (`clean_steps`, `deploy_steps`, `service_steps`, `disable_ramdisk`,
 * `rescue_password`); the config drive is stored apart, as it was sent: text as it is, an object of parts as its JSON.
 * `abort` begins no work: it asks the conductor to end what is under way, which takes effect when the step that runs allows it.
 */
export function decideProvision(
  node: Node,
  request: ProvisionRequest,
  principal: string,
  policy: VerbPolicy,
): NodeChange {
  const { verb } = request;
  refuseForbidden(node, request, policy);
  refuseUnsupported(node, request);

  if (verb === 'unhold') return { event: verb, wake: true };
  if (verb === 'abort' && node.provisionState !== provisionState.serviceFailed)
    return { request: { kind: verb, args: {} } };

  const kind = workBegunBy(verb, node.provisionState);
  if (kind === undefined) return { event: verb };

  const manual = verb === 'clean' || (verb === 'delete' && node.retired);
  return {
    event: verb,
    ...(manual ? { target: provisionState.manageable } : {}),
    work: { kind, args: workArguments(request), requestedBy: principal },
    patch: { lastError: null },
    ...configDriveChange(request),
  };
}

function workArguments(request: ProvisionRequest): JsonObject {
  const { cleanSteps, deploySteps, serviceSteps, disableRamdisk, rescuePassword, verb } = request;
  return JSON.parse(
    JSON.stringify({
      clean_steps: cleanSteps,
      deploy_steps: deploySteps,
      service_steps: serviceSteps,
      disable_ramdisk: disableRamdisk,
      rescue_password: rescuePassword,
      rebuild: verb === 'rebuild' ? true : undefined,
    }),
  ) as JsonObject;
}

function configDriveChange({ verb, configDrive }: ProvisionRequest): Pick<NodeChange, 'blobs'> {
  if (verb === 'delete') return { blobs: { 'config-drive': null } };
  if (configDrive !== undefined) {
    return { blobs: { 'config-drive': typeof configDrive === 'string' ? configDrive : JSON.stringify(configDrive) } };
  }
  // A new deployment without one must not find that of the deployment before; a rebuild keeps it.
  return verb === 'deploy' ? { blobs: { 'config-drive': null } } : {};
}

function refuseForbidden(node: Node, { verb }: ProvisionRequest, policy: VerbPolicy): void {
  if (node.protected && (verb === 'rebuild' || verb === 'delete')) {
    throw new Fault('protected', `Node ${node.uuid} is protected and cannot be undeployed, rebuilt or deleted`);
  }
  if (node.retired && verb === 'provide') {
    throw invalid(`The provide operation can't be performed on node ${node.uuid} because it is retired.`);
  }
  if (!node.maintenance) return;
  const blocked = ['deploy', 'rebuild', 'clean', 'service'].includes(verb);
  if (blocked || (verb === 'provide' && !policy.allowProvisioningInMaintenance)) throw inMaintenance(verb, node);
  if (verb === 'abort' && node.provisionState === provisionState.serviceFailed) {
    throw conflict(inMaintenance(verb, node).message);
  }
}

/** Refuses at once what would only fail later: the conductor checks the same things again, with the BMC. */
function refuseUnsupported(node: Node, { verb }: ProvisionRequest): void {
  const kinds = (
    { deploy: ['power', 'deploy'], rebuild: ['power', 'deploy'], clean: ['power'], provide: ['power'] } as const
  )[verb as 'deploy'];
  const verdicts = validateNode(node);
  for (const kind of kinds ?? []) {
    const verdict = verdicts.get(kind);
    if (verdict?.result === false)
      throw invalid(`Failed to validate ${kind} info for node ${node.uuid}. Error: ${verdict.reason}`);
  }
  if (verb === 'rescue' || verb === 'unrescue') {
    const verdict = verdicts.get('rescue');
    if (verdict?.result === false) throw new Fault('unsupported', verdict.reason);
  }
  if (verb === 'inspect' && (node.interfaces.inspect ?? 'no-inspect') === 'no-inspect') {
    throw new Fault('unsupported', `Driver ${node.driver} does not support inspect (disabled or not implemented).`);
  }
}

const powerTargets = ['power on', 'power off', 'rebooting', 'soft power off', 'soft rebooting'] as const;
type PowerTarget = (typeof powerTargets)[number];

/** What accepting a power change writes. @throws Fault 400 for a target that is unknown or refused in the node's state, 409 when powering off is disabled */
export function decidePower(node: Node, target: string, timeoutSeconds: number | undefined): NodeChange {
  if (!isPowerTarget(target)) throw invalidState(target, node.uuid, node.powerState ?? 'None');
  if (node.provisionState === provisionState.cleaning || node.provisionState === provisionState.cleanWait) {
    throw invalidState(target, node.uuid, node.provisionState);
  }
  const off = target === 'power off' || target === 'soft power off';
  if (off && node.disablePowerOff) {
    throw conflict(`Power off is disabled for node ${node.uuid} (disable_power_off is set).`);
  }
  return {
    power: { target, ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) },
    // The state the machine is to end in; how it gets there is in the order.
    patch: { lastError: null, targetPowerState: off ? 'power off' : 'power on' },
  };
}

const isPowerTarget = (text: string): text is PowerTarget => (powerTargets as readonly string[]).includes(text);
