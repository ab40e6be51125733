/** How many network cards the entry script tries. */
const cards = 8;

/**
 * The script that iPXE fetches first: chains the script of the machine by the MAC address of the card that booted, then by those of
 * the other cards, since a machine may boot from a card that nobody enrolled.
 * @param base base URL of pxe-server as machines reach it, without a slash at the end
 */
export function entryScript(base: string): string {
  // --replace: what is chained does not come back here when it ends, so that firmware goes on with its next boot device.
  const chain = (url: string) => `chain --replace --autofree ${base}/ipxe/${url} ||`;
  return [
    '#!ipxe',
    chain('${netX/mac:hexhyp}/boot.ipxe'),
    ...Array.from(
      { length: cards },
      (_, card) => `isset \${net${card}/mac} && ${chain(`\${net${card}/mac:hexhyp}/boot.ipxe`)}`,
    ),
    // Nobody knows this machine; what it boots then is for the server to say.
    chain('${netX/mac:hexhyp}'),
    'exit 0',
    '',
  ].join('\n');
}

/** The entry script while the server does not know yet who boots what: on its disk a machine would find its old system. */
export function waitScript(base: string): string {
  return [
    '#!ipxe',
    'echo The boot server is starting, asking again in 3 seconds',
    'sleep 3',
    `chain --replace --autofree ${base}/boot.ipxe || exit 1`,
    '',
  ].join('\n');
}
