import { afterAll, beforeAll, test } from '@jest/globals';
import { type Site, startSite } from './site.ts';

const vendors = ['generic', 'supermicro', 'ami', 'hpe', 'lenovo', 'dell', 'nvidia', 'cautious'] as const;
/** How Metal3 enrols a Dell: with the hardware type and the interfaces that are its own. */
const idrac = {
  driver: 'idrac',
  ...{ bios_interface: 'idrac-redfish', boot_interface: 'idrac-redfish-virtual-media', firmware_interface: 'redfish' },
  ...{ management_interface: 'idrac-redfish', power_interface: 'idrac-redfish' },
  ...{ raid_interface: 'idrac-redfish', vendor_interface: 'idrac-redfish' },
};

let site: Site;
beforeAll(async () => {
  // As in reality, each start of an agent brings another address and certificate.
  site = await startSite({ hosts: vendors.length, fleet: { personalities: vendors, agentListeners: 'each' } });
  await site.startConductor();
});
afterAll(() => site.close());

test.each(vendors.map((vendor, index) => [vendor, index] as const))(
  'a machine whose BMC has the quirks of %s is cleaned, deployed and released',
  async (vendor, index) => {
    const uuid = await site.enrol(index, vendor === 'dell' ? idrac : {});
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
