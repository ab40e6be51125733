import { isCodedError, systemClock } from '@metal3/service';
import { imageErrors } from '../../errors.ts';
import { httpFetcher } from '../../files/http-fetcher.ts';
import { isDiskFull } from '../../files/system-code.ts';
import { imageJob } from './image-job.ts';
import type { JobMessage, JobOrder } from './protocol.ts';
import { toldProgress } from './told-progress.ts';

// The program of one job on one image. It is told what to do by the process that started it, tells how it goes, and ends with it.

/** Progress is told at most this often within a stage. */
const tellEveryMs = 200;

const stopped = new AbortController();
const tell = (message: JobMessage) => process.send?.(message);
process.once('disconnect', () => stopped.abort());
process.once('SIGTERM', () => stopped.abort());

const { progress, end: endProgress } = toldProgress(
  (stage, done, total) => tell({ kind: 'progress', stage, done, total }),
  systemClock,
  tellEveryMs,
);

process.once('message', (order: JobOrder) => {
  const fetcher = httpFetcher(order.limits.stallMs);
  const ports = {
    fetcher,
    progress,
    resolved: (expected: Extract<JobMessage, { kind: 'resolved' }>['expected']) => tell({ kind: 'resolved', expected }),
    signal: stopped.signal,
  };
  imageJob(order, ports)
    .finally(endProgress)
    .then(
      (result) => tell({ kind: 'done', result }),
      (error: unknown) => {
        const { code, message, details } = coded(error);
        tell({ kind: 'failed', code, message, details });
      },
    )
    .finally(() => process.disconnect?.());
});
tell({ kind: 'ready' });

function coded(error: unknown) {
  if (isCodedError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (isDiskFull(error)) return imageErrors.noSpace(`the cache cannot be written: ${message}`);
  return imageErrors.jobDied(`the job failed: ${message}`, { cause: error });
}
