/** A file that may be served, whole in memory: boot loaders are small. */
export interface ServedFile {
  readonly bytes: Uint8Array;
}

/** What can be read by TFTP. */
export interface TftpFiles {
  /** The file by the name a client asks for; undefined when there is none, or it may not be had. */
  find(name: string): Promise<ServedFile | undefined>;
}

/** A UDP socket that hears everybody. */
export interface Datagrams {
  readonly address: { readonly host: string; readonly port: number };
  send(bytes: Uint8Array, port: number, host: string): void;
  close(): void;
}

/** A UDP socket that hears one peer only: the kernel drops what others send to it. */
export interface PeerDatagrams {
  send(bytes: Uint8Array): void;
  close(): void;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Opens UDP sockets. */
export interface OpenDatagrams {
  open(at: Endpoint, received: (bytes: Uint8Array, port: number, host: string) => void): Promise<Datagrams>;
  /** On a free port of `host`. */
  openTo(host: string, peer: Endpoint, received: (bytes: Uint8Array) => void): Promise<PeerDatagrams>;
}
