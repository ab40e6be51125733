import type { JsonObject } from '@metal3/node';
import { EffectProblem } from '../work/problems.ts';

/** Builds the config drive that the parts of a deployment describe. */
export function buildConfigDrive(_parts: JsonObject): string {
  throw new EffectProblem(
    'Config drives given as parts cannot be built by this release; give the gzipped image in base64',
  );
}
