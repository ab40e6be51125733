import { mkdirSync, writeFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import { type Child, startChild } from './child-process.ts';

export interface IpmiSimOptions {
  /** Folder of its configuration, its state and its log. */
  readonly dir: string;
  readonly account: { readonly username: string; readonly password: string };
  /**
   * Command line of the program that is the machine. `... get power` prints `power:0` or `power:1`; `... set power 1`, `set reset 1`,
   * `set shutdown 1` and `set boot pxe` (or `default`: from disk) act.
   */
  readonly chassis: string;
}

/** A BMC that speaks IPMI over LAN. */
export interface IpmiSim {
  readonly address: '127.0.0.1';
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts OpenIPMI's simulator of a BMC. Its readiness is the caller's to see: ipmitool asks a BMC that does not answer again. */
export async function startIpmiSim({ dir, account, chassis }: IpmiSimOptions): Promise<IpmiSim> {
  const port = await freeUdpPort();
  const state = join(dir, 'state');
  mkdirSync(state, { recursive: true });
  const lan = join(dir, 'lan.conf');
  const commands = join(dir, 'sim.emu');
  writeFileSync(
    lan,
    [
      'name "bmc"',
      'set_working_mc 0x20',
      'startlan 1',
      `  addr 127.0.0.1 ${port}`,
      '  priv_limit admin',
      '  allowed_auths_admin none md2 md5 straight',
      '  guid a123456789abcdefa123456789abcdef',
      'endlan',
      `chassis_control "${chassis}"`,
      'user 1 false "" "" user 10 none md2 md5 straight',
      `user 2 true "${account.username}" "${account.password}" admin 10 none md2 md5 straight`,
      '',
    ].join('\n'),
  );
  writeFileSync(
    commands,
    'mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\nmc_enable 0x20\n',
  );
  const child: Child = startChild({
    name: 'ipmi_sim',
    command: 'ipmi_sim',
    args: ['-c', lan, '-f', commands, '-s', state, '-n'],
    logFile: join(dir, 'ipmi_sim.log'),
  });
  return { address: '127.0.0.1', port, stop: () => child.stop() };
}

function freeUdpPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}
