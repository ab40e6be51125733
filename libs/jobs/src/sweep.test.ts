import { expect, test } from '@jest/globals';
import { fakeClock } from '@metal3/testing';
import { startSweep, type DueWork } from './sweep.ts';

function sweeping(work: Partial<DueWork>) {
  const clock = fakeClock();
  const offered: string[] = [];
  const errors: unknown[] = [];
  const sweep = startSweep({
    work: { due: async () => [], nextDueIn: async () => undefined, ...work },
    offer: async (uuid) => void offered.push(uuid),
    periodMs: 2_000,
    batch: 10,
    clock,
    random: { fraction: () => 0.5 },
    onError: (error) => errors.push(error),
  });
  return { clock, offered, errors, sweep };
}

test('what is due is offered at once and on every look after it', async () => {
  let due = ['a'];
  const { clock, offered, sweep } = sweeping({ due: async () => due });
  await clock.advance(50);
  due = ['b'];
  await clock.advance(2_000);
  expect(offered).toEqual(['a', 'b']);
  await sweep.close();
  await clock.advance(10_000);
  expect(offered).toEqual(['a', 'b']);
});

test('a timer that runs out before the next look moves the look forward', async () => {
  let due: string[] = [];
  const { clock, offered, sweep } = sweeping({ due: async () => due, nextDueIn: async () => 300 });
  await clock.advance(10);
  due = ['soon'];
  await clock.advance(300);
  expect(offered).toEqual(['soon']);
  await sweep.close();
});

test('a timer set meanwhile is announced with `within`', async () => {
  let due: string[] = [];
  const { clock, offered, sweep } = sweeping({ due: async () => due });
  await clock.advance(10);
  due = ['announced'];
  sweep.within(100);
  await clock.advance(100);
  expect(offered).toEqual(['announced']);
  await sweep.close();
});

test('a database that is away is reported, and looked at again', async () => {
  let away = true;
  const { clock, offered, errors, sweep } = sweeping({
    due: async () => {
      if (away) throw new Error('away');
      return ['found'];
    },
  });
  await clock.advance(10);
  away = false;
  await clock.advance(2_000);
  expect({ errors: errors.length, offered }).toEqual({ errors: 1, offered: ['found'] });
  await sweep.close();
});

test('a full batch is followed by another look soon', async () => {
  const uuids = Array.from({ length: 10 }, (_, index) => `n${index}`);
  const { clock, offered, sweep } = sweeping({ due: async () => uuids });
  await clock.advance(300);
  expect(offered.length).toBe(20);
  await sweep.close();
});
