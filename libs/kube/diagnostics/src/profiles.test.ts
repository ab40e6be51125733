import { gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { fakeClock } from '@metal3/testing';
import { Profile } from 'pprof-format';
import type { Asked } from './endpoint.ts';
import { cpuPprof } from './pprof.ts';
import { profileEndpoints } from './profiles.ts';

const asked: Asked = { query: new URLSearchParams('seconds=1'), body: '', signal: new AbortController().signal };

/** What a profile tells: for each function its samples and its second value, the callees left out. */
function selfValues(profile: Profile): Readonly<Record<string, readonly number[]>> {
  const { strings } = profile.stringTable;
  const names = new Map(profile.function.map(({ id, name }) => [id, strings[Number(name)]]));
  const functions = new Map(profile.location.map(({ id, line }) => [id, names.get(line[0]?.functionId ?? 0)]));
  const sums: Record<string, number[]> = {};
  for (const { locationId, value } of profile.sample) {
    const sum = (sums[functions.get(locationId[0] ?? 0) ?? ''] ??= value.map(() => 0));
    for (const [at, one] of value.entries()) sum[at] = (sum[at] ?? 0) + Number(one);
  }
  return sums;
}

/** The profile that is taken while something happens. */
async function profileOf(path: string, meanwhile: () => void): Promise<Profile> {
  const endpoints = profileEndpoints({ sleep: () => Promise.resolve(meanwhile()) });
  const answer = await endpoints[path]?.answer(asked);
  expect(answer?.status).toBe(200);
  return Profile.decode(gunzipSync(answer?.body ?? ''));
}

test('time belongs to the function that ran, and none to the idle process', () => {
  const frame = { scriptId: '7', url: 'file:///ipam.mjs', lineNumber: 4, columnNumber: 0 };
  const profile = Profile.decode(
    cpuPprof({
      nodes: [
        { id: 1, callFrame: { ...frame, functionName: '(root)' }, children: [2, 4] },
        { id: 2, callFrame: { ...frame, functionName: 'reconcile' }, children: [3] },
        { id: 3, callFrame: { ...frame, functionName: 'allocate', lineNumber: 9 } },
        { id: 4, callFrame: { ...frame, functionName: '(idle)' } },
      ],
      startTime: 0,
      endTime: 10_000,
      samples: [2, 3, 3, 4, 2],
      timeDeltas: [0, 1_000, 2_000, 3_000, 4_000],
    }),
  );
  expect(selfValues(profile)).toEqual({ reconcile: [2, 1_000_000], allocate: [2, 5_000_000] });
  const deepest = profile.sample.find(({ locationId }) => locationId.length === 2);
  const lines = deepest?.locationId.map((id) => profile.location.find((one) => one.id === id)?.line[0]?.line);
  expect(lines).toEqual([10, 5]);
});

test('a CPU profile of a running process names the functions in which time went', async () => {
  let sum = 0;
  const calculate = (): void => {
    const end = process.cpuUsage().user + 200_000;
    while (process.cpuUsage().user < end) for (let at = 0; at < 100_000; at++) sum += Math.sqrt(at);
  };
  const profile = await profileOf('/debug/pprof/profile', () => calculate());
  expect(sum).toBeGreaterThan(0);
  expect(Object.keys(selfValues(profile))).toContain('calculate');
});

test('a heap profile tells who allocated what stays', async () => {
  const kept: object[] = [];
  const hoard = (): void => {
    for (let at = 0; at < 300_000; at++) kept.push({ at, text: `kept ${at}`, list: [at, at, at] });
  };
  const profile = await profileOf('/debug/pprof/heap', () => hoard());
  const [, bytes = 0] = selfValues(profile)['hoard'] ?? [];
  expect(bytes).toBeGreaterThan(10_000_000);
  expect(kept).toHaveLength(300_000);
});

test('one profile is taken at a time, and when the caller goes, the next may be', async () => {
  const gone = new AbortController();
  const heap = profileEndpoints(fakeClock())['/debug/pprof/heap'];
  const first = heap?.answer({ ...asked, signal: gone.signal });
  expect(await heap?.answer(asked)).toMatchObject({ status: 409 });
  gone.abort(new Error('gone'));
  await expect(first).rejects.toThrow('gone');
  const again = new AbortController();
  const next = heap?.answer({ ...asked, signal: again.signal });
  again.abort(new Error('gone, too'));
  await expect(next).rejects.toThrow('gone, too');
});
