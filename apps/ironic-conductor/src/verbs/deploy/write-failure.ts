/** What the real agent says, as it was recorded, and what can be done about it. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /failed to verify against checksum/,
    'The file that is served has not the checksum that was given: correct the checksum, or serve the file that has it',
  ],
  [
    /cannot grow device files|no space left on device|end of file while writing|not enough space/i,
    'The image is larger than the disk: give a smaller image, or name a larger disk by the root device hints',
  ],
  [
    /no suitable device was found/i,
    'No disk fits the root device hints, or without hints none is larger than 4 GiB: correct the hints',
  ],
];

/**
 * An agent's complaint about writing an image, in words that a person can act on: which image it was, where the agent does not say so, and the
 * remedy, where there is one.
 */
export function explainWriteFailure(complaint: string, image: unknown): string {
  const words = complaint.trim();
  const named = typeof image !== 'string' || words.includes(image);
  const remedy = remedies.find(([pattern]) => pattern.test(words))?.[1];
  return `${words}${named ? '' : ` (image ${image})`}${remedy === undefined ? '' : `. ${remedy}`}`;
}
