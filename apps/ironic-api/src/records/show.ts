import type { UserRecord } from '@metal3/node-store';
import { invalid, notAcceptable } from '../faults.ts';
import { linkPair } from '../http/links.ts';
import { isoTime, isoTimeOrNull } from '../http/time.ts';
import type { RecordField, RecordResource } from './resource.ts';

const shared: Readonly<Record<string, (record: UserRecord) => unknown>> = {
  uuid: ({ uuid }) => uuid,
  name: ({ name }) => name,
  address: ({ address }) => address,
  node_uuid: ({ nodeUuid }) => nodeUuid,
  created_at: ({ createdAt }) => isoTime(createdAt),
  updated_at: ({ updatedAt }) => isoTimeOrNull(updatedAt),
};

/** The attributes of a representation at a minor version: all, those of lists, or those asked for. */
export function chosen(
  resource: Pick<RecordResource, 'fields' | 'listed'>,
  minor: number,
  wanted: 'all' | 'listed' | readonly string[],
): readonly RecordField[] {
  const known = resource.fields.filter(({ since = 1 }) => since <= minor);
  if (wanted === 'all') return known;
  const names = wanted === 'listed' ? resource.listed : wanted.map((name) => name.toLowerCase());
  for (const name of names) {
    const field = resource.fields.find((candidate) => candidate.name === name);
    if (field === undefined) throw invalid(`Field ${name} is not a valid field.`);
    if ((field.since ?? 1) > minor) throw notAcceptable();
  }
  return known.filter(({ name }) => names.includes(name));
}

export function shown(
  resource: Pick<RecordResource, 'collection'>,
  record: UserRecord,
  fields: readonly RecordField[],
  base: string,
): Record<string, unknown> {
  const entries = fields.map(({ name, byDefault, value }) => {
    const of = value ?? shared[name];
    return [name, of === undefined ? (record.body[name] ?? byDefault ?? null) : of(record, base)] as const;
  });
  return { ...Object.fromEntries(entries), links: linkPair(base, `${resource.collection}/${record.uuid}`) };
}
