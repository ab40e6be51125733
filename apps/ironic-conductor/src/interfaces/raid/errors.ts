import { errorTable } from '@metal3/service';

/** How the steps of the RAID interface `redfish` can fail. */
export const raidErrors = errorTable({
  target: {
    code: 'RAID-TARGET-INVALID',
    class: 'permanent',
    remedy:
      'Correct the logical disk that the message names in target_raid_config (PUT states/raid), then clean again.',
  },
  noFit: {
    code: 'RAID-NO-DRIVES',
    class: 'permanent',
    remedy:
      'Ask for less, name other drives, or delete the volumes that hold them (raid.delete_configuration), then clean again.',
  },
  noController: {
    code: 'RAID-NO-CONTROLLER',
    class: 'config',
    remedy:
      'See that the machine has a RAID controller and that its BMC shows it; some do only after the machine was on.',
  },
  failed: {
    code: 'RAID-OPERATION-FAILED',
    class: 'permanent',
    remedy: 'The message has the words of the BMC; see to the controller, then clean again.',
  },
});
