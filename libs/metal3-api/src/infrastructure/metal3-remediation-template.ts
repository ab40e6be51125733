import { defineKind, type Resource } from '../kind.ts';
import * as v1beta2 from './v1beta2/metal3-remediation-template.ts';
import * as v1beta1 from './v1beta1/metal3-remediation-template.ts';

export type Metal3RemediationTemplateSpec = v1beta2.Metal3RemediationTemplateSpec;

export type Metal3RemediationTemplateStatus = v1beta2.Metal3RemediationTemplateStatus;

/** Template of Metal3Remediation for machine health checks. */
export type Metal3RemediationTemplate = Resource<
  v1beta2.Metal3RemediationTemplateSpec,
  v1beta2.Metal3RemediationTemplateStatus
>;

/** Metal3RemediationTemplate as clients of the deprecated v1beta1 see it. */
export type Metal3RemediationTemplateV1Beta1 = Resource<
  v1beta1.Metal3RemediationTemplateSpec,
  v1beta1.Metal3RemediationTemplateStatus
>;

export const metal3RemediationTemplate = defineKind<Metal3RemediationTemplate>({
  group: 'infrastructure.cluster.x-k8s.io',
  kind: 'Metal3RemediationTemplate',
  plural: 'metal3remediationtemplates',
  singular: 'metal3remediationtemplate',
  shortNames: ['m3rt', 'm3remediationtemplate', 'm3remediationtemplates', 'metal3rt', 'metal3remediationtemplate'],
  categories: ['cluster-api'],
  labels: {
    'cluster.x-k8s.io/provider': 'infrastructure-metal3',
    'cluster.x-k8s.io/v1beta1': 'v1beta1',
    'cluster.x-k8s.io/v1beta2': 'v1beta2',
  },
  versions: [
    {
      name: 'v1beta1',
      storage: false,
      deprecated: true,
      spec: v1beta1.Metal3RemediationTemplateSpec,
      status: v1beta1.Metal3RemediationTemplateStatus,
      subresources: 'status',
    },
    {
      name: 'v1beta2',
      storage: true,
      spec: v1beta2.Metal3RemediationTemplateSpec,
      status: v1beta2.Metal3RemediationTemplateStatus,
      subresources: 'status',
    },
  ],
});
