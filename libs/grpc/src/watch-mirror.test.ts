import { expect, test } from '@jest/globals';
import { fakeClock, recordedLog, silentLog, testService } from '@metal3/testing';
import { grpcErrors } from './errors.ts';
import { watchMirror } from './watch-mirror.ts';

type Message = { readonly kind: number; readonly key: string; readonly value?: string };
const [snapshot, synced, changed, deleted, resync] = [1, 2, 3, 4, 6];

/** A mirror over scripted streams; each connection takes the next script, which may end by throwing. */
async function follow(scripts: readonly (readonly (Message | Error)[])[], log = silentLog) {
  const events: string[] = [];
  const clock = fakeClock();
  let connections = 0;
  const mirror = watchMirror<Message, string>({
    name: 'things',
    async *open(signal) {
      const script = scripts[connections++];
      for (const step of script ?? []) {
        if (step instanceof Error) throw step;
        yield step;
      }
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
    read: ({ key, value }) => ({ key, item: value }),
    same: (one, other) => one === other,
    changed: (key, item) => events.push(`${key}=${item ?? 'gone'}`),
  });
  const service = { ...testService('x'), clock, log };
  await mirror.start(new AbortController().signal, service);
  await clock.advance(0);
  return { mirror, events, clock, connections: () => connections };
}

test('nothing is told before the snapshot is complete, then everything at once', async () => {
  const { mirror, events } = await follow([[{ kind: snapshot, key: 'a', value: '1' }]]);
  expect(events).toEqual([]);
  expect(mirror.ready?.()).toBe('waiting for the first snapshot');
  await mirror.stop();
  const whole = await follow([
    [
      { kind: snapshot, key: 'a', value: '1' },
      { kind: snapshot, key: 'b', value: '1' },
      { kind: synced, key: '' },
      { kind: changed, key: 'a', value: '2' },
      { kind: deleted, key: 'b' },
      { kind: deleted, key: 'unknown' },
    ],
  ]);
  expect(whole.events).toEqual(['a=1', 'b=1', 'a=2', 'b=gone']);
  expect(whole.mirror.ready?.()).toBeUndefined();
  await whole.mirror.stop();
});

test('after an interruption only what differs is told, and what is missing is gone', async () => {
  const { mirror, events, clock } = await follow([
    [
      { kind: snapshot, key: 'a', value: '1' },
      { kind: snapshot, key: 'b', value: '1' },
      { kind: snapshot, key: 'c', value: '1' },
      { kind: synced, key: '' },
      new Error('connection lost'),
    ],
    [
      { kind: snapshot, key: 'a', value: '1' },
      { kind: snapshot, key: 'b', value: '2' },
      { kind: synced, key: '' },
    ],
  ]);
  events.length = 0;
  expect([...mirror.items.keys()]).toEqual(['a', 'b', 'c']);
  await clock.advance(100);
  expect(events).toEqual(['b=2', 'c=gone']);
  await mirror.stop();
});

test('a change that overtakes its snapshot is not dropped at SYNCED', async () => {
  const { mirror } = await follow([
    [
      { kind: changed, key: 'a', value: '2' },
      { kind: synced, key: '' },
    ],
  ]);
  expect(mirror.items.get('a')).toBe('2');
  await mirror.stop();
});

test('being told to resync leads to a new snapshot', async () => {
  const { mirror, clock, connections } = await follow([
    [{ kind: synced, key: '' }, { kind: resync, key: '' }],
    [{ kind: snapshot, key: 'a', value: '1' }, { kind: synced, key: '' }],
  ]); // prettier-ignore
  await clock.advance(100);
  expect(connections()).toBe(2);
  expect(mirror.items.get('a')).toBe('1');
  await mirror.stop();
});

test('pauses between attempts grow to a limit and start small again once a snapshot was complete', async () => {
  const failing = Array.from({ length: 9 }, () => [new Error('refused')]);
  const { mirror, clock, connections } = await follow(failing);
  expect(connections()).toBe(1);
  await clock.advance(100);
  expect(connections()).toBe(2);
  await clock.advance(199);
  expect(connections()).toBe(2);
  await clock.advance(1 + 400 + 800 + 1_600 + 3_200);
  expect(connections()).toBe(7);
  await clock.advance(4_999);
  expect(connections()).toBe(7);
  await clock.advance(1);
  expect(connections()).toBe(8);
  await mirror.stop();
});

test('waiting for a server that is not up yet is told once, and so is each interruption', async () => {
  const { log, lines } = recordedLog();
  const away = () => [grpcErrors.unreachable('connection refused')];
  const whole: readonly Message[] = [{ kind: synced, key: '' }];
  const { mirror, clock } = await follow([away(), away(), [...whole, ...away()], away(), whole], log);
  for (let second = 0; second < 10; second += 1) await clock.advance(1_000);
  expect(lines.map(({ level, msg }) => `${level}: ${msg}`)).toEqual([
    'info: waiting for the server of this watch',
    'info: watch is synced',
    'warn: watch was interrupted; connecting again',
    'info: watch is synced',
  ]);
  await mirror.stop();
});
