import { memoryHintQueue } from './memory.ts';
import { hintQueueContract } from './testing/queue-contract.ts';

hintQueueContract('memory', async () => memoryHintQueue, 'one');
