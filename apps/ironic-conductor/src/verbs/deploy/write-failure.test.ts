import { expect, test } from '@jest/globals';
import { explainWriteFailure } from './write-failure.ts';

const image = 'http://192.0.2.1/os.qcow2';

// Complaints of ironic-python-agent 13 with qemu-img 7.2.
test.each([
  [
    'a wrong checksum',
    'Error verifying image checksum: Image failed to verify against checksum. location: os.qcow2; image ID: /tmp/os.qcow2; image checksum: 00; verification checksum: 0e',
    ` (image ${image}). The file that is served has not the checksum that was given: correct the checksum, or serve the file that has it`,
  ],
  [
    'an image larger than the disk',
    'Error writing image to device: Writing image to device /dev/sda failed with exit code 1. stdout: . stderr: qemu-img: /dev/sda: error while converting host_device: Cannot grow device files\n',
    ` (image ${image}). The image is larger than the disk: give a smaller image, or name a larger disk by the root device hints`,
  ],
  [
    'hints that no disk fits',
    "Error finding the disk or partition device to deploy the image onto: No suitable device was found for deployment using these hints {'serial': 's== none'}",
    ` (image ${image}). No disk fits the root device hints, or without hints none is larger than 4 GiB: correct the hints`,
  ],
])('%s comes with its image and a remedy', (_what, complaint, added) => {
  expect(explainWriteFailure(complaint, image)).toBe(`${complaint.trim()}${added}`);
});

test('a complaint that names its image is not told twice, and one that nobody knows has no remedy', () => {
  expect(explainWriteFailure(`${image} answered 503`, image)).toBe(`${image} answered 503`);
  expect(explainWriteFailure('the disk is on fire', undefined)).toBe('the disk is on fire');
});
