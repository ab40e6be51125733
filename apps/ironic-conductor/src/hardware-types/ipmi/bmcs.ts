import type { IpmiInfo } from '@metal3/node';
import type { Clock } from '@metal3/service';
import { ipmitoolArguments, kgOf } from './command-line.ts';
import { doesNotTellSuites, IpmiError, ipmiFailure, isAboutCipherSuite } from './errors.ts';
import type { RunIpmitool } from './ipmitool.ts';

export interface IpmiCall {
  readonly signal: AbortSignal;
  /** Longest run of ipmitool. */
  readonly timeoutMs: number;
  /** Asked in the instant before ipmitool is started; false keeps it from that. */
  readonly mayStart?: (() => boolean) | undefined;
}

/** Calls of BMCs over IPMI, one after the other for each. */
export interface IpmiBmcs {
  /**
   * Answers what the command wrote. `changes`: it is more than a look, so that it is not given again where it may have arrived.
   *
   * @throws IpmiError
   */
  call(info: IpmiInfo, command: readonly string[], changes: boolean, options: IpmiCall): Promise<string>;
}

export interface IpmiBmcsPorts {
  readonly run: RunIpmitool;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>;
  /** Milliseconds between two calls of a BMC: there are some that crash when they are asked too often. */
  readonly spacing: number;
  /** Tried from the last to the first on nodes that name none, once the BMC has refused what ipmitool chose itself. */
  readonly cipherSuites: readonly string[];
}

/** What is remembered of a BMC. */
interface Lane {
  /** Settles when the last call that was asked for is over. */
  busy: Promise<unknown>;
  waiting: number;
  endedAt: number | undefined;
  cipherSuite: string | undefined;
}

const lanesKept = 5_000;
const tries = 3;
/** What ipmitool takes, after seconds of waiting each time, with BMCs that do not tell their cipher suites. */
const suiteOfSilence = '3';

export function ipmiBmcs({ run, clock, spacing, cipherSuites }: IpmiBmcsPorts): IpmiBmcs {
  const lanes = new Map<string, Lane>();

  function laneOf({ address, port }: IpmiInfo): Lane {
    const key = `${address.toLowerCase()} ${port ?? 623}`;
    const lane = lanes.get(key) ?? { busy: Promise.resolve(), waiting: 0, endedAt: undefined, cipherSuite: undefined };
    lanes.delete(key);
    lanes.set(key, lane);
    for (const [name, { waiting }] of lanes) {
      if (lanes.size <= lanesKept) break;
      if (waiting === 0 && name !== key) lanes.delete(name);
    }
    return lane;
  }

  /** The BMCs' own turn: no two calls at once, and a pause after each. */
  async function inTurn<Result>(
    lane: Lane,
    { signal, mayStart }: IpmiCall,
    act: () => Promise<Result>,
  ): Promise<Result> {
    const before = lane.busy;
    lane.waiting += 1;
    const turn = (async () => {
      await before.catch(() => undefined);
      const pause = lane.endedAt === undefined ? 0 : lane.endedAt + spacing - clock.monotonic();
      if (pause > 0 && !signal.aborted) await clock.sleep(pause, signal).catch(() => undefined);
      if (signal.aborted || mayStart?.() === false) throw new IpmiError('aborted', 'The call of the BMC was given up');
      try {
        return await act();
      } finally {
        lane.endedAt = clock.monotonic();
      }
    })();
    lane.busy = turn;
    return turn.finally(() => {
      lane.waiting -= 1;
    });
  }

  async function once(
    lane: Lane,
    info: IpmiInfo,
    command: readonly string[],
    changes: boolean,
    { signal, timeoutMs }: IpmiCall,
  ): Promise<string | 'another cipher suite'> {
    const words = command.join(' ');
    const where = info.port === undefined ? info.address : `${info.address} port ${info.port}`;
    const args = ipmitoolArguments(info, lane.cipherSuite, command);
    const { exit, stdout, stderr } = await run({ args, password: info.password, kg: kgOf(info), timeoutMs, signal });
    if (exit === 0) {
      if (doesNotTellSuites(stderr)) lane.cipherSuite ??= suiteOfSilence;
      return stdout;
    }
    if (exit === null) {
      throw new IpmiError(
        changes ? 'unknown' : 'transient',
        `IPMI call failed: ${words}. ${where} did not answer within ${Math.round(timeoutMs / 1000)} seconds`,
      );
    }
    if (info.cipherSuite === undefined && isAboutCipherSuite(stderr)) {
      const next = nextSuite(lane.cipherSuite);
      if (next !== undefined) {
        lane.cipherSuite = next;
        return 'another cipher suite';
      }
      lane.cipherSuite = undefined;
    }
    throw ipmiFailure(words, where, stderr, changes);
  }

  /** The one before in the list; the last to begin with. */
  function nextSuite(refused: string | undefined): string | undefined {
    return refused === undefined ? cipherSuites.at(-1) : cipherSuites[cipherSuites.indexOf(refused) - 1];
  }

  return {
    async call(info, command, changes, options) {
      const lane = laneOf(info);
      for (let tried = 1; ;) {
        try {
          const said = await inTurn(lane, options, () => once(lane, info, command, changes, options));
          if (said !== 'another cipher suite') return said;
        } catch (error) {
          // Busy BMCs are asked again here; one that cannot be reached is left to whoever wants something of it.
          const busy =
            IpmiError.is(error) && error.kind === 'transient' && /busy|resources|Timeout/i.test(error.message);
          if (!busy || tried >= tries) throw error;
          tried += 1;
        }
      }
    },
  };
}
