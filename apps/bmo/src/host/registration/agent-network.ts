import type { BareMetalHost } from '@metal3/metal3-api';
import type { HostStore } from '../ports.ts';
import { HostConfigDataError, networkDataOf, secretValue } from '../provisioning/config-drive.ts';
import type { AgentNetwork } from '../view.ts';

/** Reads the network configuration that the agent of a host is to have before anything is provisioned. */
export async function readAgentNetwork(
  host: BareMetalHost,
  store: Pick<HostStore, 'findAgentNetwork'>,
): Promise<AgentNetwork> {
  const name = host.spec.preprovisioningNetworkDataName;
  const secret = await store.findAgentNetwork(host);
  if (!name) return { kind: 'unsaid' };
  if (secret === undefined) {
    return { kind: 'unusable', message: `Secret "${name}" of spec.preprovisioningNetworkDataName does not exist` };
  }
  try {
    const text = secretValue('networkData', secret.data, name);
    const version = secret.version.resourceVersion;
    return text === undefined ? { kind: 'unsaid', version } : { kind: 'wanted', data: networkDataOf(text), version };
  } catch (error) {
    if (!(error instanceof HostConfigDataError)) throw error;
    return { kind: 'unusable', message: `Secret "${name}" of spec.preprovisioningNetworkDataName: ${error.message}` };
  }
}
