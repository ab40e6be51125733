import { ironic, nodeReaches } from './ironic.ts';
import type { Lab } from './lab.ts';

/** A step as manual cleaning is asked for it. */
export interface CleanStep {
  readonly interface: 'deploy' | 'raid';
  readonly step: string;
}

/** The machine as a node of Ironic, for what a BareMetalHost does not know. */
export interface IronicNode {
  readonly clean: (...steps: readonly CleanStep[]) => Promise<void>;
  readonly change: (fields: Readonly<Record<string, unknown>>) => Promise<void>;
  /** `more`: what the request says beside the verb. */
  readonly ask: (verb: string, until: string, more?: object) => Promise<void>;
  readonly raid: (target: object) => Promise<void>;
  readonly read: <Fields>() => Promise<Fields>;
}

/** Enrols the machine without any BareMetalHost, and forgets it again however it goes. The node is manageable. */
export async function asIronicNode(
  lab: Lab,
  signal: AbortSignal,
  fields: object,
  work: (node: IronicNode) => Promise<void>,
): Promise<void> {
  const { machine, fleet } = lab;
  const name = `${machine.name}-without-host`;
  const provision = (body: object) => ironic(lab, `nodes/${name}/states/provision`, 'PUT', body);
  const node: IronicNode = {
    clean: async (...clean_steps) => {
      await provision({ target: 'clean', clean_steps });
      await nodeReaches(lab, name, 'manageable', signal);
    },
    change: async (wanted) => {
      const patch = Object.entries(wanted).map(([key, value]) => ({ op: 'add', path: `/${key}`, value }));
      await ironic(lab, `nodes/${name}`, 'PATCH', patch);
    },
    ask: async (target, until, more) => {
      await provision({ target, ...more });
      await nodeReaches(lab, name, until, signal);
    },
    raid: (target) => ironic(lab, `nodes/${name}/states/raid`, 'PUT', target),
    read: () => ironic(lab, `nodes/${name}`),
  };
  try {
    const { uuid } = await ironic<{ uuid: string }>(lab, 'nodes', 'POST', {
      name,
      driver: 'redfish',
      boot_interface: 'redfish-virtual-media',
      driver_info: {
        redfish_address: fleet.urls.bmc,
        redfish_system_id: `/redfish/v1/Systems/${machine.identity.uuid}`,
        redfish_username: machine.identity.account.username,
        redfish_password: machine.identity.account.password,
      },
      ...fields,
    });
    await ironic(lab, 'ports', 'POST', { node_uuid: uuid, address: machine.identity.macs[0] });
    await node.ask('manage', 'manageable');
    await work(node);
  } finally {
    await forget(lab, name);
  }
}

async function forget(lab: Lab, node: string): Promise<void> {
  const { nodes } = await ironic<{ nodes: { name: string }[] }>(lab, 'nodes');
  if (!nodes.some(({ name }) => name === node)) return;
  await ironic(lab, `nodes/${node}/maintenance`, 'PUT', { reason: 'the journey is over' });
  await ironic(lab, `nodes/${node}`, 'DELETE');
}
