import type { JsonObject } from '@metal3/node';
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

/** The target RAID configuration of a node; an empty one takes the target away. @throws Fault (400) */
export function checkRaidConfig(body: unknown): JsonObject {
  check(body ?? {});
  return (body ?? {}) as JsonObject;
}
