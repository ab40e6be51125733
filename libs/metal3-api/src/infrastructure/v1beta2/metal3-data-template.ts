import { Type, anyObject, choice, timestamp, type Static } from '../../schema.ts';
import { AddressFromPool, AnnotationSource, PoolReference } from './references.ts';
import { Ipv4Route, Ipv6AutomaticNetwork, Ipv6Route, LinkMac } from './network-data.ts';
import { IpAddressText } from '../../shapes.ts';

export const Metal3DataTemplateSpec = Type.Object({
  clusterName: Type.Optional(Type.String({ maxLength: 512 })),
  metaData: Type.Optional(
    Type.Object({
      dnsServersFromPool: Type.Optional(
        Type.Array(AddressFromPool, {
          maxItems: 512,
          minItems: 1,
          'x-kubernetes-list-map-keys': ['key'],
          'x-kubernetes-list-type': 'map',
        }),
      ),
      fromAnnotations: Type.Optional(
        Type.Array(
          Type.Object({
            annotation: Type.String({ maxLength: 512, minLength: 1 }),
            key: Type.String({ maxLength: 512, minLength: 1 }),
            object: choice(['machine', 'metal3machine', 'baremetalhost']),
          }),
          { maxItems: 512, minItems: 1, 'x-kubernetes-list-map-keys': ['key'], 'x-kubernetes-list-type': 'map' },
        ),
      ),
      fromHostInterfaces: Type.Optional(
        Type.Array(
          Type.Object({
            fromBootMAC: Type.Optional(Type.Boolean()),
            interface: Type.Optional(Type.String({ maxLength: 512, minLength: 1 })),
            key: Type.String({ maxLength: 512, minLength: 1 }),
          }),
          { maxItems: 512, minItems: 1, 'x-kubernetes-list-map-keys': ['key'], 'x-kubernetes-list-type': 'map' },
        ),
      ),
      fromLabels: Type.Optional(
        Type.Array(
          Type.Object({
            key: Type.String({ maxLength: 512, minLength: 1 }),
            label: Type.String({ maxLength: 512, minLength: 1 }),
            object: choice(['machine', 'metal3machine', 'baremetalhost']),
          }),
          { maxItems: 512, minItems: 1, 'x-kubernetes-list-map-keys': ['key'], 'x-kubernetes-list-type': 'map' },
        ),
      ),
      gatewaysFromPool: Type.Optional(
        Type.Array(AddressFromPool, {
          maxItems: 512,
          minItems: 1,
          'x-kubernetes-list-map-keys': ['key'],
          'x-kubernetes-list-type': 'map',
        }),
      ),
      indexes: Type.Optional(
        Type.Array(
          Type.Object({
            key: Type.String({ maxLength: 512, minLength: 1 }),
            offset: Type.Optional(Type.Integer({ format: 'int32', minimum: 0 })),
            prefix: Type.Optional(Type.String({ maxLength: 512, minLength: 1 })),
            step: Type.Optional(Type.Integer({ default: 1, format: 'int32', minimum: 1 })),
            suffix: Type.Optional(Type.String({ maxLength: 512, minLength: 1 })),
          }),
          { maxItems: 512, minItems: 1, 'x-kubernetes-list-map-keys': ['key'], 'x-kubernetes-list-type': 'map' },
        ),
      ),
      ipAddressesFromPool: Type.Optional(
        Type.Array(AddressFromPool, {
          maxItems: 512,
          minItems: 1,
          'x-kubernetes-list-map-keys': ['key'],
          'x-kubernetes-list-type': 'map',
        }),
      ),
      namespaces: Type.Optional(
        Type.Array(Type.Object({ key: Type.String({ maxLength: 512, minLength: 1 }) }), {
          maxItems: 512,
          minItems: 1,
          'x-kubernetes-list-map-keys': ['key'],
          'x-kubernetes-list-type': 'map',
        }),
      ),
      objectNames: Type.Optional(
        Type.Array(
          Type.Object({
            key: Type.String({ maxLength: 512, minLength: 1 }),
            object: choice(['machine', 'metal3machine', 'baremetalhost']),
          }),
          { maxItems: 512, minItems: 1, 'x-kubernetes-list-map-keys': ['key'], 'x-kubernetes-list-type': 'map' },
        ),
      ),
      prefixesFromPool: Type.Optional(
        Type.Array(AddressFromPool, {
          maxItems: 512,
          minItems: 1,
          'x-kubernetes-list-map-keys': ['key'],
          'x-kubernetes-list-type': 'map',
        }),
      ),
      strings: Type.Optional(
        Type.Array(
          Type.Object({
            key: Type.String({ maxLength: 512, minLength: 1 }),
            value: Type.String({ maxLength: 512, minLength: 1 }),
          }),
          { maxItems: 512, minItems: 1, 'x-kubernetes-list-map-keys': ['key'], 'x-kubernetes-list-type': 'map' },
        ),
      ),
    }),
  ),
  networkData: Type.Optional(
    Type.Object({
      links: Type.Optional(
        Type.Object({
          bonds: Type.Optional(
            Type.Array(
              Type.Object({
                bondLinks: Type.Optional(
                  Type.Array(Type.String({ maxLength: 512, minLength: 1 }), {
                    maxItems: 512,
                    'x-kubernetes-list-type': 'set',
                  }),
                ),
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
                id: Type.String({ maxLength: 512, minLength: 1 }),
                macAddress: LinkMac,
                mtu: Type.Optional(Type.Integer({ default: 1500, format: 'int32', maximum: 9000, minimum: 1280 })),
                name: Type.Optional(Type.String({ maxLength: 15, minLength: 1, pattern: '^[a-zA-Z][a-zA-Z0-9._-]*$' })),
                parameters: Type.Array(
                  Type.Object({
                    name: Type.String({ maxLength: 512, minLength: 1 }),
                    value: Type.Optional(anyObject()),
                  }),
                  {
                    maxItems: 512,
                    minItems: 1,
                    'x-kubernetes-list-map-keys': ['name'],
                    'x-kubernetes-list-type': 'map',
                  },
                ),
              }),
              { maxItems: 512, minItems: 1, 'x-kubernetes-list-map-keys': ['id'], 'x-kubernetes-list-type': 'map' },
            ),
          ),
          ethernets: Type.Optional(
            Type.Array(
              Type.Object({
                id: Type.String({ maxLength: 512, minLength: 1 }),
                macAddress: LinkMac,
                mtu: Type.Optional(Type.Integer({ default: 1500, format: 'int32', maximum: 9000, minimum: 1280 })),
                name: Type.Optional(Type.String({ maxLength: 15, minLength: 1, pattern: '^[a-zA-Z][a-zA-Z0-9._-]*$' })),
                type: choice(['bridge', 'dvs', 'hw_veb', 'hyperv', 'ovs', 'tap', 'vhostuser', 'vif', 'phy']),
              }),
              { maxItems: 32, minItems: 1, 'x-kubernetes-list-map-keys': ['id'], 'x-kubernetes-list-type': 'map' },
            ),
          ),
          vlans: Type.Optional(
            Type.Array(
              Type.Object({
                id: Type.String({ maxLength: 512, minLength: 1 }),
                macAddress: LinkMac,
                mtu: Type.Optional(Type.Integer({ default: 1500, format: 'int32', maximum: 9000, minimum: 1280 })),
                name: Type.Optional(Type.String({ maxLength: 15, minLength: 1, pattern: '^[a-zA-Z][a-zA-Z0-9._-]*$' })),
                vlanID: Type.Integer({ format: 'int32', maximum: 4096, minimum: 0 }),
                vlanLink: Type.String({ maxLength: 512, minLength: 1 }),
              }),
              { maxItems: 512, minItems: 1, 'x-kubernetes-list-map-keys': ['vlanID'], 'x-kubernetes-list-type': 'map' },
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
                id: Type.String({ maxLength: 512, minLength: 1 }),
                ipAddressFromIPPool: Type.Optional(Type.String({ maxLength: 512, minLength: 1 })),
                link: Type.String({ maxLength: 512, minLength: 1 }),
                routes: Type.Optional(
                  Type.Array(Ipv4Route, {
                    maxItems: 512,
                    minItems: 1,
                    'x-kubernetes-list-map-keys': ['network'],
                    'x-kubernetes-list-type': 'map',
                  }),
                ),
              }),
              { maxItems: 512, minItems: 1, 'x-kubernetes-list-map-keys': ['id'], 'x-kubernetes-list-type': 'map' },
            ),
          ),
          ipv4DHCP: Type.Optional(
            Type.Array(
              Type.Object({
                id: Type.String({ maxLength: 512, minLength: 1 }),
                link: Type.String({ maxLength: 512, minLength: 1 }),
                routes: Type.Optional(
                  Type.Array(Ipv4Route, {
                    maxItems: 512,
                    minItems: 1,
                    'x-kubernetes-list-map-keys': ['network'],
                    'x-kubernetes-list-type': 'map',
                  }),
                ),
              }),
              { maxItems: 512, minItems: 1, 'x-kubernetes-list-map-keys': ['id'], 'x-kubernetes-list-type': 'map' },
            ),
          ),
          ipv6: Type.Optional(
            Type.Array(
              Type.Object({
                fromPoolAnnotation: Type.Optional(AnnotationSource),
                fromPoolRef: Type.Optional(PoolReference),
                id: Type.String({ maxLength: 512, minLength: 1 }),
                ipAddressFromIPPool: Type.Optional(Type.String({ maxLength: 512, minLength: 1 })),
                link: Type.String({ maxLength: 512, minLength: 1 }),
                routes: Type.Optional(
                  Type.Array(Ipv6Route, {
                    maxItems: 512,
                    minItems: 1,
                    'x-kubernetes-list-map-keys': ['network'],
                    'x-kubernetes-list-type': 'map',
                  }),
                ),
              }),
              { maxItems: 512, minItems: 1, 'x-kubernetes-list-map-keys': ['id'], 'x-kubernetes-list-type': 'map' },
            ),
          ),
          ipv6DHCP: Type.Optional(
            Type.Array(Ipv6AutomaticNetwork, {
              maxItems: 512,
              minItems: 1,
              'x-kubernetes-list-map-keys': ['id'],
              'x-kubernetes-list-type': 'map',
            }),
          ),
          ipv6SLAAC: Type.Optional(
            Type.Array(Ipv6AutomaticNetwork, {
              maxItems: 512,
              minItems: 1,
              'x-kubernetes-list-map-keys': ['id'],
              'x-kubernetes-list-type': 'map',
            }),
          ),
        }),
      ),
      services: Type.Optional(
        Type.Object({
          dns: Type.Optional(
            Type.Array(IpAddressText, { maxItems: 512, minItems: 1, 'x-kubernetes-list-type': 'set' }),
          ),
          dnsFromIPPool: Type.Optional(Type.String({ maxLength: 512, minLength: 1 })),
        }),
      ),
    }),
  ),
});
export type Metal3DataTemplateSpec = Static<typeof Metal3DataTemplateSpec>;

export const Metal3DataTemplateStatus = Type.Object({
  indexes: Type.Optional(
    Type.Array(
      Type.Object({
        index: Type.Integer({ format: 'int32', minimum: 0 }),
        name: Type.String({ maxLength: 512, minLength: 1 }),
      }),
      { maxItems: 512, minItems: 1, 'x-kubernetes-list-map-keys': ['index'], 'x-kubernetes-list-type': 'map' },
    ),
  ),
  lastUpdated: Type.Optional(timestamp()),
});
export type Metal3DataTemplateStatus = Static<typeof Metal3DataTemplateStatus>;
