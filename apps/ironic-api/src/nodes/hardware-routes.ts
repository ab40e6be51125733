import type { Dependencies } from '../dependencies.ts';
import { invalid, notAcceptable, notFound } from '../faults.ts';
import { linkPair } from '../http/links.ts';
import { Query } from '../http/query.ts';
import { okObject, type ApiRequest, type Route } from '../http/route.ts';
import type { NodeOperations } from './perform.ts';
import { nodeIdent } from './routes.ts';

type Entry = Readonly<Record<string, unknown>>;

const biosSummary = ['created_at', 'updated_at', 'name', 'value'];
const biosRegistry = [
  ...['attribute_type', 'allowable_values', 'lower_bound', 'max_length', 'min_length'],
  ...['read_only', 'reset_required', 'unique', 'upper_bound'],
];
const firmwareFields = [
  'component',
  'initial_version',
  'current_version',
  'last_version_flashed',
  'created_at',
  'updated_at',
];
const firmwareIdentity = ['vendor', 'model', 'serial_number'];

/** BIOS settings and firmware components as a conductor last read them from the BMC; this service only shows them. */
export function hardwareRoutes({ store }: Dependencies, nodes: NodeOperations): readonly Route[] {
  const stored = async (request: ApiRequest, kind: 'bios' | 'firmware') => {
    const { uuid } = await nodes.get(nodeIdent(request));
    const content = await store.blobs.get(uuid, kind);
    return { uuid, entries: content === undefined ? [] : (JSON.parse(content.toString('utf8')) as readonly Entry[]) };
  };
  const setting = (entry: Entry, { base }: ApiRequest, uuid: string, fields: readonly string[]): Entry => ({
    ...picked(entry, fields),
    links: linkPair(base, `nodes/${uuid}/bios/${String(entry['name'])}`),
  });

  return [
    {
      method: 'GET',
      path: '/v1/nodes/:node/bios',
      since: 40,
      async handle(request) {
        const query = new Query(request.query, request.minor);
        // No arguments at all were known before 1.74.
        const [detail, fields] =
          request.minor < 74 ? [false] : [query.boolean('detail') ?? false, query.list('fields')];
        query.refuseOthers();
        if (detail && fields !== undefined)
          throw invalid('Can not specify ?detail=True and fields in the same request.');
        const shown = checkedBiosFields(fields) ?? (detail ? [...biosSummary, ...biosRegistry] : biosSummary);
        const { uuid, entries } = await stored(request, 'bios');
        return okObject({ bios: entries.map((entry) => setting(entry, request, uuid, shown)) });
      },
    },
    {
      method: 'GET',
      path: '/v1/nodes/:node/bios/:setting',
      since: 40,
      async handle(request) {
        const { uuid, entries } = await stored(request, 'bios');
        const name = request.params['setting'] ?? '';
        const entry = entries.find((candidate) => candidate['name'] === name);
        if (entry === undefined) throw notFound(`Node ${uuid} doesn't have a BIOS setting '${name}'`);
        const fields = request.minor >= 74 ? [...biosSummary, ...biosRegistry] : biosSummary;
        return okObject({ [name]: setting(entry, request, uuid, fields) });
      },
    },
    {
      method: 'GET',
      path: '/v1/nodes/:node/firmware',
      since: 86,
      async handle(request) {
        const query = new Query(request.query, request.minor);
        query.boolean('detail');
        const fields = query.list('fields');
        query.refuseOthers();
        const all = request.minor >= 114 ? [...firmwareFields, ...firmwareIdentity] : firmwareFields;
        const unknown = fields?.find((field) => !all.includes(field));
        if (unknown !== undefined)
          throw firmwareIdentity.includes(unknown)
            ? notAcceptable()
            : invalid(`Field ${unknown} is not a valid field.`);
        const { entries } = await stored(request, 'firmware');
        return okObject({ firmware: entries.map((entry) => picked(entry, fields ?? all)) });
      },
    },
  ];
}

function checkedBiosFields(fields: readonly string[] | undefined): readonly string[] | undefined {
  const unknown = fields?.find((field) => !biosSummary.includes(field) && !biosRegistry.includes(field));
  if (unknown !== undefined) throw invalid(`Field ${unknown} is not a valid field.`);
  return fields;
}

const picked = (entry: Entry, fields: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(fields.map((field) => [field, entry[field] ?? null]));
