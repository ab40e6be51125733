import { versionHeader } from './microversion.ts';

/** First segments that work without `/v1` in front, exactly like with it. */
const unversioned =
  /^\/(nodes|ports|portgroups|chassis|drivers|conductors|lookup|heartbeat|continue_inspection|shards|allocations|volume|events|deploy_templates|runbooks|inspection_rules)(?=[/?]|$)/;

/** Older clients name the node last: `/v1/nodes/states/power/NODE` is `/v1/nodes/NODE/states/power`. No node may bear these words as its name. */
const nodeLast = /^\/v1\/nodes\/(states|management|maintenance)((?:\/[^/]+)*)\/([^/]+)$/;

/**
 * The URL that is routed: with `/v1`, without trailing slashes, and for old versions without a final `.json`, which meant nothing until
 * 1.91 made it part of the identifier.
 */
export function routedUrl(url: string, headers: Readonly<Record<string, string | string[] | undefined>>): string {
  const mark = url.indexOf('?');
  let path = mark === -1 ? url : url.slice(0, mark);
  const query = mark === -1 ? '' : url.slice(mark);
  if (path.length > 1 && path.endsWith('/')) path = path.replace(/\/+$/, '') || '/';
  if (!path.startsWith('/v1') && unversioned.test(path)) path = `/v1${path}`;
  path = path.replace(nodeLast, '/v1/nodes/$3/$1$2');
  if (path.endsWith('.json') && jsonSuffixIsNoise(headers[versionHeader])) path = path.slice(0, -'.json'.length);
  return path + query;
}

const jsonSuffixIsNoise = (version: string | string[] | undefined): boolean => {
  const minor = /^1\.(\d+)$/.exec(String(version ?? ''));
  return minor !== null && Number(minor[1]) < 91;
};
