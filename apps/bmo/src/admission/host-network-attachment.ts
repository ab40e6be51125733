import { formatKey, keyOf } from '@metal3/kube-client';
import { reviewFields, type AdmissionRequest, type AdmissionVerdict } from '@metal3/kube-admission';
import type { BareMetalHost, HostNetworkAttachment } from '@metal3/metal3-api';
import { sameJson } from '../kernel.ts';
import { violation, when, type Violation } from './violation.ts';

/** The hosts whose interfaces name an attachment, by `namespace/name`; undefined while they are not known. */
export type HostsAttached = (attachment: string) => readonly BareMetalHost[] | undefined;

/** Reviews an attachment: what is in use is neither changed nor deleted. */
export function attachmentReview(hostsAttached: HostsAttached) {
  return (request: AdmissionRequest<HostNetworkAttachment>): AdmissionVerdict =>
    request.operation === 'DELETE'
      ? deletionVerdict(request, hostsAttached)
      : reviewFields(request, {
          created: attachmentViolations,
          updated: (before, after) => [
            ...attachmentViolations(after),
            ...changeViolations(before, after, hostsAttached),
          ],
        });
}

const highestVlan = 4094;

export function attachmentViolations({ spec }: HostNetworkAttachment): readonly Violation[] {
  const { mode, allowedVLANs = [] } = spec;
  return [
    ...when(
      mode === 'access' && allowedVLANs.length > 0,
      'spec.allowedVLANs',
      'may not be set in access mode, which has the native VLAN only: use mode trunk or hybrid',
    ),
    ...allowedVLANs.flatMap((vlans, index) => vlanViolations(`spec.allowedVLANs[${index}]`, vlans)),
  ];
}

function vlanViolations(field: string, vlans: string): readonly Violation[] {
  const [first = 0, last = first, ...more] = vlans.split('-').map(Number);
  const isVlan = (id: number) => Number.isInteger(id) && id >= 1 && id <= highestVlan;
  if (more.length > 0 || !isVlan(first) || !isVlan(last)) {
    return [violation(field, `"${vlans}" is not a VLAN, or a range of VLANs, between 1 and ${highestVlan}`)];
  }
  return when(vlans.includes('-') && first >= last, field, `"${vlans}" must begin below where it ends`);
}

function changeViolations(
  before: HostNetworkAttachment,
  after: HostNetworkAttachment,
  hostsAttached: HostsAttached,
): readonly Violation[] {
  if (sameJson(before.spec, after.spec)) return [];
  const users = hostsAttached(formatKey(keyOf(after)));
  if (users === undefined) return [violation('spec', unknownUsers)];
  return when(users.length > 0, 'spec', `can not be changed while it is in use: ${users.map(used).join('; ')}`);
}

function deletionVerdict(
  { name = '', namespace, oldObject }: AdmissionRequest<HostNetworkAttachment>,
  hostsAttached: HostsAttached,
): AdmissionVerdict {
  const key = oldObject ? keyOf(oldObject) : { namespace, name };
  const users = hostsAttached(formatKey(key));
  if (users === undefined) return { denied: unknownUsers };
  if (users.length === 0) return {};
  const many = users.length === 1 ? '1 BareMetalHost names it' : `${users.length} BareMetalHosts name it`;
  return {
    denied: `HostNetworkAttachment ${formatKey(key)} can not be deleted: ${many} in spec.networkInterfaces`,
    warnings: users.map(used),
  };
}

const unknownUsers = 'it is not known yet which hosts use it: try again in a moment';

function used(host: BareMetalHost): string {
  return `named by BareMetalHost ${formatKey(keyOf(host))}`;
}
