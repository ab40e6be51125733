import type { IronicApiConfig } from './config.ts';
import type { ApiSettings } from './dependencies.ts';

/** The part of the configuration that capabilities look at. */
export const settingsOf = ({ agent, nodes, rest }: Pick<IronicApiConfig, 'agent' | 'nodes' | 'rest'>): ApiSettings => ({
  defaultResourceClass: nodes.defaultResourceClass === '' ? null : nodes.defaultResourceClass,
  maxLimit: rest.maxLimit,
  allowDeletingAvailableNodes: nodes.allowDeletingAvailable,
  allowProvisioningInMaintenance: nodes.allowProvisioningInMaintenance,
  fastTrack: agent.fastTrack,
  restrictLookup: agent.restrictLookup,
  agentHeartbeatTimeoutSeconds: Math.round(agent.heartbeatTimeout / 1000),
  requireAgentTls: agent.requireTls,
  maxConcurrentDeploy: nodes.maxConcurrentDeploy === 0 ? Number.POSITIVE_INFINITY : nodes.maxConcurrentDeploy,
  maxConcurrentClean: nodes.maxConcurrentClean === 0 ? Number.POSITIVE_INFINITY : nodes.maxConcurrentClean,
  lockWaitMs: nodes.lockWait,
});
