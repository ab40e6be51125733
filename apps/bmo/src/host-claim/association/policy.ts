import type { HostDeployPolicy } from '@metal3/metal3-api';

/** Where a claim is. */
export interface Home {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Whether a policy lets claims of a namespace have hosts of its own. All that it names must hold; one that names nothing lets everybody, one
 * without `hostClaimNamespaces` nobody.
 *
 * @throws SyntaxError for a `nameMatches` that is no regular expression
 */
export function admits({ spec: { hostClaimNamespaces: wanted } }: HostDeployPolicy, home: Home): boolean {
  if (wanted === undefined || wanted === null) return false;
  const { names, nameMatches, hasLabels = [] } = wanted;
  return (
    (names === undefined || names.length === 0 || names.includes(home.name)) &&
    (nameMatches === undefined || nameMatches === '' || new RegExp(nameMatches).test(home.name)) &&
    hasLabels.every(({ name, value }) => {
      const present = home.labels[name];
      return present !== undefined && (value === undefined || value === '' || present === value);
    })
  );
}

export interface Admission {
  /** Namespaces whose hosts may be claimed. */
  readonly namespaces: ReadonlySet<string>;
  /** What is wrong with policies that cannot be read, for whoever waits because of them. */
  readonly problems: readonly string[];
}

/** Of each namespace one policy that lets the claim in is enough. */
export function admissionTo(home: Home, policies: readonly HostDeployPolicy[]): Admission {
  const namespaces = new Set<string>();
  const problems: string[] = [];
  for (const policy of policies) {
    const { namespace = '', name = '' } = policy.metadata;
    try {
      if (admits(policy, home)) namespaces.add(namespace);
    } catch (error) {
      problems.push(`HostDeployPolicy ${namespace}/${name}: nameMatches cannot be read (${(error as Error).message})`);
    }
  }
  return { namespaces, problems };
}
