import type { ExpectedDigest } from '../../files/library.ts';

/** What a job is to do, as it goes to its process. */
export interface JobOrder {
  readonly url: string;
  /** Hex digest or URL of a checksum file; empty for none. */
  readonly checksum: string;
  readonly checksumType: string;
  /** Declared format; empty for none. */
  readonly diskFormat: string;
  readonly forceRaw: boolean;
  readonly pullSecret: string;
  readonly cpuArchitecture: string;
  /** Base of the names of files the job may write; it is the only one to use them. */
  readonly draft: string;
  readonly limits: JobLimits;
}

export interface JobLimits {
  /** Bytes of a download and of a disk. */
  readonly largestFile: number;
  readonly permittedFormats: readonly string[];
  readonly fileRoots: readonly string[];
  /** Registries (`host:port`) that speak plain HTTP. */
  readonly insecureRegistries: readonly string[];
  /** Bytes of address space, and seconds of processor time, of one conversion. */
  readonly convertMemory: number;
  readonly convertCpu: number;
  readonly stallMs: number;
}

export type Stage = 'waiting' | 'downloading' | 'inspecting' | 'converting' | 'finishing';

/** An image as a job leaves it. */
export interface JobResult {
  /** A draft that now belongs to whoever started the job. */
  readonly path: string;
  /** SHA-256, hex. */
  readonly digest: string;
  readonly size: number;
  readonly sourceFormat: string;
  readonly diskFormat: string;
  readonly virtualSize: number;
}

/** What a job's process tells. */
export type JobMessage =
  | { readonly kind: 'ready' }
  /** The digest of what will be downloaded, once a checksum file or a manifest has told it. */
  | { readonly kind: 'resolved'; readonly expected: ExpectedDigest }
  | { readonly kind: 'progress'; readonly stage: Stage; readonly done: number; readonly total: number }
  | { readonly kind: 'done'; readonly result: JobResult }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
      readonly details: Readonly<Record<string, string>>;
    };
