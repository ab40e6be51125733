/** The whole system on one machine: for npm start, the journeys, the bench. */
export { bundleServices } from './bundle.ts';
export { applyCustomResourceDefinitions } from './custom-resource-definitions.ts';
export { countEvents, listMachines, type SimulatedMachine } from './data-centre.ts';
export { applyExample, kindOf, renderExample, type Values } from './examples.ts';
export { stateOf, watchHosts, type HostBoard, type HostRow, type Until } from './host-board.ts';
export { clusterMachines, provisioning, release, travel, type Leg, type LegTime, type Traveller } from './journey.ts';
export { ironicHalf, serviceNames, type Ports, type ServiceName } from './programs.ts';
export { startStack, type Stack, type StackRequest } from './stack.ts';
export { takeStateDir, type StateDir } from './state-dir.ts';
