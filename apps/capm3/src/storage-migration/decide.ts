import type { CustomResourceDefinition } from '@metal3/kube-client';

/** The version in which every object of a CRD is to be stored; undefined when the CRD says that all are already. */
export function versionToStore({ spec, status }: CustomResourceDefinition): string | undefined {
  const stored = status?.storedVersions ?? [];
  const wanted = spec.versions.find(({ storage }) => storage)?.name;
  return wanted === undefined || stored.every((version) => version === wanted) ? undefined : wanted;
}
