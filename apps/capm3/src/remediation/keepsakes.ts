import type { Metal3Remediation } from '@metal3/metal3-api';
import type { NodeKeepsakes } from './ports.ts';

/** On remediations, as JSON: what the Node had before it was deleted. */
const labelsAnnotation = 'remediation.metal3.io/node-labels-backup';
const annotationsAnnotation = 'remediation.metal3.io/node-annotations-backup';

export function keep({ metadata }: Metal3Remediation, { labels, annotations }: NodeKeepsakes): void {
  metadata.annotations = {
    ...metadata.annotations,
    [labelsAnnotation]: JSON.stringify(labels),
    [annotationsAnnotation]: JSON.stringify(annotations),
  };
}

/** What was kept; undefined if nothing was. */
export function kept({ metadata }: Metal3Remediation): NodeKeepsakes | undefined {
  const labels = metadata.annotations?.[labelsAnnotation];
  const annotations = metadata.annotations?.[annotationsAnnotation];
  if (labels === undefined && annotations === undefined) return undefined;
  return { labels: mapOf(labels), annotations: mapOf(annotations) };
}

export function forget({ metadata }: Metal3Remediation): void {
  delete metadata.annotations?.[labelsAnnotation];
  delete metadata.annotations?.[annotationsAnnotation];
}

/** People may have edited it: what is no map of texts is none. */
function mapOf(text: string | undefined): Record<string, string> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
    return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return {};
  }
}
