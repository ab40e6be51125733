/** A simulated machine, as far as a BareMetalHost needs to know it. */
export interface SimulatedMachine {
  readonly name: string;
  readonly uuid: string;
  readonly bootMac: string;
  readonly account: { readonly username: string; readonly password: string };
}

/** Reads the machines of the fleet from its control API. */
export async function listMachines(fleetUrl: string): Promise<readonly SimulatedMachine[]> {
  const { machines } = (await getJson(`${fleetUrl}/fleet/machines`)) as { machines: SimulatedMachine[] };
  return Promise.all(
    machines.map(async ({ name, uuid, bootMac }) => {
      const { account } = (await getJson(`${fleetUrl}/fleet/machines/${name}`)) as SimulatedMachine;
      return { name, uuid, bootMac, account };
    }),
  );
}

/** The command with which a user of the stock client enrols a machine; without a DHCP server it boots by virtual media alone. */
export function enrolmentOf({ name, uuid, account }: SimulatedMachine, fleetUrl: string): string {
  const info = {
    address: fleetUrl,
    system_id: `/redfish/v1/Systems/${uuid}`,
    username: account.username,
    password: account.password,
  };
  const driverInfo = Object.entries(info).map(([key, value]) => `--driver-info redfish_${key}=${value}`);
  const interfaces = '--driver redfish --boot-interface redfish-virtual-media';
  return `openstack baremetal node create --name ${name} ${interfaces} ${driverInfo.join(' ')}`;
}

/** How often each kind of thing happened to the machines: power actions, media changes, image writes. */
export async function countEvents(fleetUrl: string): Promise<Readonly<Record<string, number>>> {
  const { events } = (await getJson(`${fleetUrl}/fleet/counters`)) as { events: Record<string, number> };
  return events;
}

async function getJson(url: string): Promise<unknown> {
  const reply = await fetch(url);
  if (!reply.ok) throw new Error(`${url} answered ${reply.status}: ${await reply.text()}`);
  return reply.json();
}
