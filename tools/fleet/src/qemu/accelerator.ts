import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import type { Accelerator } from './virtual-machine.ts';

/** What was found out about running guests, and how. */
export interface AcceleratorFinding {
  readonly accelerator: Accelerator;
  readonly because: string;
}

/**
 * Finds out whether KVM works here, by booting a kernel with it until it speaks. That the device exists says nothing: where the host
 * is itself virtual, guests may stop at the first instruction it does not know.
 * @param kernel a Linux kernel with a serial console
 */
export async function findAccelerator(kernel: string, withinMs = 15_000): Promise<AcceleratorFinding> {
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
  } catch {
    return { accelerator: 'tcg', because: 'there is no /dev/kvm to use' };
  }
  const said = await firstWords(kernel, withinMs);
  return said.includes('Linux version')
    ? { accelerator: 'kvm', because: 'a kernel booted with it' }
    : { accelerator: 'tcg', because: `a kernel booted with /dev/kvm said nothing within ${withinMs / 1000} s` };
}

function firstWords(kernel: string, withinMs: number): Promise<string> {
  const args = [
    '-nodefaults',
    '-no-user-config',
    '-display',
    'none',
    '-machine',
    'q35,accel=kvm',
    '-cpu',
    'host',
    '-m',
    '256',
  ];
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...args,
      '-no-reboot',
      '-serial',
      'stdio',
      '-kernel',
      kernel,
      '-append',
      'console=ttyS0 earlyprintk=serial panic=-1',
    ],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  let output = '';
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      resolve(output);
    };
    const timer = setTimeout(finish, withinMs);
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes('Linux version')) finish();
    });
    child.once('error', finish);
    child.once('exit', finish);
  });
}
