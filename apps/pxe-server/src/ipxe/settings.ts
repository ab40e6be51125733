import { Type, type Static } from 'typebox';

/** Boot loaders and the scripts they fetch first. */
export const ipxeSettings = Type.Object({
  loaderFolder: Type.String({
    default: '/usr/lib/ipxe',
    description:
      'Folder with iPXE boot loaders (of the Debian package ipxe), served by TFTP and at /loaders/; empty for none',
  }),
  loaders: Type.Array(Type.String(), {
    default: ['bios=undionly.kpxe', 'efi-x86_64=snponly.efi', 'efi-arm64=snponly-arm64.efi'],
    description:
      'Boot loader of each firmware, as firmware=file; firmware is bios, efi-ia32, efi-x86_64, efi-arm32, efi-arm64, efi-riscv64 or efi-loongarch64',
  }),
  discoveryKernelParameters: Type.String({
    default: '',
    description:
      'Kernel command line with which machines that nobody knows boot the default kernel and ramdisk; empty: they boot from their disk',
  }),
});

export type IpxeSettings = Static<typeof ipxeSettings>;
