import { isJsonObject, type JsonObject, type Node, type NodeStep, speaksRedfish } from '@metal3/node';
import { raidErrors } from './errors.ts';

/** What a step of the RAID interface is to do. */
export interface RaidWish {
  readonly deletes: boolean;
  readonly creates: boolean;
  /** The configuration to make; it becomes the node's target. */
  readonly target: JsonObject;
  readonly rootVolume: boolean;
  readonly otherVolumes: boolean;
}

const flags = ['create_root_volume', 'create_nonroot_volumes', 'delete_existing'] as const;
const known: Readonly<Record<string, readonly string[]>> = {
  delete_configuration: [],
  create_configuration: flags,
  apply_configuration: [...flags, 'raid_config'],
};

/** True for the steps that a RAID interface carries out by the BMC. */
export const isRaidStep = (step: NodeStep, { interfaces }: Pick<Node, 'interfaces'>): boolean =>
  speaksRedfish(interfaces.raid) && step.interface === 'raid' && Object.hasOwn(known, step.step);

/** Reads a step and its arguments. @throws RAID-TARGET-INVALID naming the argument */
export function raidWishOf(step: NodeStep, { targetRaidConfig }: Pick<Node, 'targetRaidConfig'>): RaidWish {
  const args = step.args ?? {};
  const name = `raid.${step.step}`;
  const takes = known[step.step] ?? [];
  const stray = Object.keys(args).find((key) => !takes.includes(key));
  if (stray !== undefined) {
    throw raidErrors.target(`${name} takes no argument ${stray}; it takes ${takes.join(', ') || 'none'}`);
  }
  const flag = (key: (typeof flags)[number], byDefault: boolean): boolean => {
    const value = args[key] ?? byDefault;
    if (typeof value === 'boolean') return value;
    throw raidErrors.target(`${key} of ${name} is ${JSON.stringify(value)}, not true or false`);
  };
  const { raid_config: given } = args;
  if (step.step === 'apply_configuration' && !isJsonObject(given)) {
    throw raidErrors.target('raid.apply_configuration needs args.raid_config: the logical disks to create');
  }
  const creates = step.step !== 'delete_configuration';
  return {
    deletes: !creates || flag('delete_existing', false),
    creates,
    target: isJsonObject(given) ? given : targetRaidConfig,
    rootVolume: flag('create_root_volume', true),
    otherVolumes: flag('create_nonroot_volumes', true),
  };
}
