import { describe, expect, test } from '@jest/globals';
import type { Conductor } from '@metal3/node-store';
import { conductorDirectory } from './directory.ts';

const conductor: Conductor = {
  hostname: 'conductor-0',
  alive: true,
  groups: [''],
  drivers: { redfish: {} },
} as unknown as Conductor;

describe('the directory of conductors', () => {
  test('asks the store again once its answer is too old, and not before', async () => {
    let [now, asked] = [0, 0];
    const list = () => Promise.resolve([{ ...conductor, hostname: `conductor-${asked++}` }]);
    const directory = conductorDirectory({ list, now: () => now, maxAgeMs: 1_000 });
    const names = async () => (await directory.current()).conductors.map(({ hostname }) => hostname);

    expect(await names()).toEqual(['conductor-0']);
    now = 999;
    expect(await names()).toEqual(['conductor-0']);
    now = 1_000;
    expect(await names()).toEqual(['conductor-1']);
  });

  test('knows the first conductor from the moment it has registered', async () => {
    let registered: readonly Conductor[] = [];
    const directory = conductorDirectory({
      list: () => Promise.resolve(registered),
      now: () => 0,
      maxAgeMs: 1_000,
    });
    expect([...(await directory.current()).drivers.keys()]).toEqual([]);
    registered = [conductor];
    expect([...(await directory.current()).drivers.keys()]).toEqual(['redfish']);
  });
});
