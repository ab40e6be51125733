import type { Trust } from '../http/client.ts';
import type { Machine } from '../machine/machine.ts';
import { beginEffort, type Calamity, type Effort } from './effort.ts';
import { AgentError } from './error.ts';
import { cleanSteps, customSteps, deploySteps, hardwareManagerVersion, serviceSteps, type AgentStep } from './steps.ts';
import { inventory } from './inventory.ts';
import { systemLogs } from './logs.ts';
import { installDevice, type KnownNode } from './root-device.ts';
import { customDeploy, writeImage } from './write-image.ts';

export type Params = Readonly<Record<string, unknown>>;

/** What a command may use of the agent it runs in. */
export interface CommandContext extends Calamity {
  readonly machine: Machine;
  readonly signal: AbortSignal;
  readonly trust: Trust;
  /** The node as look-up or the last command told it. */
  node(): KnownNode | undefined;
  /** Whether MD5 checksums are accepted, as look-up said. */
  readonly md5Allowed: () => boolean;
  /** Network interfaces go down: the agent neither answers nor heartbeats any more. */
  lockDown(): void;
  /** An image was written since this agent started. */
  partitionUuids: Readonly<Record<string, string>> | undefined;
}

export interface Command {
  /** Synchronous commands end before the request is answered. */
  readonly kind: 'sync' | 'async';
  /** Parameters that must be there. */
  readonly needs?: readonly string[];
  readonly run: (params: Params, context: CommandContext, name: string) => Promise<unknown>;
}

/** Simulated seconds of steps and commands not named elsewhere. */
const stepSeconds: Readonly<Record<string, number>> = {
  erase_devices: 60,
  erase_devices_metadata: 5,
  erase_devices_express: 10,
  burnin_cpu: 120,
  burnin_disk: 120,
  burnin_memory: 120,
  create_configuration: 20,
  delete_configuration: 10,
  apply_configuration: 25,
};

/** All commands of the agent, as `extension.name`. */
export const commands: Readonly<Record<string, Command>> = {
  'clean.get_clean_steps': steps('clean_steps', cleanSteps),
  'clean.execute_clean_step': step('clean', cleanSteps),
  'deploy.get_deploy_steps': steps('deploy_steps', deploySteps),
  'deploy.execute_deploy_step': step('deploy', deploySteps),
  'service.get_service_steps': steps('service_steps', serviceSteps),
  'service.execute_service_step': step('service', serviceSteps),
  'standby.prepare_image': {
    kind: 'async',
    needs: ['image_info'],
    run: (params, context) =>
      prepareImage(params, context, beginEffort(context.machine, 'write_image', context.signal, context)),
  },
  'standby.get_partition_uuids': { kind: 'sync', run: (_, context) => Promise.resolve(context.partitionUuids ?? {}) },
  'standby.sync': { kind: 'sync', run: () => Promise.resolve(null) },
  'standby.power_off': { kind: 'async', run: (_, context) => halt(context, 'power_off') },
  'standby.run_image': { kind: 'async', run: (_, context) => halt(context, 'run_image') },
  'image.install_bootloader': {
    kind: 'async',
    needs: ['root_uuid'],
    run: async (_, context) => {
      await beginEffort(context.machine, 'install_bootloader', context.signal, context).spend(5);
      if (context.machine.disk?.complete !== true) {
        throw new AgentError('CommandExecutionError', 'there is no image on the disk to install a bootloader for');
      }
      return null;
    },
  },
  'log.collect_system_logs': {
    kind: 'sync',
    run: (_, { machine }) => Promise.resolve({ system_logs: systemLogs(machine.name) }),
  },
  'rescue.finalize_rescue': {
    kind: 'sync',
    run: (params, context) => {
      const given = params['rescue_password'];
      if (typeof given !== 'string' || given === '') {
        throw new AgentError('InvalidCommandParamsError', 'rescue_password is empty');
      }
      setImmediate(() => context.lockDown());
      return Promise.resolve(null);
    },
  },
  'system.lockdown': {
    kind: 'sync',
    run: (_, context) => {
      setImmediate(() => context.lockDown());
      return Promise.resolve(null);
    },
  },
  'poll.get_hardware_info': {
    kind: 'sync',
    run: (_, { machine }) => Promise.resolve(inventory(machine, undefined, false)),
  },
  'poll.set_node_info': { kind: 'sync', run: () => Promise.resolve(null) },
};

function steps(key: string, list: readonly AgentStep[]): Command {
  return {
    kind: 'sync',
    needs: ['node', 'ports'],
    run: (_, { machine }) => {
      const custom = key === 'deploy_steps' ? customSteps(machine.world.options.customDeploySteps) : [];
      const managers = custom.length === 0 ? {} : { CustomHardwareManager: custom };
      return Promise.resolve({
        [key]: { GenericHardwareManager: list, ...managers },
        hardware_manager_version: hardwareManagerVersion,
      });
    },
  };
}

