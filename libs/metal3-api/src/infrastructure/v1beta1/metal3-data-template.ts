import { Type, anyValue, choice, mapOf, timestamp, type Static } from '../../schema.ts';
import { AddressFromPool, AnnotationSource, PoolReference } from './references.ts';
import { Ipv4Route, Ipv6AutomaticNetwork, Ipv6Route, LinkMac } from './network-data.ts';
import { IpAddressText } from '../../shapes.ts';

export const Metal3DataTemplateSpec = Type.Object({
  clusterName: Type.String({ minLength: 1 }),
  metaData: Type.Optional(
    Type.Object({
      dnsServersFromIPPool: Type.Optional(Type.Array(AddressFromPool)),
      fromAnnotations: Type.Optional(
        Type.Array(
          Type.Object({
            annotation: Type.String(),
            key: Type.String(),
            object: choice(['machine', 'metal3machine', 'baremetalhost']),
          }),
        ),
      ),
      fromHostInterfaces: Type.Optional(
        Type.Array(
          Type.Object({
            fromBootMAC: Type.Optional(Type.Boolean()),
            interface: Type.Optional(Type.String()),
            key: Type.String(),
          }),
        ),
      ),
      fromLabels: Type.Optional(
        Type.Array(
          Type.Object({
            key: Type.String(),
            label: Type.String(),
            object: choice(['machine', 'metal3machine', 'baremetalhost']),
          }),
        ),
      ),
      gatewaysFromIPPool: Type.Optional(Type.Array(AddressFromPool)),
      indexes: Type.Optional(
        Type.Array(
          Type.Object({
            key: Type.String(),
            offset: Type.Optional(Type.Integer()),
            prefix: Type.Optional(Type.String()),
            step: Type.Optional(Type.Integer({ default: 1 })),
            suffix: Type.Optional(Type.String()),
          }),
        ),
      ),
      ipAddressesFromIPPool: Type.Optional(Type.Array(AddressFromPool)),
      namespaces: Type.Optional(Type.Array(Type.Object({ key: Type.String() }))),
      objectNames: Type.Optional(
        Type.Array(Type.Object({ key: Type.String(), object: choice(['machine', 'metal3machine', 'baremetalhost']) })),
      ),
      prefixesFromIPPool: Type.Optional(Type.Array(AddressFromPool)),
      strings: Type.Optional(Type.Array(Type.Object({ key: Type.String(), value: Type.String() }))),
    }),
  ),
  networkData: Type.Optional(
    Type.Object({
      links: Type.Optional(
        Type.Object({
          bonds: Type.Optional(
            Type.Array(
              Type.Object({
                bondLinks: Type.Optional(Type.Array(Type.String())),
                bondMode: choice([
                  'balance-rr',
                  'active-backup',
                  'balance-xor',
                  'broadcast',
                  'balance-tlb',
                  'balance-alb',
                  '802.3ad',
                ]),
                bondXmitHashPolicy: Type.Optional(choice(['layer2', 'layer3+4', 'layer2+3'])),
                id: Type.String(),
                macAddress: LinkMac,
                mtu: Type.Optional(Type.Integer({ default: 1500, maximum: 9000 })),
                name: Type.Optional(Type.String({ maxLength: 15, pattern: '^[a-zA-Z][a-zA-Z0-9._-]*$' })),
                parameters: Type.Optional(mapOf(anyValue())),
              }),
            ),
          ),
          ethernets: Type.Optional(
            Type.Array(
              Type.Object({
                id: Type.String(),
                macAddress: LinkMac,
                mtu: Type.Optional(Type.Integer({ default: 1500, maximum: 9000 })),
                name: Type.Optional(Type.String({ maxLength: 15, pattern: '^[a-zA-Z][a-zA-Z0-9._-]*$' })),
                type: choice(['bridge', 'dvs', 'hw_veb', 'hyperv', 'ovs', 'tap', 'vhostuser', 'vif', 'phy']),
              }),
            ),
          ),
          vlans: Type.Optional(
            Type.Array(
              Type.Object({
                id: Type.String(),
                macAddress: LinkMac,
                mtu: Type.Optional(Type.Integer({ default: 1500, maximum: 9000 })),
                name: Type.Optional(Type.String({ maxLength: 15, pattern: '^[a-zA-Z][a-zA-Z0-9._-]*$' })),
                vlanID: Type.Integer({ maximum: 4096 }),
                vlanLink: Type.String(),
              }),
            ),
          ),
        }),
      ),
      networks: Type.Optional(
        Type.Object({
          ipv4: Type.Optional(
            Type.Array(
              Type.Object({
                fromPoolAnnotation: Type.Optional(AnnotationSource),
                fromPoolRef: Type.Optional(PoolReference),
                id: Type.String(),
                ipAddressFromIPPool: Type.Optional(Type.String()),
                link: Type.String(),
                routes: Type.Optional(Type.Array(Ipv4Route)),
              }),
            ),
          ),
          ipv4DHCP: Type.Optional(
            Type.Array(
              Type.Object({ id: Type.String(), link: Type.String(), routes: Type.Optional(Type.Array(Ipv4Route)) }),
            ),
          ),
          ipv6: Type.Optional(
            Type.Array(
              Type.Object({
                fromPoolAnnotation: Type.Optional(AnnotationSource),
                fromPoolRef: Type.Optional(PoolReference),
                id: Type.String(),
                ipAddressFromIPPool: Type.String(),
                link: Type.String(),
                routes: Type.Optional(Type.Array(Ipv6Route)),
              }),
            ),
          ),
          ipv6DHCP: Type.Optional(Type.Array(Ipv6AutomaticNetwork)),
          ipv6SLAAC: Type.Optional(Type.Array(Ipv6AutomaticNetwork)),
        }),
      ),
      services: Type.Optional(
        Type.Object({ dns: Type.Optional(Type.Array(IpAddressText)), dnsFromIPPool: Type.Optional(Type.String()) }),
      ),
    }),
  ),
  templateReference: Type.Optional(Type.String()),
});
export type Metal3DataTemplateSpec = Static<typeof Metal3DataTemplateSpec>;

export const Metal3DataTemplateStatus = Type.Object({
  indexes: Type.Optional(mapOf(Type.Integer())),
  lastUpdated: Type.Optional(timestamp()),
});
export type Metal3DataTemplateStatus = Static<typeof Metal3DataTemplateStatus>;
