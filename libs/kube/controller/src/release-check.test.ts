import { expect, test } from '@jest/globals';
import { KubeError } from '@metal3/kube-client';
import { fakeClock } from '@metal3/testing';
import { checkRelease, type ReleaseStep } from '@metal3/service';
import { fieldRefused } from './release-check.ts';

async function check(steps: readonly ReleaseStep[]) {
  const clock = fakeClock();
  const lines: string[] = [];
  const works = checkRelease(
    steps,
    { clock, timeoutMs: 5_000, report: (line) => lines.push(line) },
    AbortSignal.timeout(60_000),
  );
  for (let second = 0; second < 10; second++) await clock.advance(1_000);
  return { works: await works, lines };
}

test('a release works when every step holds, if only after a while', async () => {
  let tries = 0;
  const late: ReleaseStep = [
    'late',
    async () => {
      if (++tries < 3) throw new Error('not yet');
    },
  ];
  expect(await check([['first', async () => {}], late])).toEqual({
    works: true,
    lines: ['ok     first', 'ok     late'],
  });
});

test('the first step that does not hold in time ends the check, with what is wrong', async () => {
  const broken: ReleaseStep = ['broken', () => Promise.reject(new Error('no such kind'))];
  const never: ReleaseStep = ['never', () => Promise.reject(new Error('not to be looked at'))];
  expect(await check([broken, never])).toEqual({ works: false, lines: ['FAILED broken: no such kind'] });
});

test('a webhook that lets in what it must refuse does not work', async () => {
  const refused = (attempt: () => Promise<unknown>) => check([fieldRefused('it refuses', 'spec.image', attempt)]);
  expect(await refused(() => Promise.resolve())).toMatchObject({
    works: false,
    lines: [expect.stringContaining('the API server did not ask the webhook')],
  });
  const causes = [{ field: 'spec.image', message: 'x', reason: 'FieldValueInvalid' }];
  const invalid = Object.assign(new KubeError('Invalid', 'no'), { causes });
  expect(await refused(() => Promise.reject(invalid))).toMatchObject({ works: true });
  const other = Object.assign(new KubeError('Invalid', 'another field'), { causes: [] });
  expect(await refused(() => Promise.reject(other))).toMatchObject({ works: false });
});
