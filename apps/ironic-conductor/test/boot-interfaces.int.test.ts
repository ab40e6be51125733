import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@metal3/testing';
import { type Site, startSite } from './site.ts';

const interfaces = ['redfish-https', 'http-ipxe', 'http', 'ipxe', 'pxe'] as const;

let site: Site;
beforeAll(async () => {
  site = await startSite({ hosts: interfaces.length });
  await site.startConductor();
});
afterAll(() => site.close());

test.each(interfaces.map((name, index) => [name, index] as const))(
  'a machine with boot interface %s is inspected, cleaned, deployed and released',
  async (name, index) => {
    const uuid = await site.enrol(index, { boot_interface: name });
    for (const [verb, state] of [
      ['manage', 'manageable'],
      ['inspect', 'manageable'],
      ['provide', 'available'],
    ] as const) {
      await site.ask(uuid, verb);
      await site.reaches(uuid, state);
    }
    await site.patch(uuid, '/instance_info', await site.image());
    await site.ask(uuid, 'active');
    await site.reaches(uuid, 'active');
    await eventually(() => site.fleet.machine(`node-${index}`).running.kind === 'os');
    // A machine that asks the network all the same is sent on to its disk, and nothing of the agent's boot is to be had any more.
    expect(await site.store.bootEntries.find(uuid)).toMatchObject({ kind: 'local', capability: '', ramdiskUrl: '' });
    await site.ask(uuid, 'deleted');
    await site.reaches(uuid, 'available');

    const boots = site.fleet.world.ledger.find({ machine: `node-${index}`, event: 'boot' });
    const source = name === 'ipxe' || name === 'pxe' ? 'Pxe' : 'UefiHttp';
    expect(new Set(boots.map(({ detail }) => detail['source']))).toEqual(new Set([source, 'Hdd']));
    const iso = boots.some(({ detail }) => String(detail['url']).endsWith('/boot.iso'));
    expect(iso).toBe(name === 'redfish-https');
  },
);
