export { negotiate, type TransferLimits, type TransferTerms } from './negotiate.ts';
export { toNetascii } from './netascii.ts';
export {
  ackedBlock,
  dataPacket,
  formatTftp,
  parseTftp,
  TftpFormatError,
  tftpError,
  type TftpOptions,
  type TftpPacket,
} from './packet.ts';
export { sender, type NextStep, type Sender } from './transfer.ts';
