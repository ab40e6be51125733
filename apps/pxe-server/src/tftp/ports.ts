/** A file that may be served, whole in memory: boot loaders are small. */
export interface ServedFile {
  readonly bytes: Uint8Array;
}

/** What can be read by TFTP. */
export interface TftpFiles {
  /** The file by the name a client asks for; undefined when there is none, or it may not be had. */
  find(name: string): Promise<ServedFile | undefined>;
}

/** One UDP socket. */
export interface Datagrams {
  readonly address: { readonly host: string; readonly port: number };
  send(bytes: Uint8Array, port: number, host: string): void;
  close(): void;
}

/** Opens UDP sockets. */
export interface OpenDatagrams {
  open(
    at: { readonly host: string; readonly port: number },
    received: (bytes: Uint8Array, port: number, host: string) => void,
  ): Promise<Datagrams>;
}
