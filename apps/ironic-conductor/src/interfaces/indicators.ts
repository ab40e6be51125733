import { EffectProblem } from '../work/problems.ts';
import { type Indicator, type IndicatorState, indicatorStates } from './machine.ts';

/** The indicator of a name. @throws EffectProblem saying which there are */
export function chosenIndicator<Known extends Pick<Indicator, 'component' | 'name'>>(
  all: readonly Known[],
  component: string,
  name: string,
): Known {
  const ofComponent = all.filter((indicator) => indicator.component === component);
  if (ofComponent.length === 0) {
    const known = [...new Set(all.map((indicator) => indicator.component))].join(', ') || 'none';
    throw new EffectProblem(`Invalid component ${component} specified; those with indicators are: ${known}`);
  }
  const found = ofComponent.find((indicator) => indicator.name === name);
  if (found === undefined) {
    const known = ofComponent.map((indicator) => indicator.name).join(', ');
    throw new EffectProblem(`Invalid indicator ${name} specified; the ${component} has: ${known}`);
  }
  return found;
}

/** @throws EffectProblem for a state that the indicator does not take */
export function checkIndicatorState({ component, name, readOnly, states }: Indicator, state: string): IndicatorState {
  if (readOnly) throw new EffectProblem(`Indicator ${name} of the ${component} cannot be set`);
  const wanted = indicatorStates.find((known) => known === state);
  if (wanted !== undefined && states.includes(wanted)) return wanted;
  throw new EffectProblem(
    `Indicator state ${state} is not supported; ${name} of the ${component} takes ${states.join(', ')}`,
  );
}
