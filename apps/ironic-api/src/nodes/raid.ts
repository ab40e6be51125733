import { isJsonObject, type JsonObject } from '@metal3/node';
import { invalid } from '../faults.ts';
import { schemaCheck } from '../http/schema.ts';

const disks = {
  type: 'object',
  properties: {
    size_gb: { anyOf: [{ type: 'integer', minimum: 1 }, { enum: ['MAX'] }] },
    raid_level: { enum: ['JBOD', '0', '1', '2', '5', '6', '1+0', '5+0', '6+0'] },
    volume_name: { type: 'string' },
    is_root_volume: { type: 'boolean' },
    share_physical_disks: { type: 'boolean' },
    disk_type: { enum: ['hdd', 'ssd'] },
    interface_type: { enum: ['sata', 'scsi', 'sas', 'nvme'] },
    number_of_physical_disks: { type: 'integer', minimum: 1 },
    controller: { type: 'string' },
    physical_disks: { type: 'array' },
  },
  required: ['size_gb', 'raid_level'],
  additionalProperties: true,
};

const check = schemaCheck('raid config', {
  type: 'object',
  properties: {
    logical_disks: { type: 'array', items: disks },
  },
  additionalProperties: true,
});

/** What each RAID interface does not make, in the words of its driver. */
const limits: Readonly<Record<string, { readonly levels: readonly string[]; readonly protocols: readonly string[] }>> =
  {
    redfish: { levels: ['JBOD', '2'], protocols: ['scsi'] },
  };

/**
 * The target RAID configuration of a node with this RAID interface; an empty one takes the target away.
 *
 * @throws Fault (400)
 */
export function checkRaidConfig(body: unknown, raidInterface: string | null): JsonObject {
  check(body ?? {});
  const config = (body ?? {}) as JsonObject;
  const { logical_disks: given } = config;
  const logicalDisks = Array.isArray(given) ? given.filter(isJsonObject) : [];
  const problem = raidProblem(logicalDisks, raidInterface);
  if (problem !== undefined) throw invalid(problem);
  return config;
}

function raidProblem(logicalDisks: readonly JsonObject[], raidInterface: string | null): string | undefined {
  if (logicalDisks.filter((disk) => disk['is_root_volume'] === true).length > 1) {
    return 'Raid config cannot have more than one root volume. Set is_root_volume of one logical disk only.';
  }
  const { levels, protocols } = limits[raidInterface ?? ''] ?? { levels: [], protocols: [] };
  for (const [index, disk] of logicalDisks.entries()) {
    const {
      raid_level: level,
      interface_type: protocol,
      physical_disks: drives,
      number_of_physical_disks: count,
    } = disk;
    const about = `logical disk ${index + 1}`;
    if (typeof level === 'string' && levels.includes(level)) {
      return `RAID level ${level} of ${about} is not made by the RAID interface ${raidInterface}.`;
    }
    if (typeof protocol === 'string' && protocols.includes(protocol)) {
      return `interface type ${protocol} of ${about} is not known to the RAID interface ${raidInterface}.`;
    }
    if (Array.isArray(drives) && typeof count === 'number' && drives.length !== count) {
      return `number_of_physical_disks of ${about} is ${count}, but physical_disks has ${drives.length}.`;
    }
  }
  return undefined;
}
