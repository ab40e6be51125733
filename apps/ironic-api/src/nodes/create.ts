import type { JsonObject, NodeUuid } from '@metal3/node';
import type { NewNode } from '@metal3/node-store';
import { chooseInterfaces, offeredDriver, type Catalogue } from '../drivers/catalogue.ts';
import { invalid, notAcceptable } from '../faults.ts';
import { parseBoolean } from '../http/query.ts';
import { sinceOf } from './fields.ts';
import { isNodeName } from './names.ts';
import { checkNewNode } from './schema.ts';
import { checkProperties, parsedNodeUuid, storedFields, wantedInterfaces } from './values.ts';

/** What is decided of a new node before other rows are looked at. */
export interface NodeToCreate {
  readonly fields: NewNode;
  /** UUID or name of the parent, to be resolved. */
  readonly parent: string | undefined;
}

/** Defaults of the installation. */
export interface CreateDefaults {
  readonly resourceClass: string | null;
}

/**
 * A new node from the body of POST /v1/nodes: schema, version gates, name, interfaces.
 *
 * @throws Fault 400 for a body that cannot become a node, 406 for attributes newer than the version, 503 while no conductor is alive
 */
export function decideCreation(
  body: unknown,
  minor: number,
  catalogue: Catalogue,
  defaults: CreateDefaults,
): NodeToCreate {
  checkNewNode(body ?? {});
  const attributes = body as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(attributes)) {
    // The group of everybody is what old clients mean that know no groups.
    const unset = value === null || (name === 'conductor_group' && value === '');
    if (!unset && (sinceOf(name) ?? 1) > minor) throw notAcceptable();
  }
  const uuid =
    attributes['uuid'] === undefined || attributes['uuid'] === null
      ? undefined
      : parsedNodeUuid('uuid', attributes['uuid']);
  checkName(attributes['name'], minor);

  const stored = storedFields(attributes);
  checkProperties((stored.properties ?? {}) as JsonObject);
  const group = stored.conductorGroup ?? '';
  const driver = offeredDriver(catalogue, String(attributes['driver']), group);
  const interfaces = chooseInterfaces(catalogue, driver, wantedInterfaces(attributes));
  if (stored.retiredReason !== undefined && stored.retiredReason !== null && stored.retired !== true) {
    throw invalid('Can not set "retired_reason" without setting "retired".');
  }

  const { parentNode, ...rest } = stored;
  return {
    parent: parentNode ?? undefined,
    fields: {
      ...rest,
      ...reportedFields(attributes),
      ...(uuid === undefined ? {} : { uuid }),
      driver: driver.name,
      interfaces,
      resourceClass: stored.resourceClass ?? defaults.resourceClass,
      instanceName: stored.instanceName ?? displayName(stored.instanceInfo),
      // Clients older than 1.11 know no enroll state.
      provisionState: minor >= 11 ? 'enroll' : 'available',
    },
  };
}

function checkName(name: unknown, minor: number): void {
  if (name === undefined || name === null) return;
  if (!isNodeName(String(name), minor)) throw invalid(`Cannot create node with invalid name '${String(name)}'`);
}

/** Upstream accepts these two on creation although drivers report them. */
function reportedFields(
  attributes: Readonly<Record<string, unknown>>,
): Partial<Pick<NewNode, 'bootMode' | 'secureBoot'>> {
  const { boot_mode, secure_boot } = attributes;
  return {
    ...(typeof boot_mode === 'string' ? { bootMode: boot_mode } : {}),
    ...(secure_boot === undefined || secure_boot === null
      ? {}
      : { secureBoot: parseBoolean('secure_boot', secure_boot) }),
  };
}

const displayName = (instanceInfo: JsonObject | undefined): string | null => {
  const name = instanceInfo?.['display_name'];
  return typeof name === 'string' && name !== '' ? name : null;
};

/** @throws Fault (400) when a node is to be its own parent */
export function withParent(fields: NewNode, parent: NodeUuid): NewNode {
  if (fields.uuid === parent)
    throw invalid('Unable to apply the requested parent_node: a node cannot be its own parent');
  return { ...fields, parentNode: parent };
}