/** execute_clean_step and its siblings: check the version, run the step, give back its result beside the step itself. */
function step(phase: 'clean' | 'deploy' | 'service', offered: readonly AgentStep[]): Command {
  return {
    kind: 'async',
    needs: ['step', 'node', 'ports'],
    async run(params, context) {
      const version = params[`${phase}_version`];
      if (version !== undefined && version !== null && !sameVersion(version)) {
        throw new AgentError(
          'VersionMismatch',
          `Current versions: ${JSON.stringify(hardwareManagerVersion)}, versions used by ironic: ${JSON.stringify(version)}`,
        );
      }
      const asked = params['step'];
      const name = typeof asked === 'object' && asked !== null && 'step' in asked ? String(asked.step) : undefined;
      if (name === undefined) {
        throw new AgentError(
          'CommandExecutionError',
          `Malformed ${phase}_step, no "step" key: ${JSON.stringify(asked)}`,
        );
      }
      const given = (asked as { args?: unknown }).args;
      const args = { ...params, ...(typeof given === 'object' && given !== null ? given : {}) };
      const result = await performStep(phase, name, args, context, offered);
      return { [`${phase}_result`]: result ?? null, [`${phase}_step`]: asked };
    },
  };
}

async function performStep(
  phase: 'clean' | 'deploy' | 'service',
  name: string,
  args: Params,
  context: CommandContext,
  offered: readonly AgentStep[],
): Promise<unknown> {
  const { customDeploySteps } = context.machine.world.options;
  const isCustom = phase === 'deploy' && customDeploySteps.includes(name);
  if (!isCustom && !offered.some((known) => known.step === name)) {
    throw new AgentError('HardwareManagerMethodNotFound', `Could not find method: ${name}`);
  }
  const { machine } = context;
  const effort = beginEffort(machine, name, context.signal, context);
  try {
    if (name === 'write_image') return { result: `prepare_image: ${await prepareImage(args, context, effort)}` };
    if (isCustom) {
      return await customDeploy(machine, name, args, context.trust, installDevice(machine, context.node()), effort);
    }
    await effort.spend(stepSeconds[name] ?? 3);
  } catch (error) {
    if (error instanceof AgentError && error.type === 'CommandExecutionError') {
      const type = phase === 'clean' ? 'CleaningError' : phase === 'deploy' ? 'DeploymentError' : 'ServicingError';
      throw new AgentError(type, `Unexpected exception performing ${phase} step ${name}. ${error.details}`);
    }
    throw error;
  }
  if (name.startsWith('erase_devices')) {
    machine.contents.clear();
    machine.record('disk-erased', { step: name });
  }
  if (name === 'inject_files') injectFiles(args['files'], machine);
  return null;
}

async function prepareImage(args: Params, context: CommandContext, effort: Effort): Promise<string> {
  const { machine, trust } = context;
  const md5Allowed = context.md5Allowed();
  const { image_info: imageInfo, configdrive: configDrive } = args;
  const device = installDevice(machine, context.node());
  const result = await writeImage(machine, { imageInfo, configDrive, md5Allowed, trust, device }, effort);
  context.partitionUuids = { 'root uuid': '0x00000000' };
  return result;
}

/** The machine goes down a little after the command has ended, so that its caller can still see the end. */
async function halt(context: CommandContext, name: 'power_off' | 'run_image'): Promise<null> {
  const { machine, signal } = context;
  await beginEffort(machine, name, signal, context).spend(1);
  machine.halt(name === 'power_off' ? 'power-off' : 'reboot', `agent ${name}`);
  return null;
}

function injectFiles(files: unknown, machine: Machine): void {
  const { disk, bootDisk } = machine;
  if (bootDisk === undefined || disk?.complete !== true)
    throw new AgentError('CommandExecutionError', 'there is no file system to inject files into');
  const injected = new Map(disk.injectedFiles);
  for (const file of Array.isArray(files) ? (files as unknown[]) : []) {
    const { path, content } = (file ?? {}) as { path?: unknown; content?: unknown };
    if (typeof path !== 'string') throw new AgentError('InvalidCommandParamsError', 'inject_files: path is missing');
    injected.set(path, Buffer.from(typeof content === 'string' ? content : '', 'base64'));
  }
  machine.contents.set(bootDisk, { ...disk, injectedFiles: injected });
}

function sameVersion(version: unknown): boolean {
  const entries = Object.entries(typeof version === 'object' && version !== null ? version : {});
  const own = Object.entries(hardwareManagerVersion);
  return (
    entries.length === own.length &&
    own.every(([manager, number]) => entries.some(([m, n]) => m === manager && n === number))
  );
}
