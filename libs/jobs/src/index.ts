export { nodeLanes, type NodeLaneOptions, type NodeLanes } from './lanes.ts';
export { memoryHintQueue } from './memory.ts';
export type { HintQueue, HintQueueState, HintWorker } from './queue.ts';
export { redisHintQueue, type RedisHintQueueOptions } from './redis.ts';
export { startSweep, type DueWork, type Sweep, type SweepOptions } from './sweep.ts';
