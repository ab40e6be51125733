import type { HostRow } from './host-board.ts';

/** Shows the hosts while they change: a table that is redrawn on a terminal, one line for each change elsewhere. */
export interface Display {
  readonly say: (line: string) => void;
  readonly stop: () => void;
}

export interface Screen {
  readonly isTTY: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly write: (text: string) => void;
}

export function showHosts(screen: Screen, rows: () => readonly HostRow[], now: () => number): Display {
  return screen.isTTY ? redrawn(screen, rows, now) : linePerChange(screen, rows);
}

function redrawn(screen: Screen, rows: () => readonly HostRow[], now: () => number): Display {
  let drawn = 0;
  const erase = () => (drawn === 0 ? '' : `\u001b[${drawn}A\u001b[0J`);
  const draw = (above = '') => {
    const lines = renderTable(rows(), now(), screen.columns, Math.max(4, screen.rows - 4));
    screen.write(`${erase()}${above}${lines.join('\n')}\n`);
    drawn = lines.length;
  };
  const timer = setInterval(draw, 500);
  return {
    say: (line) => draw(`${line}\n`),
    stop: () => {
      clearInterval(timer);
      draw();
      drawn = 0;
    },
  };
}

function linePerChange(screen: Screen, rows: () => readonly HostRow[]): Display {
  const said = new Map<string, string>();
  const look = () => {
    for (const { name, state, error } of rows()) {
      const line = error === '' ? state : `${state}  ${error}`;
      if (said.get(name) === line) continue;
      said.set(name, line);
      screen.write(`${name}: ${line}\n`);
    }
  };
  const timer = setInterval(look, 200);
  return {
    say: (line) => {
      look();
      screen.write(`${line}\n`);
    },
    stop: () => {
      clearInterval(timer);
      look();
    },
  };
}

const columns = ['HOST', 'STATE', 'SINCE', 'STEP', 'PROGRESS', 'POWER', 'ERROR'] as const;

/** The table as lines of at most `width` characters; hosts that do not fit into `height` are summed up by state. */
export function renderTable(rows: readonly HostRow[], now: number, width: number, height: number): string[] {
  const shown = mostInteresting(rows, height);
  const cells = [
    [...columns],
    ...shown.map(({ name, state, since, step, progress, power, error }) => [
      name,
      state,
      age(now - since),
      step,
      progress,
      power,
      error,
    ]),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd()
      .slice(0, width),
  );
  return shown.length === rows.length ? lines : [...lines, summary(rows)];
}

// Hosts in trouble first, then those that changed last.
function mostInteresting(rows: readonly HostRow[], height: number): readonly HostRow[] {
  if (rows.length <= height) return rows;
  return [...rows]
    .sort((a, b) => Number(b.error !== '') - Number(a.error !== '') || b.since - a.since)
    .slice(0, height - 1);
}

function summary(rows: readonly HostRow[]): string {
  const counts = new Map<string, number>();
  for (const { state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1);
  return `${rows.length} hosts: ${[...counts].map(([state, count]) => `${count} ${state}`).join(', ')}`;
}

function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 120 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
