// A playbook with the bare metal modules of Ansible's collection openstack.cloud, on the versions that its release supports.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureEnvironment } from '../../../tools/pypi-programs.mjs';
import { clouds } from './clouds.mjs';

// openstack.cloud 2.5.0 reads openstack.version, which later SDKs do not have any more.
const packages = ['ansible==12.3.0', 'openstacksdk==4.4.0'];
const playbook = join(import.meta.dirname, 'playbook.yaml');

export function ansible({ dir, identity }) {
  const venv = ensureEnvironment(packages);
  const file = join(dir, 'ansible-clouds.json');
  writeFileSync(file, JSON.stringify(clouds(['metal'], identity)));
  const python = join(venv, 'bin', 'python');
  const args = ['-i', 'localhost,', '-e', `ansible_python_interpreter=${python}`, playbook];
  return new Promise((done, fail) => {
    const child = spawn(join(venv, 'bin', 'ansible-playbook'), args, {
      cwd: dir,
      env: { ...process.env, OS_CLIENT_CONFIG_FILE: file, OS_CLOUD: 'metal', ANSIBLE_HOME: join(dir, 'ansible') },
      stdio: 'inherit',
      timeout: 600_000,
    });
    child.once('error', fail);
    child.once('close', (status) => done(status === 0));
  });
}
