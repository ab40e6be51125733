/** What clusterctl installs our services from: components and metadata of each provider. */
export {
  infrastructureProvider,
  ipamProvider,
  type Provider,
  providerFiles,
  type ProviderRelease,
} from './provider.ts';
export { writeRepository } from './repository.ts';
