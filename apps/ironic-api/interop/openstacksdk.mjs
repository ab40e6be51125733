// The functional tests that openstacksdk has for bare metal, which come with the package.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureEnvironment } from '../../../tools/pypi-programs.mjs';
import { clouds } from './clouds.mjs';
import { runSuite } from './testtools.mjs';

const packages = ['openstacksdk==4.22.0', 'oslotest==6.1.1', 'requests-mock==1.12.1', 'testtools==2.9.1'];
const expected = {
  'test_runbooks.TestBareMetalRunbook.test_runbook_rbac_project_scoped':
    'the owner of a runbook is the project of a token, and the API asks nobody for tokens',
};

export function openstacksdk({ dir, identity }) {
  const venv = ensureEnvironment(packages);
  const file = join(dir, 'sdk-clouds.json');
  writeFileSync(
    file,
    JSON.stringify(clouds(['devstack', 'devstack-admin', 'devstack-alt', 'devstack-system-admin'], identity)),
  );
  // One test watches a conflict for as long as the SDK tries again; its own limit of five seconds is shorter.
  const env = { OS_CLIENT_CONFIG_FILE: file, OS_TEST_TIMEOUT: '120' };
  return runSuite({ venv, suite: 'openstack.tests.functional.baremetal.v1', cwd: dir, env, expected });
}
