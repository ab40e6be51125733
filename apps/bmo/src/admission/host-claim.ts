import type { HostClaim } from '@metal3/metal3-api';
import { expressionProblem } from '../host-claim/association/selector.ts';
import { rebootViolations } from './host-annotations.ts';
import { imageViolations } from './image-url.ts';
import { violation, when, type Violation } from './violation.ts';

const name = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
const domain = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const labelKey = new RegExp(`^(${domain}/)?${name}$`);
const labelValue = new RegExp(`^(${name})?$`);

/** Everything that is wrong with a HostClaim, on creation and on every update. */
export function claimViolations({ metadata, spec }: HostClaim): readonly Violation[] {
  return [
    ...selectorViolations(spec.hostSelector),
    ...rebootViolations(metadata.annotations),
    ...imageViolations('spec.image', spec.image),
  ];
}

function selectorViolations(selector: HostClaim['spec']['hostSelector']): readonly Violation[] {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  const field = 'spec.hostSelector';
  return [
    ...Object.entries(matchLabels).flatMap(([key, value]) => [
      ...keyViolations(`${field}.matchLabels`, key),
      ...valueViolations(`${field}.matchLabels[${key}]`, value),
    ]),
    ...matchExpressions.flatMap((expression, index) => {
      const at = `${field}.matchExpressions[${index}]`;
      const problem = expressionProblem(expression);
      return [
        ...keyViolations(`${at}.key`, expression.key),
        ...(problem === undefined ? [] : [violation(at, problem)]),
        ...expression.values.flatMap((value, nth) => valueViolations(`${at}.values[${nth}]`, value)),
      ];
    }),
  ];
}

function keyViolations(field: string, key: string): readonly Violation[] {
  return when(!labelKey.test(key), field, `${JSON.stringify(key)} is not a label key such as example.com/rack`);
}

function valueViolations(field: string, value: string): readonly Violation[] {
  return when(
    !labelValue.test(value),
    field,
    `${JSON.stringify(value)} is not a label value: at most 63 letters, digits, "-", "_" and "."`,
  );
}
