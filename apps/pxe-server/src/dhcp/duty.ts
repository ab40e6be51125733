import { connectKubernetes, findClusterAccess } from '@metal3/kube-client';
import { leadershipMetric } from '@metal3/kube-controller';
import type { Part, Service } from '@metal3/service';
import type { PxeServerConfig } from '../config.ts';
import { leaseDuty } from './adapters/lease-duty.ts';
import type { Duty } from './ports.ts';

/** The only server of its subnets. */
export const alwaysOnDuty: Duty & Part = {
  name: 'dhcp duty',
  onDuty: () => true,
  onTakeover() {},
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};

/** Duty as the settings say. @throws KubeConfigError for a kubeconfig that cannot be used */
export function dhcpDuty(
  { dhcp, dhcp6, dhcpDuty: { by, lease, namespace, kubeconfig } }: Pick<PxeServerConfig, 'dhcp' | 'dhcp6' | 'dhcpDuty'>,
  { clock, log, random, version, instance, metrics }: Service,
  env: NodeJS.ProcessEnv,
): Duty & Part {
  // Proxies give no addresses, so any number of them may answer.
  if (by === 'configuration' || (dhcp.mode !== 'server' && dhcp6.mode === 'off')) return alwaysOnDuty;
  const now = () => clock.now();
  const access = findClusterAccess({ kubeconfig, env, now });
  return leaseDuty({
    client: connectKubernetes(access, { userAgent: `pxe-server/${version}`, now }),
    namespace,
    name: lease,
    identity: `${instance}_${random.uuid()}`,
    onLeading: leadershipMetric(metrics, lease).set,
    clock,
    log,
  });
}
