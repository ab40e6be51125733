import { createHash, timingSafeEqual } from 'node:crypto';
import { heartbeatAllowedStates, holdStates, type Node, type NodeAgent } from '@metal3/node';
import type { AgentDecision } from '@metal3/node-store';
import { invalid } from '../faults.ts';

/** A heartbeat, its form checked. */
export interface Heartbeat {
  readonly callbackUrl: string;
  readonly agentVersion: string | undefined;
  readonly token: string | undefined;
  readonly verifyCa: string | undefined;
  readonly status: string | undefined;
  readonly statusMessage: string | undefined;
}

const since: Readonly<Record<string, number>> = {
  callback_url: 1,
  agent_version: 36,
  agent_token: 1,
  agent_verify_ca: 68,
  agent_status: 72,
  agent_status_message: 72,
};

/** @throws Fault (400) for a body without callback URL, with arguments newer than the version (not 406 here) or unknown ones */
export function readHeartbeat(body: Readonly<Record<string, unknown>>, minor: number): Heartbeat {
  const unexpected = Object.keys(body).filter((name) => !(name in since));
  if (unexpected.length > 0) throw invalid(`Unexpected arguments: ${unexpected.sort().join(', ')}`);
  for (const name of Object.keys(body)) {
    if ((since[name] ?? 1) > minor) throw invalid(`Field "${name}" not recognised`);
  }
  const text = (name: string): string | undefined => {
    const value = body[name];
    return value === undefined || value === null ? undefined : String(value);
  };
  const callbackUrl = text('callback_url');
  if (callbackUrl === undefined) throw invalid('Missing mandatory parameter: callback_url');
  return {
    callbackUrl,
    agentVersion: text('agent_version'),
    token: text('agent_token'),
    verifyCa: text('agent_verify_ca'),
    status: text('agent_status'),
    statusMessage: text('agent_status_message'),
  };
}

/** What the store knows when a heartbeat comes in. */
export interface HeartbeatContext {
  readonly node: Node;
  readonly agent: NodeAgent | null;
  readonly token: string | undefined;
}

/**
 * Whether a heartbeat is taken, and what it leads to. The order of checks is upstream's. That a conductor
 * acts on the node, or died while it did, is no reason to send an agent away, as Ironic does with the first call of one (409): the call is
 * written down under anybody's lease, and is there when the work goes on.
 *
 * @throws Fault 400
 */
export function decideHeartbeat(
  heartbeat: Heartbeat,
  { node, agent, token }: HeartbeatContext,
  options: { readonly requireTls: boolean; readonly now: number },
): AgentDecision {
  const { callbackUrl } = heartbeat;
  const scheme = callbackUrl === '' ? '' : schemeOf(callbackUrl);
  if (callbackUrl !== '' && !scheme.includes('http')) {
    throw invalid('An issue with the supplied "callback_url" has been detected.');
  }
  if (agent?.url !== null && agent?.url !== undefined && agent.url !== callbackUrl) {
    throw invalid('Detected change in ramdisk provided "callback_url"');
  }
  if (heartbeat.token === undefined) throw invalid('Agent token is required for heartbeat processing.');
  if (heartbeat.status !== undefined && !['start', 'end', 'error'].includes(heartbeat.status)) {
    throw invalid(`Invalid agent_status: ${heartbeat.status}; use start, end or error`);
  }
  if (heartbeat.agentVersion === undefined && heartbeat.status === undefined) {
    throw invalid('Agent version is required for heartbeat processing.');
  }
  if (token === undefined || !sameSecret(token, heartbeat.token)) {
    throw invalid('Invalid or missing agent token received.');
  }
  if (options.requireTls && scheme === 'http') throw invalid('TLS is required by configuration');
  return {
    agent: {
      url: callbackUrl,
      lastHeartbeat: options.now,
      ...(heartbeat.agentVersion === undefined ? {} : { version: heartbeat.agentVersion }),
      ...(heartbeat.verifyCa === undefined ? {} : { verifyCa: heartbeat.verifyCa }),
      ...(heartbeat.status === undefined
        ? {}
        : { status: heartbeat.status, statusMessage: heartbeat.statusMessage ?? null }),
    },
    // Also while a conductor acts: a command may end before the conductor has begun to wait for it, and then this is the news of it.
    wake: heartbeatAllowedStates.has(node.provisionState) && !holdStates.has(node.provisionState),
  };
}

const schemeOf = (url: string): string => {
  const end = url.indexOf('://');
  return end === -1 ? '' : url.slice(0, end).toLowerCase();
};

/** Compares without telling by its duration how much of the secret was right. */
export function sameSecret(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
