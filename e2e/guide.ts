import { readFileSync } from 'node:fs';

/** A file that the reader of a guide saves, or a command that the reader types and what it prints. */
export type Step =
  | { readonly kind: 'file'; readonly place: string; readonly name: string; readonly content: string }
  | { readonly kind: 'command'; readonly place: string; readonly command: string; readonly prints: readonly string[] };

/**
 * The steps of a page, in order: blocks of `yaml` that begin with a comment that names their file, and blocks of `console` with commands after `$`.
 * Other blocks are for people only.
 */
export function readGuide(file: string): readonly Step[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  const steps: Step[] = [];
  for (let at = 0; at < lines.length; at++) {
    const language = /^```(\w+)$/.exec(lines[at] ?? '')?.[1];
    if (language === undefined) {
      // The end of a block without a language is not the beginning of one.
      if (lines[at] === '```') at = lines.indexOf('```', at + 1);
      continue;
    }
    const end = lines.indexOf('```', at + 1);
    const place = `${file}:${at + 1}`;
    const block = lines.slice(at + 1, end);
    const name = /^# (\S+\.yaml)$/.exec(block[0] ?? '')?.[1];
    if (language === 'yaml' && name !== undefined) {
      steps.push({ kind: 'file', place, name, content: `${block.join('\n')}\n` });
    }
    if (language === 'console') steps.push(...readCommands(block, place));
    at = end;
  }
  return steps;
}

function readCommands(block: readonly string[], place: string): Step[] {
  const steps: { kind: 'command'; place: string; command: string; prints: string[] }[] = [];
  for (const line of block) {
    if (line.startsWith('$ ')) steps.push({ kind: 'command', place, command: line.slice(2), prints: [] });
    else steps.at(-1)?.prints.push(line);
  }
  return steps;
}

/**
 * What a command may print: the lines of the guide, where `...` alone stands for any lines, at the end of a line for any rest, ages differ, and columns
 * may be wider.
 */
export function patternOf(prints: readonly string[]): RegExp {
  const lines = prints.map((line) => {
    if (line === '...') return '(?:.*\\n)*?';
    const [, text = '', rest] = /^(.*?)(\.\.\.)?$/.exec(line) ?? [];
    const words = text.split(/\s+/).map((word) => (/^\d+s$/.test(word) ? '\\d+[smh]\\w*' : escape(word)));
    return `${words.join('\\s+')}${rest === undefined ? '\\s*?' : '.*'}\\n`;
  });
  return new RegExp(`^${lines.join('')}$`);
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
