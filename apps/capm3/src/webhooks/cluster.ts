import { invalidField, type FieldProblem } from '@metal3/kube-admission';
import type { Metal3Cluster, Metal3ClusterTemplate } from '@metal3/metal3-api';

const defaultPort = 6443;

/** Fills in what a cluster that does not say is taken to mean. */
export function defaultCluster(draft: Metal3Cluster): void {
  draft.spec.controlPlaneEndpoint ??= {};
  draft.spec.controlPlaneEndpoint.port ||= defaultPort;
  draft.spec.cloudProviderEnabled ??= false;
}

/** Nobody but its author knows where the control plane answers. */
export function clusterProblems({ spec }: Metal3Cluster): readonly FieldProblem[] {
  return hostProblems('spec.controlPlaneEndpoint', spec.controlPlaneEndpoint);
}

/** A template is copied as it is: what is missing in it would be missing in every cluster. */
export function clusterTemplateProblems({ spec }: Metal3ClusterTemplate): readonly FieldProblem[] {
  const field = 'spec.template.spec.controlPlaneEndpoint';
  const endpoint = spec.template.spec.controlPlaneEndpoint;
  const problems = hostProblems(field, endpoint);
  return endpoint?.port ? problems : [...problems, invalidField(`${field}.port`, endpoint?.port ?? 0, 'is required')];
}

function hostProblems(field: string, endpoint: Metal3Cluster['spec']['controlPlaneEndpoint']): readonly FieldProblem[] {
  return endpoint?.host ? [] : [invalidField(`${field}.host`, endpoint?.host ?? '', 'is required')];
}
