import { expect, test } from '@jest/globals';
import { fakeClock } from '@metal3/testing';
import { bootEntries } from '../boot/entries.ts';
import { bootService, type BootServicePorts } from './boot-service.ts';

type Resolve = (
  request: { readonly nodeUuid: string; readonly capability: string },
  call: { readonly deadline: number | undefined; readonly signal: AbortSignal },
) => Promise<unknown>;

test.each(['resolveBoot', 'resolveConfigDrive'])(
  '%s says of an entry that does not arrive that it may yet come, half a second before its caller gives up',
  async (name) => {
    const clock = fakeClock();
    const { methods } = bootService({ entries: bootEntries(), clock } as Partial<BootServicePorts> as BootServicePorts);
    const resolve = methods[name] as Resolve;
    const call = { deadline: clock.now() + 3_000, signal: new AbortController().signal };
    let answered = false;
    const answer = resolve({ nodeUuid: 'node-1', capability: 'x' }, call).finally(() => (answered = true));
    answer.catch(() => {});
    await clock.advance(2_499);
    expect(answered).toBe(false);
    await clock.advance(1);
    expect(answered).toBe(true);
    await expect(answer).rejects.toMatchObject({ code: 'BOOT-ENTRY-UNKNOWN', class: 'transient' });
  },
);
