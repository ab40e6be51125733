import { randomUUID } from 'node:crypto';
import { testRedis } from '@metal3/local-servers';
import { redisHintQueue } from './redis.ts';
import { hintQueueContract } from './testing/queue-contract.ts';

const startRedisQueues = async () => {
  const { url, prefix } = await testRedis();
  const own = `${prefix}-${randomUUID().slice(0, 4)}`;
  return () => redisHintQueue({ url, prefix: own });
};
hintQueueContract('Redis', startRedisQueues, 'many');
