import type { HostClaimSpec } from '@metal3/metal3-api';

type Labels = Readonly<Record<string, string>>;
type Selector = HostClaimSpec['hostSelector'];
type Expression = NonNullable<NonNullable<Selector>['matchExpressions']>[number];

interface Operator {
  /** How many values it takes. */
  readonly takes: 'one' | 'some' | 'none';
  readonly holds: (labels: Labels, key: string, values: readonly string[]) => boolean;
}

const isOneOf: Operator['holds'] = (labels, key, values) => key in labels && values.includes(labels[key] ?? '');
const exists: Operator['holds'] = (labels, key) => key in labels;
const not =
  (holds: Operator['holds']): Operator['holds'] =>
  (...asked) =>
    !holds(...asked);

/** In lower case. Upstream's webhook takes the short spellings only, its documentation shows those of Kubernetes: both are read. */
const operators: Readonly<Record<string, Operator>> = {
  '=': { takes: 'one', holds: isOneOf },
  '==': { takes: 'one', holds: isOneOf },
  '!=': { takes: 'one', holds: not(isOneOf) },
  in: { takes: 'some', holds: isOneOf },
  notin: { takes: 'some', holds: not(isOneOf) },
  exists: { takes: 'none', holds: exists },
  '!': { takes: 'none', holds: not(exists) },
  doesnotexist: { takes: 'none', holds: not(exists) },
};

const quantity = { one: 'exactly one value', some: 'at least one value', none: 'no values' } as const;

/** What is wrong with an expression, as the end of a sentence; undefined when nothing is. */
export function expressionProblem({ operator, values }: Expression): string | undefined {
  const known = operatorOf(operator);
  if (known === undefined) {
    return `operator ${JSON.stringify(operator)} is not one of In, NotIn, Exists, DoesNotExist, =, ==, !=, !`;
  }
  const enough = { one: values.length === 1, some: values.length > 0, none: values.length === 0 }[known.takes];
  return enough ? undefined : `operator ${operator} takes ${quantity[known.takes]}`;
}

/** Whether labels are what a selector asks for; none asks for nothing. An expression that cannot be read is met by nobody. */
export function selects(selector: Selector, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((expression) => {
      const { key, operator, values } = expression;
      return expressionProblem(expression) === undefined && operatorOf(operator)?.holds(labels, key, values) === true;
    })
  );
}

function operatorOf(text: string): Operator | undefined {
  const name = text.toLowerCase();
  return Object.hasOwn(operators, name) ? operators[name] : undefined;
}
