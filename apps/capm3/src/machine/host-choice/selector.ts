export interface HostSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values: readonly string[];
  }[];
}

type Labels = Readonly<Record<string, string>>;
type Requirement = (labels: Labels) => boolean;

export type CompiledSelector =
  { readonly kind: 'selector'; readonly matches: Requirement } | { readonly kind: 'invalid'; readonly reason: string };

/**
 * Compiles a host selector. Operators are read case-insensitively and in both spellings, the one of Kubernetes label selectors
 * (In, NotIn, Exists, DoesNotExist) and the short one (=, ==, !=, gt, lt, !).
 */
export function compileSelector(selector: HostSelector | undefined): CompiledSelector {
  const requirements: Requirement[] = Object.entries(selector?.matchLabels ?? {}).map(
    ([key, value]) =>
      (labels) =>
        labels[key] === value,
  );
  for (const { key, operator, values } of selector?.matchExpressions ?? []) {
    const requirement = compileExpression(key, operator.toLowerCase(), values);
    if (requirement === undefined) {
      const reason = `spec.hostSelector.matchExpressions: operator ${operator} of key ${key} is not one of In, NotIn, Exists, DoesNotExist, =, ==, !=, gt, lt`;
      return { kind: 'invalid', reason };
    }
    requirements.push(requirement);
  }
  return { kind: 'selector', matches: (labels) => requirements.every((requirement) => requirement(labels)) };
}

function compileExpression(key: string, operator: string, values: readonly string[]): Requirement | undefined {
  const [first] = values;
  switch (operator) {
    case 'in':
    case '=':
    case '==':
      return (labels) => key in labels && values.includes(labels[key] ?? '');
    case 'notin':
    case '!=':
      return (labels) => !(key in labels) || !values.includes(labels[key] ?? '');
    case 'exists':
      return (labels) => key in labels;
    case 'doesnotexist':
    case '!':
      return (labels) => !(key in labels);
    case 'gt':
      return (labels) => key in labels && Number(labels[key]) > Number(first);
    case 'lt':
      return (labels) => key in labels && Number(labels[key]) < Number(first);
    default:
      return undefined;
  }
}
