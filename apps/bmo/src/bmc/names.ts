import { isIP } from 'node:net';
import type { Clock } from '@metal3/service';

/** The first address that a name has, as the machine's resolver orders them. @throws whatever the resolver says */
export type Resolve = (name: string) => Promise<{ readonly family: number }>;

/** Whether a BMC is reached over IPv6; undefined where its name cannot be resolved, and never could. */
export type ReachedOverV6 = (hostname: string) => Promise<boolean | undefined>;

/** A pass over a host asks each time; so long an answer does. */
const goodForMs = 60_000;

/** Addresses speak for themselves, names are looked up. A resolver that fails for a while changes nothing. */
export function bmcNames(resolve: Resolve, clock: Pick<Clock, 'now'>): ReachedOverV6 {
  const known = new Map<string, { readonly overV6: boolean | undefined; readonly at: number }>();
  return async (hostname) => {
    const version = isIP(hostname);
    if (version !== 0 || hostname === '') return version === 6;
    const before = known.get(hostname);
    if (before !== undefined && clock.now() - before.at < goodForMs) return before.overV6;
    // Whether the BMC can be reached is found out by Ironic, and said there. A resolver that does not answer is left alone for as long, too.
    const overV6 = await resolve(hostname).then(
      ({ family }) => family === 6,
      () => before?.overV6,
    );
    known.set(hostname, { overV6, at: clock.now() });
    return overV6;
  };
}
