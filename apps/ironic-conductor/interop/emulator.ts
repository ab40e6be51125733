import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createWriteStream, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { createAuthority } from '@metal3/local-servers';
import { eventually } from '@metal3/testing';

export interface EmulatedSystem {
  readonly uuid: string;
  readonly name: string;
  readonly mac: string;
}

/** sushy-emulator as a process of its own, over TLS and with a password; what its machines are in is kept in `folder`. */
export interface Emulator {
  readonly origin: string;
  /** PEM of the authority that vouches for it. */
  readonly ca: string;
  readonly account: { readonly username: string; readonly password: string };
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** @param environment folder of the virtual environment that it is installed in */
export async function emulator(
  environment: string,
  folder: string,
  port: number,
  systems: readonly EmulatedSystem[],
): Promise<Emulator> {
  const account = { username: 'admin', password: 'a secret' };
  const authority = await createAuthority('authority of BMCs');
  const { cert, key } = await authority.issueServer('bmc', [{ type: 'ip', value: '127.0.0.1' }]);
  writeFileSync(join(folder, 'tls.crt'), cert);
  writeFileSync(join(folder, 'tls.key'), key);
  const hash = 'import bcrypt, sys; print(bcrypt.hashpw(sys.argv[1].encode(), bcrypt.gensalt(4)).decode())';
  const hashed = execFileSync(join(environment, 'bin/python'), ['-c', hash, account.password], { encoding: 'utf8' });
  writeFileSync(join(folder, 'htpasswd'), `${account.username}:${hashed.trim()}\n`);
  let child: ChildProcess | undefined;
  const origin = `https://127.0.0.1:${port}`;
  return {
    origin,
    account,
    ca: authority.cert,
    async start() {
      const config = join(import.meta.dirname, 'emulator.conf.py');
      const machines = systems.map(({ uuid, name, mac }) => {
        const nics = [{ mac, ip: '192.0.2.10' }];
        return { uuid, name, power_state: 'Off', external_notifier: false, nics };
      });
      const settings = [`INTEROP_FOLDER=${folder}`, `INTEROP_SYSTEMS=${JSON.stringify(machines)}`];
      const program = [join(environment, 'bin/sushy-emulator'), '--fake', '--config', config, '--port', String(port)];
      child = spawn('env', [...settings, ...program], { stdio: ['ignore', 'pipe', 'pipe'] });
      const log = createWriteStream(join(folder, 'emulator.log'), { flags: 'a' });
      child.stdout?.pipe(log);
      child.stderr?.pipe(log);
      await eventually(() => answers(origin), { timeoutMs: 60_000, everyMs: 200 });
    },
    stop() {
      const ending = child;
      child = undefined;
      if (ending === undefined || ending.exitCode !== null) return Promise.resolve();
      return new Promise((ended) => {
        ending.once('exit', () => ended());
        ending.kill('SIGKILL');
      });
    },
  };
}

/** Throws until the service root is there. */
function answers(origin: string): Promise<true> {
  return new Promise((yes, no) => {
    request(`${origin}/redfish/v1/`, { rejectUnauthorized: false }, (response) => {
      response.resume();
      response.once('end', () => yes(true));
    })
      .once('error', no)
      .end();
  });
}
