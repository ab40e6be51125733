/** A clouds.yaml (JSON is YAML) in which every name is the same account at the stand-in for Keystone. */
export function clouds(names, identity) {
  const cloud = {
    auth: {
      auth_url: `${identity}/v3`,
      username: 'admin',
      password: 'x',
      project_name: 'admin',
      user_domain_name: 'Default',
      project_domain_name: 'Default',
    },
    region_name: 'RegionOne',
  };
  return { clouds: Object.fromEntries(names.map((name) => [name, cloud])) };
}
