import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** Writes as the API server itself recorded them. */
export interface WriteCounts {
  readonly accepted: number;
  readonly refused: number;
  /** `user agent: verb resource[/subresource]` to count, refused ones with their status. */
  readonly byCall: Readonly<Record<string, number>>;
}

interface AuditLine {
  readonly verb: string;
  readonly userAgent?: string;
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code?: number };
}

/**
 * Counts the audit log's lines of these user agents (the part before the slash), Events and Leases included.
 *
 * @param from byte of the file to begin at, the start of a line
 */
export async function countWrites(auditFile: string, agents: readonly string[], from = 0): Promise<WriteCounts> {
  const byCall: Record<string, number> = {};
  let accepted = 0;
  let refused = 0;
  for await (const line of createInterface({ input: createReadStream(auditFile, { start: from }) })) {
    const read = readLine(line);
    if (read === undefined) continue;
    const { verb, userAgent = '', objectRef, responseStatus } = read;
    const agent = userAgent.split('/')[0] ?? '';
    if (!agents.includes(agent)) continue;
    const status = responseStatus?.code ?? 0;
    if (status >= 400) refused += 1;
    else accepted += 1;
    const resource = [objectRef?.resource, objectRef?.subresource].filter(Boolean).join('/');
    const call = `${agent}: ${verb} ${resource}${status >= 400 ? `, refused with ${status}` : ''}`;
    byCall[call] = (byCall[call] ?? 0) + 1;
  }
  return { accepted, refused, byCall };
}

/** Undefined for the last line while the API server is still writing it. */
function readLine(line: string): AuditLine | undefined {
  try {
    return JSON.parse(line) as AuditLine;
  } catch {
    return undefined;
  }
}
