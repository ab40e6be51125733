/** Type and value in hex, as the agent lists what a frame holds (IEEE 802.1AB section 8). */
export type Tlv = readonly [type: number, value: string];

/** A rack has one switch, and each machine of it a port. */
const machinesPerRack = 48;

/** What the switch at the other end of a card's cable sends: its address, the port, the time to live, its name and the VLAN of the port. */
export function lldpFrame(machineIndex: number, nic: number): readonly Tlv[] {
  const rack = Math.floor(machineIndex / machinesPerRack);
  const port = (machineIndex % machinesPerRack) + 1;
  const text = (value: string): string => Buffer.from(value).toString('hex');
  const number = (value: number, bytes: number): string => value.toString(16).padStart(bytes * 2, '0');
  return [
    [1, `04${number(0x02_1e_af_00_00_00 + rack * 2 + nic, 6)}`],
    [2, `05${text(`Ethernet1/${port}`)}`],
    [3, number(120, 2)],
    [5, text(`leaf-${rack + 1}-${nic + 1}`)],
    [127, `0080c201${number(100, 2)}`],
    [0, ''],
  ];
}
