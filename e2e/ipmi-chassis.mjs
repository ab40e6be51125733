// The chassis behind ipmi_sim is a simulated machine: node ipmi-chassis.mjs FLEET UUID USERNAME PASSWORD 0x20 get power
import { argv, stdout } from 'node:process';

const [fleet, uuid, username, password, , verb, ...words] = argv.slice(2);
const system = `${fleet}/redfish/v1/Systems/${uuid}`;

async function redfish(method, url, body) {
  const reply = await fetch(url, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!reply.ok) throw new Error(`${method} ${url}: ${reply.status} ${await reply.text()}`);
  return reply.status === 204 ? undefined : reply.json();
}
const reset = (ResetType) => redfish('POST', `${system}/Actions/ComputerSystem.Reset`, { ResetType });
const boot = (BootSourceOverrideTarget, BootSourceOverrideEnabled) =>
  redfish('PATCH', system, { Boot: { BootSourceOverrideTarget, BootSourceOverrideEnabled } });

async function get(what) {
  if (what !== 'power') return 'none';
  const { PowerState: state } = await redfish('GET', system);
  return state === 'On' || state === 'PoweringOff' ? 1 : 0;
}

async function set(what, value) {
  if (what === 'power') return reset(value === '1' ? 'On' : 'ForceOff');
  if (what === 'reset') return reset('ForceRestart');
  if (what === 'shutdown') return reset('GracefulShutdown');
  if (what === 'boot') return value === 'pxe' ? boot('Pxe', 'Once') : boot('Hdd', 'Continuous');
}

if (verb === 'get') for (const what of words) stdout.write(`${what}:${await get(what)}\n`);
else for (let at = 0; at < words.length; at += 2) await set(words[at], words[at + 1]);
