type Requirement = (labels: Readonly<Record<string, string>>) => boolean;

/** metav1.LabelSelector. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

/**
 * Compiles the text form of a label selector: `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Empty or absent matches all.
 *
 * @throws TypeError naming the part that cannot be read
 */
export function parseLabelSelector(text: string | undefined): (labels: Record<string, string> | undefined) => boolean {
  const requirements = splitRequirements(text ?? '').map(parseRequirement);
  return (labels) => requirements.every((holds) => holds(labels ?? {}));
}

/** Whether labels satisfy a metav1.LabelSelector; an empty one matches all, an absent one nothing. */
export function matchesLabelSelector(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  if (selector === undefined) return false;
  const present = labels ?? {};
  const byLabel = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => present[key] === value);
  return (
    byLabel &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = present[key];
      switch (operator.toLowerCase()) {
        case 'in':
          return value !== undefined && values.includes(value);
        case 'notin':
          return value === undefined || !values.includes(value);
        case 'exists':
          return value !== undefined;
        case 'doesnotexist':
          return value === undefined;
        default:
          throw new TypeError(`label selector operator ${operator} is none of In, NotIn, Exists, DoesNotExist`);
      }
    })
  );
}

function splitRequirements(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function parseRequirement(text: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = list.split(',').map((value) => value.trim());
    return operator === 'in'
      ? (labels) => labels[key] !== undefined && values.includes(labels[key])
      : (labels) => labels[key] === undefined || !values.includes(labels[key]);
  }
  const equality = /^([^!=\s]+)\s*(==|=|!=)\s*([^=\s]*)$/.exec(text);
  if (equality !== null) {
    const [, key = '', operator, value = ''] = equality;
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const existence = /^(!?)\s*([^\s!=,()]+)$/.exec(text);
  if (existence !== null) {
    const [, not = '', key = ''] = existence;
    return (labels) => (labels[key] !== undefined) === (not === '');
  }
  throw new TypeError(`cannot read "${text}" in a label selector`);
}
