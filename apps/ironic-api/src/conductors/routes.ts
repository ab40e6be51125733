import type { Conductor } from '@metal3/node-store';
import type { Dependencies } from '../dependencies.ts';
import { invalid, notFound } from '../faults.ts';
import { linkPair, nextLink } from '../http/links.ts';
import { Query } from '../http/query.ts';
import { okObject, type Route } from '../http/route.ts';
import { isoTime } from '../http/time.ts';
import { readDirection, readLimit } from '../nodes/list-query.ts';

const summaryFields = ['hostname', 'conductor_group', 'alive'];
const allFields = [...summaryFields, 'drivers', 'created_at', 'updated_at'];

/** /v1/conductors: which conductors have registered, and whether they have been heard of lately. */
export function conductorRoutes({ store, settings }: Dependencies): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/conductors',
      since: 49,
      async handle({ query: raw, minor, base }) {
        const query = new Query(raw, minor);
        const fields = query.list('fields');
        const detail = query.boolean('detail') ?? false;
        const limit = readLimit(query.integer('limit'), settings.maxLimit);
        const marker = query.text('marker');
        const sortDir = readDirection(query);
        const sortKey = query.text('sort_key') ?? 'id';
        query.refuseOthers();
        if (detail && fields !== undefined)
          throw invalid('Can not specify ?detail=True and fields in the same request.');
        const shown = detail ? allFields : checked(fields ?? summaryFields);

        const all = sorted(await store.conductors.list(), sortKey, sortDir);
        const start = marker === undefined ? 0 : all.findIndex(({ hostname }) => hostname === marker) + 1;
        if (marker !== undefined && start === 0) throw notFound(`Conductor ${marker} could not be found.`);
        const page = all.slice(start, start + limit);
        const last = page.at(-1);
        const kept = [
          ['sort_key', sortKey],
          ['sort_dir', sortDir],
          ['limit', String(limit)],
        ] as const;
        return okObject({
          conductors: page.map((conductor) => show(conductor, shown, base)),
          ...(last !== undefined && page.length === limit
            ? {
                next: nextLink(
                  base,
                  'conductors',
                  [...kept, ...(detail ? [['detail', 'True'] as const] : [])],
                  last.hostname,
                ),
              }
            : {}),
        });
      },
    },
    {
      method: 'GET',
      path: '/v1/conductors/:host',
      since: 49,
      async handle({ params, query: raw, minor, base }) {
        const query = new Query(raw, minor);
        const fields = query.list('fields');
        query.refuseOthers();
        const host = params['host'] ?? '';
        const conductor = await store.conductors.find(host);
        if (conductor === undefined) throw notFound(`Conductor ${host} could not be found.`);
        return okObject(show(conductor, checked(fields ?? allFields), base));
      },
    },
  ];
}

function checked(fields: readonly string[]): readonly string[] {
  const wanted = fields.map((field) => field.toLowerCase());
  const unknown = wanted.find((field) => !allFields.includes(field));
  if (unknown !== undefined) throw invalid(`Field ${unknown} is not a valid field.`);
  return wanted;
}

function sorted(conductors: readonly Conductor[], key: string, direction: 'asc' | 'desc'): readonly Conductor[] {
  const value: Readonly<Record<string, (conductor: Conductor) => string | number>> = {
    id: ({ id }) => id,
    hostname: ({ hostname }) => hostname,
    created_at: ({ createdAt }) => createdAt,
    updated_at: ({ updatedAt }) => updatedAt,
    conductor_group: ({ groups }) => groups[0] ?? '',
  };
  const by = value[key];
  if (by === undefined) throw invalid(`The sort_key value "${key}" is an invalid field for sorting`);
  const ascending = conductors.toSorted((a, b) => (by(a) < by(b) ? -1 : by(a) > by(b) ? 1 : a.id - b.id));
  return direction === 'asc' ? ascending : ascending.toReversed();
}

function show(conductor: Conductor, fields: readonly string[], base: string): Record<string, unknown> {
  const all: Readonly<Record<string, unknown>> = {
    hostname: conductor.hostname,
    // A conductor may serve several groups here; upstream's has one.
    conductor_group: conductor.groups[0] ?? '',
    alive: conductor.alive,
    drivers: Object.keys(conductor.drivers).sort(),
    created_at: isoTime(conductor.createdAt),
    updated_at: isoTime(conductor.updatedAt),
  };
  const shown = Object.fromEntries(Object.entries(all).filter(([name]) => fields.includes(name)));
  return { ...shown, links: linkPair(base, `conductors/${conductor.hostname}`) };
}
