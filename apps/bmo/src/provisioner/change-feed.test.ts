import { expect, test } from '@jest/globals';
import { changeFeed, followedByMany } from './change-feed.ts';
import type { NodeChange } from './ports.ts';

const changed = (uuid: string): NodeChange => ({ kind: 'changed', uuid, name: '', provisionState: 'active' });
/** Resolves once everything that has been told has been heard. */
const heard = () => new Promise<void>((resolve) => setImmediate(resolve));

function follower(changes: ReturnType<typeof followedByMany>) {
  const stopped = new AbortController();
  const news: string[] = [];
  const ended = (async () => {
    for await (const change of changes(stopped.signal)) news.push('uuid' in change ? change.uuid : change.kind);
  })();
  const stop = async () => {
    stopped.abort();
    await ended;
  };
  return { news, stop };
}

test('everybody who follows hears of every change; whoever comes later hears that Ironic is there, and what happens next', async () => {
  const feed = changeFeed();
  let streams = 0;
  const changes = followedByMany((signal) => {
    streams += 1;
    return feed.follow(signal);
  });
  const one = follower(changes);
  feed.tell(changed('a'));
  feed.tell({ kind: 'synced' });
  await heard();
  const two = follower(changes);
  await heard();
  feed.tell(changed('b'));
  await heard();
  expect(one.news).toEqual(['a', 'synced', 'b']);
  expect(two.news).toEqual(['synced', 'b']);

  await one.stop();
  feed.tell(changed('c'));
  await heard();
  expect(two.news).toEqual(['synced', 'b', 'c']);
  expect(streams).toBe(1);
  await two.stop();
});

test('when nobody follows any more the stream ends, and the next one who does begins another', async () => {
  const followed: AbortSignal[] = [];
  const feed = changeFeed();
  const changes = followedByMany((signal) => {
    followed.push(signal);
    return feed.follow(signal);
  });
  await follower(changes).stop();
  const again = follower(changes);
  await heard();
  expect(followed.map(({ aborted }) => aborted)).toEqual([true, false]);
  feed.tell(changed('a'));
  await heard();
  expect(again.news).toEqual(['a']);
  await again.stop();
});
