import { Type, type Static } from 'typebox';

/** Which of several replicas answers DHCP. */
export const dutySettings = Type.Object({
  by: Type.Enum(['configuration', 'lease'], {
    default: 'configuration',
    env: ['DHCP_DUTY'],
    description:
      'configuration: this process is the only DHCP server of its subnets, and always answers; lease: of several replicas the one that holds a ' +
      'Kubernetes Lease answers, and another within 15 seconds when that one is gone',
  }),
  lease: Type.String({
    default: 'pxe-server-dhcp',
    description: 'Name of the Lease; the same for all replicas that serve the same subnets',
  }),
  namespace: Type.String({
    default: 'default',
    env: ['DHCP_DUTY_NAMESPACE', 'POD_NAMESPACE'],
    description: 'Namespace of the Lease',
  }),
  kubeconfig: Type.String({
    default: '',
    env: ['KUBECONFIG_FILE'],
    description: 'Kubeconfig file; empty for the service account of the pod',
  }),
});

export type DutySettings = Static<typeof dutySettings>;
