import { dirname, join } from 'node:path';
import { findAccelerator, QemuMachine, startFleetOf, type AcceleratorFinding, type Fleet } from '@metal3/fleet';
import type { Kubernetes } from '@metal3/kube-client';
import { startStack, type Stack } from '@metal3/stack';
import { addressesOf, firstNetworkBoot, type Addresses } from './addresses.ts';
import type { Artefacts } from './artefacts.ts';
import { SerialConsole } from './console.ts';
import { startFileServer, type FileServer } from './file-server.ts';
import { buildNetwork, type LabNetwork } from './network.ts';

/** Namespace of the lab's BareMetalHosts. */
export const namespace = 'metal3';

/** A machine, the network it hangs on, and the stack that provisions it. */
export interface Lab {
  readonly root: string;
  readonly dir: string;
  readonly artefacts: Artefacts;
  readonly accelerator: AcceleratorFinding;
  readonly network: LabNetwork;
  readonly addresses: Addresses;
  readonly files: FileServer;
  readonly fleet: Fleet<QemuMachine>;
  readonly machine: QemuMachine;
  readonly console: SerialConsole;
  readonly stack: Stack;
  readonly client: Kubernetes;
  readonly say: (line: string) => void;
  readonly close: () => Promise<void>;
}

const gib = 1024 ** 3;

/**
 * What every agent's kernel is told here beside what the conductor tells it: talk on the serial console, and in detail. By itself the
 * agent tries ten times in two minutes before it says that an image is not the right one.
 */
const kernelParameters =
  'console=ttyS0 nofb nomodeset selinux=0 ipa-debug=1 ipa-insecure=1 ' +
  'ipa-image-download-connection-retries=2 ipa-image-download-connection-retry-interval=3';

/** Opens the lab. Runs inside a network namespace of its own (see `runInside`). */
export async function openLab(options: {
  readonly root: string;
  readonly dir: string;
  readonly artefacts: Artefacts;
  readonly say: (line: string) => void;
}): Promise<Lab> {
  const { root, dir, artefacts, say } = options;
  const closers: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const network = await buildNetwork(1);
    say('looking whether KVM works, and starting the control plane, Redis and six services');
    const probe = findAccelerator(artefacts.kernel);
    const files = await startFileServer(network.address);
    closers.push(() => files.close());
    const stack = await startStack({
      root,
      dir,
      hosts: 0,
      namespace,
      listen: network.address,
      say,
      overrides: {
        'pxe-server': {
          agent: { espImages: [`x86_64=file://${artefacts.espImage}`] },
          ...firstNetworkBoot(network, dir),
          cache: { folder: `${dir}/pxe-cache`, fileRoots: [dirname(artefacts.kernel), dirname(artefacts.espImage)] },
        },
        'ironic-conductor': {
          boot: {
            deployKernel: `file://${artefacts.kernel}`,
            deployRamdisk: `file://${artefacts.ramdisk}`,
            kernelParameters,
          },
          // By itself ten minutes: the journey in which an agent is lost waits for it.
          agent: { silence: '120s' },
          inspection: { collectors: 'default,logs,pci-devices,numa-topology,dmi-decode,usb-devices' },
        },
      },
    });
    closers.push(() => stack.stop());
    const addresses = addressesOf(stack, network, dir);
    closers.push(() => addresses.close());
    const accelerator = await probe;
    say(`everything runs; virtual machines are run by ${accelerator.accelerator}: ${accelerator.because}`);
    const at = { host: network.address, port: 0 };
    const fleet = await startFleetOf(
      (identity, world) =>
        new QemuMachine(identity, world, {
          folder: join(dir, 'machines', identity.name),
          accelerator: accelerator.accelerator,
          memoryMiB: 2048,
          // The agent waits in vain for a root device where no disk is larger than 4 GiB; it takes the smallest that is.
          disks: [5 * gib, 6 * gib],
          taps: network.taps,
          firmware: { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
          secureFirmware: {
            code: '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd',
            variables: '/usr/share/OVMF/OVMF_VARS_4M.ms.fd',
          },
        }),
      { hosts: 1, prefix: 'vm', listen: at, listenTls: at, agentListen: at, timeScale: 1 },
    );
    closers.push(() => fleet.close());
    const machine = fleet.machine('vm-0');
    const { kubernetes: client } = stack;
    if (client === undefined) throw new Error('the stack was started without Kubernetes');
    return {
      root,
      dir,
      artefacts,
      accelerator,
      network,
      addresses,
      files,
      fleet,
      machine,
      console: new SerialConsole(machine.consoleLog),
      stack,
      client,
      say,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
