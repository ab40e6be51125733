import { Fault, invalid, invalidState, locked, notAcceptable } from '../faults.ts';
import { parseBoolean } from '../http/query.ts';
import { parseConfigDrive, type ConfigDrive } from './config-drive.ts';
import { parseSteps, type UserStep } from './steps.ts';

/** What the check of a provisioning request must know of the node. */
export interface ProvisionSubject {
  readonly uuid: string;
  readonly provisionState: string;
  readonly reservation: string | null;
  readonly maintenance: boolean;
}

export type CanonicalVerb =
  | 'deploy'
  | 'rebuild'
  | 'delete'
  | 'manage'
  | 'provide'
  | 'inspect'
  | 'abort'
  | 'clean'
  | 'adopt'
  | 'rescue'
  | 'unrescue'
  | 'unhold'
  | 'service';

/** A provisioning request that passed every check that needs no store. */
export interface ProvisionRequest {
  readonly verb: CanonicalVerb;
  readonly configDrive?: ConfigDrive;
  readonly cleanSteps?: readonly UserStep[];
  readonly deploySteps?: readonly UserStep[];
  readonly serviceSteps?: readonly UserStep[];
  readonly rescuePassword?: string;
  readonly disableRamdisk?: boolean;
}

const verbs: Readonly<Record<string, readonly [verb: CanonicalVerb, since: number]>> = {
  active: ['deploy', 1],
  deploy: ['deploy', 73],
  rebuild: ['rebuild', 1],
  deleted: ['delete', 1],
  undeploy: ['delete', 73],
  manage: ['manage', 4],
  provide: ['provide', 4],
  inspect: ['inspect', 6],
  abort: ['abort', 13],
  clean: ['clean', 15],
  adopt: ['adopt', 17],
  rescue: ['rescue', 38],
  unrescue: ['unrescue', 38],
  unhold: ['unhold', 85],
  service: ['service', 87],
};

const known = new Set([
  'target',
  'configdrive',
  'clean_steps',
  'deploy_steps',
  'service_steps',
  'rescue_password',
  'disable_ramdisk',
]);

/**
 * Checks a provisioning request in upstream's order, so that a request wrong in two ways gets the same answer.
 *
 * @param allowed whether the transition table has this verb for the node's state
 */
export function checkProvisionRequest(
  body: Readonly<Record<string, unknown>>,
  node: ProvisionSubject,
  minor: number,
  allowed: (state: string, verb: CanonicalVerb) => boolean,
): ProvisionRequest {
  const unexpected = Object.keys(body).filter((name) => !known.has(name));
  if (unexpected.length > 0) throw invalid(`Unexpected arguments: ${unexpected.sort().join(', ')}`);
  const { target } = body;
  if (target === undefined || target === null) throw invalid('Missing mandatory parameter: target');
  if (typeof target !== 'string') throw invalid(`Expected string for target: ${String(target)}`);

  const [verb, since] = (Object.hasOwn(verbs, target) ? verbs[target] : undefined) ?? [undefined, 1];
  if (minor < since) throw notAcceptable();
  if ((target === 'active' || target === 'rebuild') && node.maintenance) throw inMaintenance(target, node);
  if (verb === undefined || !allowed(node.provisionState, verb)) {
    throw node.reservation === null
      ? invalidState(target, node.uuid, node.provisionState)
      : locked(node.uuid, node.reservation);
  }
  return { verb, ...checkArguments(body, target, verb, node, minor) };
}

function checkArguments(
  body: Readonly<Record<string, unknown>>,
  target: string,
  verb: CanonicalVerb,
  node: ProvisionSubject,
  minor: number,
): Omit<ProvisionRequest, 'verb'> {
  const { configdrive, clean_steps, deploy_steps, service_steps, rescue_password, disable_ramdisk } = body;
  const given = (value: unknown): boolean => value !== undefined && value !== null;

  if (given(configdrive) && target !== 'active' && target !== 'rebuild') {
    throw invalid('Adding a config drive is only supported when setting provision state to active or rebuild');
  }
  if (given(configdrive) && target === 'rebuild' && minor < 35) throw notAcceptable();
  const configDrive = parseConfigDrive(configdrive, minor);
  const disableRamdisk = ramdiskFlag(disable_ramdisk, verb, minor);

  if (given(clean_steps) && verb !== 'clean') {
    throw invalid('"clean_steps" is only valid when setting target provision state to clean');
  }
  if (given(deploy_steps) && verb !== 'deploy' && verb !== 'rebuild') {
    throw invalid('"deploy_steps" is only valid when setting target provision state to active or rebuild');
  }
  if (given(deploy_steps) && minor < 69) throw notAcceptable();
  if (given(rescue_password) && verb !== 'rescue') {
    throw invalid('"rescue_password" is only valid when setting target provision state to rescue');
  }
  refuseEarlyAbort(verb, node.provisionState, minor);
  if (given(service_steps) && verb !== 'service') {
    throw invalid('"service_steps" is only valid when setting target provision state to service');
  }
  return {
    ...(configDrive === undefined ? {} : { configDrive }),
    ...(disableRamdisk === undefined ? {} : { disableRamdisk }),
    ...(given(deploy_steps) ? { deploySteps: parseSteps('deploy', deploy_steps) } : {}),
    ...requiredOf(verb, body),
  };
}

/** What clean, service and rescue cannot go without. */
function requiredOf(verb: CanonicalVerb, body: Readonly<Record<string, unknown>>): Partial<ProvisionRequest> {
  const steps = (name: 'clean_steps' | 'service_steps', kind: 'clean' | 'service') => {
    const value = body[name];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) {
      throw invalid(`"${name}" is required when setting target provision state to ${kind}`);
    }
    return parseSteps(kind, value);
  };
  switch (verb) {
    case 'clean':
      return { cleanSteps: steps('clean_steps', 'clean') };
    case 'service':
      return { serviceSteps: steps('service_steps', 'service') };
    case 'rescue': {
      const password = body['rescue_password'];
      if (typeof password !== 'string' || password.trim() === '') {
        throw invalid('A non-empty "rescue_password" is required when setting target provision state to rescue');
      }
      return { rescuePassword: password };
    }
    default:
      return {};
  }
}

function ramdiskFlag(value: unknown, verb: CanonicalVerb, minor: number): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (verb !== 'clean' && verb !== 'service') {
    throw invalid('"disable_ramdisk" is only valid when setting target provision state to clean or service');
  }
  if (minor < (verb === 'clean' ? 70 : 108) && parseBoolean('disable_ramdisk', value)) throw notAcceptable();
  return parseBoolean('disable_ramdisk', value);
}

/** `abort` came to one state after another. */
function refuseEarlyAbort(verb: CanonicalVerb, state: string, minor: number): void {
  if (verb !== 'abort') return;
  if (state === 'inspect wait' && minor < 41) throw notAcceptable();
  if (state === 'wait call-back' && minor < 110) throw notAcceptable();
}

export const inMaintenance = (action: string, node: { readonly uuid: string }): Fault =>
  new Fault(
    'in-maintenance',
    `The ${action} operation can't be performed on node ${node.uuid} because it's in maintenance mode.`,
  );
