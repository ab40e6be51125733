/** For tests: an API server in memory that behaves as the real one where libs/kube depends on it. */
export { type MemoryKubernetes, memoryKubernetes } from './memory/memory-kubernetes.ts';
