import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds of CPU (user and system, children that ended included) and proportional memory of a process and its descendants. */
export interface Usage {
  readonly cpuMs: number;
  readonly pssMiB: number;
}

/** Linux counts CPU time in hundredths of a second on every architecture we run on. */
const msPerTick = 10;

/** Reads /proc; a process that is gone counts as nothing. */
export function usageOf(pid: number): Usage {
  const pids = [pid, ...descendantsOf(pid)];
  return {
    cpuMs: pids.reduce((sum, one) => sum + cpuTicks(one), 0) * msPerTick,
    pssMiB: pids.reduce((sum, one) => sum + pssKiB(one), 0) / 1024,
  };
}

function descendantsOf(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(statFields(Number(name))[1] ?? -1);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  for (const queue = [root]; queue.length > 0;) {
    const below = children.get(queue.shift() ?? -1) ?? [];
    found.push(...below);
    queue.push(...below);
  }
  return found;
}

/** Fields of /proc/<pid>/stat from the third on (the second is a name that may hold anything, in parentheses). */
function statFields(pid: number): string[] {
  const stat = readProc(pid, 'stat');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function cpuTicks(pid: number): number {
  // utime, stime, cutime, cstime are fields 14 to 17 of proc(5).
  return statFields(pid)
    .slice(11, 15)
    .reduce((sum, ticks) => sum + Number(ticks), 0);
}

function pssKiB(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readProc(pid, 'smaps_rollup'))?.[1] ?? 0);
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
