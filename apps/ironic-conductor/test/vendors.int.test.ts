import { afterAll, beforeAll, test } from '@jest/globals';
import { type Site, startSite } from './site.ts';

const vendors = ['generic', 'supermicro', 'ami', 'hpe', 'lenovo', 'nvidia', 'cautious'] as const;

let site: Site;
beforeAll(async () => {
  // As in reality, each start of an agent brings another address and certificate.
  site = await startSite({ hosts: vendors.length, fleet: { personalities: vendors, agentListeners: 'each' } });
  await site.startConductor();
});
afterAll(() => site.close());

test.each(vendors.map((vendor, index) => [vendor, index] as const))(
  'a machine whose BMC has the quirks of %s is cleaned, deployed and released',
  async (_vendor, index) => {
    const uuid = await site.enrol(index);
    await site.ask(uuid, 'manage');
    await site.reaches(uuid, 'manageable');
    await site.ask(uuid, 'provide');
    await site.reaches(uuid, 'available');
    await site.patch(uuid, '/instance_info', await site.image());
    await site.ask(uuid, 'active');
    await site.reaches(uuid, 'active');
    await site.ask(uuid, 'deleted');
    await site.reaches(uuid, 'available');
  },
);
