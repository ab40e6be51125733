import type { ServiceImplementation } from '@metal3/grpc';
import { agentRoutes } from './agent/routes.ts';
import { allocationOperations } from './allocations/perform.ts';
import { allocationRoutes } from './allocations/routes.ts';
import { conductorRoutes } from './conductors/routes.ts';
import type { Dependencies } from './dependencies.ts';
import { discoveryRoutes } from './discovery/routes.ts';
import { driverRoutes } from './drivers/routes.ts';
import type { Route } from './http/route.ts';
import { consoleRoutes } from './nodes/console-routes.ts';
import { hardwareRoutes } from './nodes/hardware-routes.ts';
import { indicatorRoutes } from './nodes/indicator-routes.ts';
import { managementRoutes } from './nodes/management-routes.ts';
import { nodeOperations } from './nodes/perform.ts';
import { recordRoutes } from './nodes/record-routes.ts';
import { nodeRoutes } from './nodes/routes.ts';
import { stateRoutes } from './nodes/state-routes.ts';
import { otherRoutes } from './records/all.ts';
import { portOperations } from './ports/perform.ts';
import { portRoutes } from './ports/routes.ts';
import { bootEntryService } from './rpc/boot-entry-service.ts';
import { nodeService } from './rpc/node-service.ts';
import { vendorCalls, vendorRoutes } from './nodes/vendor-routes.ts';
import { vifRoutes } from './nodes/vif-routes.ts';
import { traitRoutes } from './traits/routes.ts';
import { verbOperations } from './verbs/perform.ts';

/** Everything this service answers, without the servers that carry it. */
export interface Api {
  /** For operators. */
  readonly routes: readonly Route[];
  /** For machines; on the operators' listener or on one of their own. */
  readonly agentRoutes: readonly Route[];
  readonly discoveryRoutes: readonly Route[];
  readonly grpcServices: readonly ServiceImplementation[];
}

/** Puts the capabilities together: REST and gRPC are two ways to the same operations. */
export function assembleApi(dependencies: Dependencies): Api {
  const nodes = nodeOperations(dependencies);
  const ports = portOperations(dependencies);
  const verbs = verbOperations(dependencies);
  return {
    routes: [
      ...nodeRoutes(dependencies, nodes),
      ...stateRoutes(dependencies, nodes, verbs),
      ...managementRoutes(dependencies, nodes, verbs),
      ...indicatorRoutes(dependencies, nodes),
      ...recordRoutes(dependencies, nodes),
      ...hardwareRoutes(dependencies, nodes),
      ...consoleRoutes(dependencies, nodes),
      ...vendorRoutes(dependencies, nodes),
      ...vifRoutes(nodes),
      ...traitRoutes(dependencies, nodes),
      ...portRoutes(dependencies, nodes, ports),
      ...driverRoutes(dependencies.directory),
      ...conductorRoutes(dependencies),
      ...otherRoutes(dependencies, nodes),
      ...allocationRoutes(dependencies, allocationOperations(dependencies)),
    ],
    agentRoutes: agentRoutes(dependencies),
    discoveryRoutes,
    grpcServices: [
      nodeService(dependencies, { nodes, ports, verbs, vendor: vendorCalls(dependencies, nodes) }),
      bootEntryService(dependencies.store),
    ],
  };
}
