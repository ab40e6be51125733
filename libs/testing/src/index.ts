export { eventually } from './eventually.ts';
export { fastestMs } from './fastest.ts';
export { fakeClock, type FakeClock } from './fake-clock.ts';
export { seededRandom } from './seeded-random.ts';
export { recordedLog, silentLog, testService, type LogLine } from './test-service.ts';
export { golden } from './golden.ts';
export { testNetwork, type Machine, type TestNetwork } from './test-network.ts';
export { startTraceCollector, type TraceCollector } from './trace-collector.ts';
