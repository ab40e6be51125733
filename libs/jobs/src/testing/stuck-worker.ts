// A conductor that takes a hint and never finishes with it.
import { redisHintQueue } from '../redis.ts';

const [url = '', prefix = ''] = process.argv.slice(2);
const hints = redisHintQueue({ url, prefix, lockMs: 500 });
hints.process(
  [''],
  async (nodeUuid) => {
    process.stdout.write(`${nodeUuid}\n`);
    await new Promise(() => undefined);
  },
  { concurrency: 1 },
);
