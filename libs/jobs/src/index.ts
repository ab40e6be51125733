export type { HintQueue, HintQueueState, HintWorker } from './queue.ts';
