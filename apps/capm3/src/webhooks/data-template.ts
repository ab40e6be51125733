import { isDeepStrictEqual } from 'node:util';
import { invalidField, requiredField, type FieldProblem } from '@metal3/kube-admission';
import type { Metal3DataTemplate } from '@metal3/metal3-api';
import { withoutEmpty } from '../conversion/without-empty.ts';

type NetworkData = NonNullable<Metal3DataTemplate['spec']['networkData']>;
type Network = NonNullable<NonNullable<NetworkData['networks']>['ipv4' | 'ipv6']>[number];

export function dataTemplateProblems({ spec }: Metal3DataTemplate): readonly FieldProblem[] {
  const interfaces = (spec.metaData?.fromHostInterfaces ?? []).flatMap((entry, at) => {
    const field = `spec.metaData.fromHostInterfaces[${at}]`;
    const given = [entry.interface, entry.fromBootMAC].filter(Boolean).length;
    if (given === 1) return [];
    const wrong = given === 0 ? 'interface or fromBootMAC must be set' : 'interface and fromBootMAC exclude each other';
    return [invalidField(field, entry.key, wrong)];
  });
  const { networks } = spec.networkData ?? {};
  const families = (['ipv4', 'ipv6'] as const).flatMap((family) =>
    (networks?.[family] ?? []).flatMap((network, at) =>
      poolProblems(`spec.networkData.networks.${family}[${at}]`, network),
    ),
  );
  return [...interfaces, ...families];
}

function poolProblems(field: string, network: Network): readonly FieldProblem[] {
  const { ipAddressFromIPPool, fromPoolRef, fromPoolAnnotation } = network;
  if (ipAddressFromIPPool || fromPoolRef?.name || fromPoolAnnotation?.object) return [];
  return [requiredField(field, 'ipAddressFromIPPool, fromPoolRef or fromPoolAnnotation must be set')];
}

/**
 * Data that was rendered stays as it is, so the rules it was rendered by do, too. What an old client writes out although it is not set
 * is no change.
 */
export function dataTemplateUpdateProblems(
  before: Metal3DataTemplate,
  after: Metal3DataTemplate,
): readonly FieldProblem[] {
  return (['metaData', 'networkData'] as const)
    .filter((part) => !isDeepStrictEqual(meaning(before.spec[part]), meaning(after.spec[part])))
    .map((part) => invalidField(`spec.${part}`, after.spec[part], 'cannot be modified: make a new template'));
}

function meaning(part: object | undefined): unknown {
  return withoutEmpty(part ?? {});
}

export function dataTemplateWarnings({ spec }: Metal3DataTemplate): readonly string[] {
  return spec.clusterName ? ['spec.clusterName is deprecated and has no effect'] : [];
}
