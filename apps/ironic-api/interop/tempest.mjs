// The tests that OpenStack's Ironic project has for its own API, as a plugin of Tempest.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureEnvironment } from '../../../tools/pypi-programs.mjs';
import { runSuite } from './testtools.mjs';

const packages = ['tempest==47.0.0', 'ironic-tempest-plugin==3.2.0'];

export function tempest({ dir, identity }) {
  const venv = ensureEnvironment(packages);
  configure(dir, identity);
  const env = { TEMPEST_CONFIG: 'tempest.conf', TEMPEST_CONFIG_DIR: dir };
  return runSuite({ venv, suite: 'ironic_tempest_plugin.tests.api.admin', cwd: dir, env });
}

function configure(dir, identity) {
  // Each test class takes one account of a project and one of the system.
  const ofProject = { project_name: 'p', domain_name: 'Default', roles: ['admin'], types: ['admin'] };
  const ofSystem = { system: 'all', user_domain_name: 'Default', roles: ['admin', 'member', 'reader'] };
  const accounts = [0, 1].flatMap((number) => [
    { username: `project-${number}`, password: 'x', ...ofProject, project_name: `project-${number}` },
    { username: `system-${number}`, password: 'x', ...ofSystem },
  ]);
  // JSON is YAML.
  writeFileSync(join(dir, 'accounts.yaml'), JSON.stringify(accounts));
  const lines = [
    '[DEFAULT]',
    `log_file = ${join(dir, 'tempest.log')}`,
    'use_stderr = false',
    '[oslo_concurrency]',
    `lock_path = ${join(dir, 'locks')}`,
    '[auth]',
    'use_dynamic_credentials = False',
    `test_accounts_file = ${join(dir, 'accounts.yaml')}`,
    'admin_domain_name = Default',
    '[identity]',
    `uri_v3 = ${identity}/v3`,
    'region = RegionOne',
    '[service_available]',
    'ironic = True',
    ...['nova', 'neutron', 'glance', 'cinder', 'swift'].map((name) => `${name} = False`),
    '[enforce_scope]',
    'ironic = False',
    '[baremetal]',
    'driver = fake-hardware',
    'max_microversion = latest',
    '[validation]',
    'run_validation = False',
  ];
  writeFileSync(join(dir, 'tempest.conf'), `${lines.join('\n')}\n`);
}
