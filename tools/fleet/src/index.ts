export { startFleet, type Fleet, type FleetUrls } from './fleet.ts';
export { defaultOptions, OptionError, type Account, type Endpoint, type FleetOptions } from './options.ts';
export { faultKinds, FaultError, type Fault, type FaultKind } from './faults/plan.ts';
export type { LedgerEntry, LedgerEvent, LedgerQuery } from './ledger.ts';
export { manifests, type ManifestOptions } from './control/manifests.ts';
export { personalities, type Personality, type PersonalityName } from './machine/personality.ts';
export type { SimulatedTime } from './time.ts';
