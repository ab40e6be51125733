import { format } from 'prettier';
import { isMap, isScalar, parse, parseDocument, type Node, type Pair } from 'yaml';
import type { JsonSchema } from './values-schema.ts';

/** One value of a chart that people may set. */
export interface ValueRow {
  /** Dotted path, such as image.tag. */
  readonly path: string;
  readonly default: unknown;
  /** The comment above it in values.yaml. */
  readonly meaning: string;
}

/** README.md of a chart: what it is, how it is installed, and every value. */
export async function chartReadme(chart: {
  readonly about: string;
  readonly values: string;
  readonly schema: JsonSchema;
  /** How it is installed, in Markdown; left out for a chart that needs nothing but a namespace. */
  readonly install?: string;
}): Promise<string> {
  const { name, description } = parse(chart.about) as { name: string; description: string };
  const rows = valueRows(chart.values).map(({ path, default: value, meaning }) => {
    const type = typeOf(schemaAt(chart.schema, path));
    return `| \`${path}\` | ${type} | \`${JSON.stringify(value)}\` | ${meaning.replaceAll('|', '\\|')} |`;
  });
  const operator = `\`\`\`
helm install ${name} charts/${name} --namespace metal3-${name}-system --create-namespace
helm test ${name} --namespace metal3-${name}-system
\`\`\`

Upgrades take the CRDs along; \`helm uninstall\` leaves them, and every object, in place (\`crds.keep\`). The settings below \`config\` are
those of the service: [docs/reference/${name}.md](../../docs/reference/${name}.md).
`;
  const text = `# ${name}

${description}.

${chart.install ?? operator}
## Values

This table is made from values.yaml by \`npm run chart-gen\`.

| Value | Type | Default | Meaning |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
  return format(text, { parser: 'markdown', printWidth: 140 });
}

/** Every value of values.yaml that is explained there; maps are gone into unless they are explained as a whole. */
export function valueRows(values: string): readonly ValueRow[] {
  const { contents } = parseDocument(values);
  return rowsOf(contents, '');
}

function rowsOf(node: Node | null, prefix: string): readonly ValueRow[] {
  if (!isMap(node)) return [];
  // The comment above the first key belongs to the map.
  return node.items.flatMap((pair, at) => {
    const { key, value } = pair as Pair<Node, Node | null>;
    const path = `${prefix}${isScalar(key) ? String(key.value) : ''}`;
    const above = key.commentBefore ?? (at === 0 ? node.commentBefore : undefined);
    // What stands before an empty line is about the whole file.
    const [about = ''] = (above ?? '').split(/\n\s*\n/).slice(-1);
    const lines = about.trim().split('\n');
    const meaning = lines.map((line) => line.trim()).join(' ');
    const whole = meaning !== '' || !isMap(value) || value.items.length === 0;
    const given: unknown = value?.toJSON();
    return whole ? [{ path, default: given, meaning }] : rowsOf(value, `${path}.`);
  });
}

function schemaAt(schema: JsonSchema, path: string): JsonSchema | undefined {
  return path.split('.').reduce<JsonSchema | undefined>((at, name) => {
    const { properties, additionalProperties } = at ?? {};
    return (
      properties?.[name] ??
      (typeof additionalProperties === 'object' ? (additionalProperties as JsonSchema) : undefined)
    );
  }, schema);
}

function typeOf(schema: JsonSchema | undefined): string {
  const choices = schema?.['enum'] as readonly unknown[] | undefined;
  return choices === undefined
    ? String(schema?.['type'] ?? 'any')
    : choices.map((choice) => `\`${String(choice)}\``).join(', ');
}
