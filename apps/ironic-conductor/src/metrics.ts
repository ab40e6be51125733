import type { RedfishExchange } from '@metal3/redfish';
import { Counter, Histogram, type Registry } from 'prom-client';

export interface ConductorMetrics {
  readonly redfish: (exchange: RedfishExchange) => void;
  readonly agent: (call: { readonly command: string; readonly outcome: string }) => void;
  readonly effect: (effect: string, outcome: 'done' | 'passing' | 'failed', milliseconds: number) => void;
}

/** What goes out of this process, counted: requests to BMCs and agents, and the effects they belong to. */
export function conductorMetrics(registry: Registry): ConductorMetrics {
  const redfish = new Counter({
    name: 'metal3_conductor_redfish_requests_total',
    help: 'Requests to BMCs by method and status (0: no answer)',
    labelNames: ['method', 'status'] as const,
    registers: [registry],
  });
  const agent = new Counter({
    name: 'metal3_conductor_agent_requests_total',
    help: 'Requests to agents by command and status',
    labelNames: ['command', 'status'] as const,
    registers: [registry],
  });
  const effects = new Histogram({
    name: 'metal3_conductor_effect_seconds',
    help: 'Duration of effects by outcome',
    labelNames: ['effect', 'outcome'] as const,
    buckets: [0.01, 0.05, 0.2, 1, 5, 30],
    registers: [registry],
  });
  return {
    redfish: ({ method, status }) => redfish.inc({ method, status: String(status) }),
    agent: ({ command, outcome }) => agent.inc({ command, status: outcome }),
    effect: (effect, outcome, milliseconds) => effects.observe({ effect, outcome }, milliseconds / 1000),
  };
}
