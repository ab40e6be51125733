import { writeFileSync } from 'node:fs';

/** A measured time. */
export interface Figure {
  readonly name: string;
  readonly seconds: number;
}

export interface JourneyResult {
  readonly journey: string;
  readonly passed: boolean;
  readonly seconds: number;
  readonly error?: string;
  readonly figures: readonly Figure[];
}

export function showFigures(results: readonly JourneyResult[], print: (line: string) => void): void {
  for (const { journey, figures } of results) {
    if (figures.length > 0) print(`\n${journey}`);
    for (const { name, seconds } of figures) print(`${seconds.toFixed(1).padStart(8)} s  ${name}`);
  }
}

export function writeFigures(file: string, accelerator: string, results: readonly JourneyResult[]): void {
  writeFileSync(file, `${JSON.stringify({ accelerator, journeys: results }, null, 2)}\n`);
}
