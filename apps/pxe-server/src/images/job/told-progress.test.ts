import { expect, test } from '@jest/globals';
import { fakeClock } from '@metal3/testing';
import { toldProgress } from './told-progress.ts';

function scene() {
  const clock = fakeClock();
  const told: unknown[] = [];
  const { progress, end } = toldProgress((...how) => told.push(how), clock, 200);
  return { clock, told, progress, end };
}

test('the first step of each stage is told at once', () => {
  const { told, progress } = scene();
  progress('downloading', 1, 10);
  progress('inspecting', 0, 0);
  progress('converting', 0, 40);
  expect(told).toEqual([
    ['downloading', 1, 10],
    ['inspecting', 0, 0],
    ['converting', 0, 40],
  ]);
});

test('within a stage it is told at most once in the time given, and then the newest', async () => {
  const { clock, told, progress } = scene();
  for (let done = 1; done <= 5; done += 1) progress('downloading', done, 10);
  expect(told).toEqual([['downloading', 1, 10]]);
  await clock.advance(200);
  progress('downloading', 6, 10);
  expect(told).toEqual([
    ['downloading', 1, 10],
    ['downloading', 5, 10],
  ]);
});

test('a job that stands still shows how far it came', async () => {
  const { clock, told, progress } = scene();
  progress('downloading', 1, 10);
  progress('downloading', 7, 10);
  await clock.advance(1_000);
  expect(told.at(-1)).toEqual(['downloading', 7, 10]);
  await clock.advance(1_000);
  expect(told).toHaveLength(2);
});

test('what was held back of one stage is not told after the next began, nor after the end', async () => {
  const { clock, told, progress, end } = scene();
  progress('downloading', 1, 10);
  progress('downloading', 9, 10);
  progress('inspecting', 0, 0);
  progress('inspecting', 1, 1);
  end();
  await clock.advance(1_000);
  expect(told).toEqual([
    ['downloading', 1, 10],
    ['inspecting', 0, 0],
  ]);
});
