import { expect, test } from '@jest/globals';
import { bootDeviceToRemember, startedOnce } from './remembered-device.ts';

const forgets = { driverInfo: { ipmi_address: '192.0.2.1', ipmi_force_boot_device: 'True' } };

test('the boot device of a BMC that forgets it is noted, and that one start is an exception from it', () => {
  expect(bootDeviceToRemember(forgets, 'disk', true)).toEqual({
    internal: { persistent_boot_device: 'disk', is_next_boot_persistent: null },
  });
  expect(bootDeviceToRemember(forgets, 'pxe', false)).toEqual({ internal: { is_next_boot_persistent: false } });
  expect(startedOnce({ driverInternalInfo: { is_next_boot_persistent: false } })).toEqual({
    internal: { is_next_boot_persistent: null },
  });
});

test('for all other BMCs there is nothing to note', () => {
  expect(bootDeviceToRemember({ driverInfo: { ipmi_address: '192.0.2.1' } }, 'disk', true)).toEqual({});
  expect(bootDeviceToRemember({ driverInfo: { redfish_address: 'https://192.0.2.1' } }, 'disk', true)).toEqual({});
  expect(startedOnce({ driverInternalInfo: {} })).toEqual({});
});
