/** A change of a chart as Artifact Hub shows it. */
export interface ChartChange {
  readonly kind: 'added' | 'changed' | 'fixed';
  readonly description: string;
}

/** Headings under which nx release gathers what version plans say, by the words that stand in them beside a picture. */
const kinds = [
  [/feature/i, 'added'],
  [/fix/i, 'fixed'],
] as const;

/**
 * What a changelog in nx release's form says about one version. The section of a version begins with a heading that holds it and ends
 * with the next of its level; people who are thanked are no changes.
 */
export function changesOf(changelog: string, version: string): readonly ChartChange[] {
  const lines = changelog.split('\n');
  const begin = lines.findIndex((line) => /^##? /.test(line) && line.split(/\s+/)[1] === version);
  if (begin < 0) return [];
  const length = lines.slice(begin + 1).findIndex((line) => /^##? /.test(line));
  const section = lines.slice(begin + 1, length < 0 ? undefined : begin + 1 + length);
  const changes: ChartChange[] = [];
  let heading = '';
  for (const line of section) {
    if (line.startsWith('### ')) heading = line;
    const description = /^- (.+)$/.exec(line)?.[1]?.replaceAll(/\*\*/g, '');
    if (description === undefined || /thank you/i.test(heading)) continue;
    changes.push({ kind: kinds.find(([words]) => words.test(heading))?.[1] ?? 'changed', description });
  }
  return changes;
}
