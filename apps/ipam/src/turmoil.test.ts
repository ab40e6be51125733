import { expect, test } from '@jest/globals';
import { memoryKubernetes } from '@metal3/kube-testing';
import { fakeClock, seededRandom } from '@metal3/testing';
import { turmoil } from './testing/turmoil.ts';

test.each([1, 2])(
  'whatever happens to two instances that both believe they lead, no address is given twice and none is left behind (seed %d)',
  async (seed) => {
    const clock = fakeClock();
    const server = memoryKubernetes({ now: clock.now });
    let done = false;
    const found = turmoil({
      api: server,
      namespace: 'lab',
      clock,
      random: seededRandom(seed),
      operations: 300,
      killsAtLeast: 6,
      paceMs: 20,
      oneWriteInFails: 20,
      disturb: () => server.disconnect(),
    }).finally(() => {
      done = true;
    });
    while (!done) await clock.advance(100);
    const { kills, tellings, doubles, changed, leftBehind } = await found;
    expect({ doubles, changed, leftBehind }).toEqual({ doubles: [], changed: [], leftBehind: [] });
    expect(kills).toBeGreaterThan(5);
    expect(tellings).toBeGreaterThan(40);
  },
  180_000,
);
