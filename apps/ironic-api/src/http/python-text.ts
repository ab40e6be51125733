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

/** Long enough to recognise a value, short enough for a line. */
const longestQuote = 200;

/** A quoted value for an error text: of a long one its beginning, its end and how much is left out. */
export function shortened(text: string, longest = longestQuote): string {
  if (text.length <= longest) return text;
  const end = Math.floor(longest / 5);
  const kept = text.slice(0, longest - end);
  return `${kept}...(${text.length - longest} more characters)...${text.slice(-end)}`;
}
