import { isJsonObject, type Json, type NodeStep } from '@metal3/node';
import { EffectProblem } from '../../work/problems.ts';
import type { FirmwareComponent } from '../machine.ts';

export interface FirmwareUpdate {
  readonly component: FirmwareComponent;
  readonly url: string;
}

/** The updates that a `firmware.update` step asks for, in their order. @throws EffectProblem */
export function updatesOf(step: NodeStep): readonly FirmwareUpdate[] {
  const settings = step.args?.['settings'];
  if (!Array.isArray(settings) || settings.length === 0)
    throw new EffectProblem('firmware.update needs args.settings: a list of {component, url} that is not empty');
  return settings.map((item: Json) => {
    const component = isJsonObject(item) ? item['component'] : undefined;
    const url = isJsonObject(item) ? item['url'] : undefined;
    const known = componentOf(component);
    if (known === undefined)
      throw new EffectProblem(
        `firmware.update knows no component ${JSON.stringify(component ?? null)}; use bios, bmc or nic:ID`,
      );
    if (typeof url !== 'string' || !/^https?:\/\//i.test(url))
      throw new EffectProblem(`firmware.update of ${known} needs url: where the BMC fetches the image, http or https`);
    return { component: known, url };
  });
}

function componentOf(value: Json | undefined): FirmwareComponent | undefined {
  if (value === 'bios' || value === 'bmc') return value;
  return typeof value === 'string' && /^nic:./.test(value) ? (value as FirmwareComponent) : undefined;
}
