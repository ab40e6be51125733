import type { ImageFile } from '@metal3/boot-artifacts';

/**
 * What the agent copies from its medium into its own /etc before it calls: the authority that signed the API's certificate, and the
 * setting that names it. Paths as Ironic puts them on its media.
 */
export function agentFiles(apiCertificate: string): readonly ImageFile[] {
  if (apiCertificate === '') return [];
  return [
    { path: 'etc/ironic-python-agent/ironic.crt', content: apiCertificate },
    {
      path: 'etc/ironic-python-agent.d/ironic-tls.conf',
      content: '[DEFAULT]\ncafile = /etc/ironic-python-agent/ironic.crt\n',
    },
  ];
}
