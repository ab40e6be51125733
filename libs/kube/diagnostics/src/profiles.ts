import { Session } from 'node:inspector/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Clock } from '@metal3/service';
import type { Answer, Asked, Endpoints } from './endpoint.ts';
import { cpuPprof, heapPprof } from './pprof.ts';

const packed = promisify(gzip);
const longestSeconds = 300;
/** As Go's: one sample in so many allocated bytes costs next to nothing. */
const intervalBytes = 512 * 1024;

const index = `profiles of this process, for go tool pprof and all that read its format:

/debug/pprof/profile?seconds=30  where CPU time goes
/debug/pprof/heap?seconds=30     what is allocated meanwhile and stays
`;

/** The profiles that upstream's manager has and that Node can tell, under the same paths and in the same format. */
export function profileEndpoints(clock: Pick<Clock, 'sleep'>): Endpoints {
  let underWay = false;
  const profile =
    (take: (session: Session, wait: () => Promise<void>) => Promise<Uint8Array>) =>
    async ({ query, signal }: Asked): Promise<Answer> => {
      const seconds = Number(query.get('seconds') ?? 30);
      if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestSeconds) {
        return { status: 400, body: `seconds: send a whole number from 1 to ${longestSeconds}\n` };
      }
      if (underWay) return { status: 409, body: 'a profile is being taken already: try again when it is done\n' };
      const session = new Session();
      // Throws where the process has been denied it (node --permission).
      session.connect();
      underWay = true;
      try {
        const body = await take(session, () => clock.sleep(seconds * 1_000, signal));
        return { status: 200, type: 'application/octet-stream', body: await packed(body) };
      } finally {
        // Ends what was begun, also when the caller has gone.
        session.disconnect();
        underWay = false;
      }
    };
  return {
    '/debug/pprof/': { verb: 'get', answer: () => ({ status: 200, body: index }) },
    '/debug/pprof/profile': {
      verb: 'get',
      answer: profile(async (session, wait) => {
        await session.post('Profiler.enable');
        await session.post('Profiler.start');
        await wait();
        return cpuPprof((await session.post('Profiler.stop')).profile);
      }),
    },
    '/debug/pprof/heap': {
      verb: 'get',
      answer: profile(async (session, wait) => {
        await session.post('HeapProfiler.startSampling', { samplingInterval: intervalBytes });
        await wait();
        return heapPprof((await session.post('HeapProfiler.stopSampling')).profile, intervalBytes);
      }),
    },
  };
}
