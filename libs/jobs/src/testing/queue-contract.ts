import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { holds } from './holds.ts';
import type { HintQueue } from '../queue.ts';

/** What every hint queue does. `start` gives queues that reach each other, as those of several processes. */
export function hintQueueContract(
  name: string,
  start: () => Promise<() => HintQueue>,
  processes: 'one' | 'many',
): void {
  describe(`hints through ${name}`, () => {
    let open: () => HintQueue;
    const opened: HintQueue[] = [];
    const queue = () => {
      const one = open();
      opened.push(one);
      return one;
    };
    const ready = async (one: HintQueue) => {
      await holds(() => expect(one.state().connected).toBe(true));
      return one;
    };
    beforeEach(async () => {
      open = await start();
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((one) => one.close()));
    });

    test('a hint reaches a worker of the group, and only of the group', async () => {
      const hints = await ready(queue());
      const seen: string[] = [];
      hints.process([''], async (uuid) => void seen.push(`default ${uuid}`), { concurrency: 5 });
      hints.process(['rack-1', 'rack-2'], async (uuid) => void seen.push(`racks ${uuid}`), { concurrency: 5 });
      hints.hint('a', '');
      hints.hint('b', 'rack-2');
      await holds(() => expect(seen.toSorted()).toEqual(['default a', 'racks b']));
    });

    test('a hint given before anybody listens is kept', async () => {
      const hints = await ready(queue());
      hints.hint('early', '');
      const seen: string[] = [];
      hints.process([''], async (uuid) => void seen.push(uuid), { concurrency: 1 });
      await holds(() => expect(seen).toEqual(['early']));
    });

    test('a hint given while its node is being handled leads to one more look', async () => {
      const hints = await ready(queue());
      let looks = 0;
      let first: () => void = () => undefined;
      const started = new Promise<void>((resolve) => {
        hints.process(
          [''],
          async () => {
            looks += 1;
            if (looks > 1) return;
            resolve();
            await new Promise<void>((done) => {
              first = done;
            });
          },
          { concurrency: 2 },
        );
      });
      hints.hint('n', '');
      await started;
      hints.hint('n', '');
      hints.hint('n', '');
      await new Promise((resume) => setTimeout(resume, 100));
      first();
      await holds(() => expect(looks).toBe(2));
    });

    test('a handler that fails does not stop the worker, and its node can be hinted at again', async () => {
      const hints = await ready(queue());
      const seen: string[] = [];
      hints.process(
        [''],
        async (uuid) => {
          seen.push(uuid);
          if (seen.length === 1) throw new Error('first try');
        },
        { concurrency: 1 },
      );
      hints.hint('n', '');
      await holds(() => expect(seen).toEqual(['n']));
      await holds(() => {
        // As conductors do: a hint that comes while the first try is still being ended may be lost.
        if (seen.length < 2) hints.hint('n', '');
        expect(seen.slice(0, 2)).toEqual(['n', 'n']);
      });
    });

    test('no more nodes are handled at once than asked for', async () => {
      const hints = await ready(queue());
      let running = 0;
      let most = 0;
      let done = 0;
      hints.process(
        [''],
        async () => {
          running += 1;
          most = Math.max(most, running);
          // However slowly they come, all that may run at once are there at the same time.
          await holds(() => expect(most).toBeGreaterThanOrEqual(3));
          await new Promise((resume) => setTimeout(resume, 10));
          running -= 1;
          done += 1;
        },
        { concurrency: 3 },
      );
      for (let index = 0; index < 20; index += 1) hints.hint(`n${index}`, '');
      await holds(() => expect(done).toBe(20));
      expect(most).toBe(3);
    });

    test('a closed worker has finished what it began', async () => {
      const hints = await ready(queue());
      let finished = false;
      const started = new Promise<void>((resolve) => {
        const worker = hints.process(
          [''],
          async () => {
            setTimeout(() => void worker.close(), 0);
            await new Promise((resume) => setTimeout(resume, 50));
            finished = true;
            resolve();
          },
          { concurrency: 1 },
        );
      });
      hints.hint('n', '');
      await started;
      expect(finished).toBe(true);
    });

    if (processes === 'many') {
      test('a hint given by one process is taken by another', async () => {
        const [api, conductor] = [await ready(queue()), await ready(queue())];
        const seen: string[] = [];
        conductor.process([''], async (uuid) => void seen.push(uuid), { concurrency: 1 });
        api.hint('n', '');
        await holds(() => expect(seen).toEqual(['n']));
      });
    }
  });
}
