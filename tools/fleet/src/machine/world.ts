import type { AgentEndpoints } from '../agent/endpoints.ts';
import type { FaultPlan } from '../faults/plan.ts';
import type { HttpClient } from '../http/client.ts';
import type { Ledger } from '../ledger.ts';
import type { FleetOptions } from '../options.ts';
import type { SimulatedTime } from '../time.ts';

/** What all machines of a fleet share. */
export interface World {
  readonly options: FleetOptions;
  readonly time: SimulatedTime;
  readonly ledger: Ledger;
  readonly faults: FaultPlan;
  readonly http: HttpClient;
  readonly agents: AgentEndpoints;
}
