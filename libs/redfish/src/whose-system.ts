import type { RedfishClient } from './client.ts';
import { RedfishError } from './errors.ts';
import { textAt } from './json.ts';
import { type CallOptions, members } from './transport.ts';

const collection = '/redfish/v1/Systems';
/** A chassis of blades may show hundreds. */
const named = 10;

/** The path of the only system of a BMC. @throws RedfishError (`config`) where there is none or a choice */
export async function onlySystem(client: RedfishClient, options: CallOptions): Promise<string> {
  const systems = members((await client.get(collection, options)).body);
  const [only] = systems;
  if (only !== undefined && systems.length === 1) return only;
  throw misnamed(client, collection, `${client.origin} has ${list(systems)}`);
}

/**
 * Makes sure that what a BMC answered is the system that driver_info names: power actions on somebody else's machine cannot be taken back.
 *
 * @throws RedfishError (`config`) naming driver_info.redfish_system_id and what it may be
 */
export async function checkSystem(
  client: RedfishClient,
  path: string,
  body: unknown,
  options: CallOptions,
): Promise<void> {
  const type = textAt(body, '@odata.type');
  if (type !== undefined && !/ComputerSystem/i.test(type)) {
    throw misnamed(client, path, `${client.origin}${path} is no system but a ${type}`);
  }
  const answered = textAt(body, '@odata.id');
  if (answered === undefined || isSame(answered, path)) return;
  // A BMC with one system may have more names for it.
  const systems = members((await client.get(collection, options)).body);
  const [only] = systems;
  if (systems.length === 1 && only !== undefined && isSame(only, answered)) return;
  throw misnamed(
    client,
    path,
    `${client.origin} answers for system ${answered} when asked for ${path}; it has ${list(systems)}`,
  );
}

/** What to say of a BMC that does not know the system: which ones it has, as far as the account may see them. */
export async function unknownSystem(
  client: RedfishClient,
  path: string,
  error: RedfishError,
  options: CallOptions,
): Promise<RedfishError> {
  try {
    const systems = members((await client.get(collection, options)).body);
    return misnamed(client, path, `${client.origin} has no system ${path} for this account; it has ${list(systems)}`);
  } catch (second) {
    if (!RedfishError.is(second) || second.kind === 'aborted') throw second;
    return error;
  }
}

const isSame = (left: string, right: string): boolean => plain(left) === plain(right);
const plain = (path: string): string => unescape(path).replace(/\/+$/, '').toLowerCase();

function unescape(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function list(systems: readonly string[]): string {
  if (systems.length === 0) return 'none: see that the account of driver_info.redfish_username may read systems';
  const more = systems.length > named ? `, and ${systems.length - named} more` : '';
  return `${systems.length} systems: ${systems.slice(0, named).join(', ')}${more}`;
}

const misnamed = (client: RedfishClient, path: string, what: string): RedfishError =>
  new RedfishError(`${what}; set driver_info.redfish_system_id to the path of one`, {
    kind: 'config',
    method: 'GET',
    path,
    origin: client.origin,
  });
