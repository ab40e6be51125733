/**
 * A JSON value as Python prints it. Ironic quotes offending values that way in its error texts, and clients and tests match on them.
 */
export function pythonText(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  switch (typeof value) {
    case 'boolean':
      return value ? 'True' : 'False';
    case 'string':
      return quoted(value);
    case 'object':
      return Array.isArray(value)
        ? `[${value.map(pythonText).join(', ')}]`
        : `{${Object.entries(value)
            .map(([key, inner]) => `${quoted(key)}: ${pythonText(inner)}`)
            .join(', ')}}`;
    default:
      return String(value);
  }
}

function quoted(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
  // Python prefers single quotes and changes to double ones only for a text that holds single and no double quotes.
  return escaped.includes("'") && !escaped.includes('"') ? `"${escaped}"` : `'${escaped.replaceAll("'", "\\'")}'`;
}
