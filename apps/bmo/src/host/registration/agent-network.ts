import type { BareMetalHost } from '@metal3/metal3-api';
import type { HostStore } from '../ports.ts';
import { HostConfigDataError, networkDataOf, secretValue } from '../provisioning/config-drive.ts';
import type { AgentNetwork } from '../view.ts';

/** Reads the network configuration that the agent of a host is to have before anything is provisioned. */
export async function readAgentNetwork(
  { spec, metadata }: Pick<BareMetalHost, 'spec' | 'metadata'>,
  store: Pick<HostStore, 'findSecret'>,
): Promise<AgentNetwork> {
  const name = spec.preprovisioningNetworkDataName;
  if (!name) return { kind: 'unsaid' };
  const secret = await store.findSecret(metadata.namespace ?? '', name);
  if (secret === undefined) {
    return { kind: 'unusable', message: `Secret "${name}" of spec.preprovisioningNetworkDataName does not exist` };
  }
  try {
    const text = secretValue('networkData', secret.data, name);
    return text === undefined ? { kind: 'unsaid' } : { kind: 'wanted', data: networkDataOf(text) };
  } catch (error) {
    if (!(error instanceof HostConfigDataError)) throw error;
    return { kind: 'unusable', message: `Secret "${name}" of spec.preprovisioningNetworkDataName: ${error.message}` };
  }
}
