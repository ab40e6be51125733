import { Type, type Static } from '../../schema.ts';
import { AnnotationSource, PoolReference } from './references.ts';
import { Ipv4Address, Ipv6Address } from '../../shapes.ts';

export const LinkMac = Type.Object({
  fromAnnotation: Type.Optional(AnnotationSource),
  fromHostInterface: Type.Optional(Type.String({ maxLength: 512, minLength: 1 })),
  string: Type.Optional(Type.String({ maxLength: 512, minLength: 1 })),
});
export type LinkMac = Static<typeof LinkMac>;

export const Ipv4Gateway = Type.Object({
  fromIPPool: Type.Optional(Type.String({ maxLength: 512, minLength: 1 })),
  fromPoolAnnotation: Type.Optional(AnnotationSource),
  fromPoolRef: Type.Optional(PoolReference),
  string: Type.Optional(Ipv4Address),
});
export type Ipv4Gateway = Static<typeof Ipv4Gateway>;

export const Ipv4Services = Type.Object({
  dns: Type.Optional(Type.Array(Ipv4Address, { maxItems: 512, minItems: 1, 'x-kubernetes-list-type': 'set' })),
  dnsFromIPPool: Type.Optional(Type.String({ maxLength: 512, minLength: 1 })),
});
export type Ipv4Services = Static<typeof Ipv4Services>;

export const Ipv4Route = Type.Object({
  gateway: Ipv4Gateway,
  network: Ipv4Address,
  prefix: Type.Optional(Type.Integer({ format: 'int32', maximum: 32, minimum: 0 })),
  services: Type.Optional(Ipv4Services),
});
export type Ipv4Route = Static<typeof Ipv4Route>;

export const Ipv6Gateway = Type.Object({
  fromIPPool: Type.Optional(Type.String({ maxLength: 512, minLength: 1 })),
  fromPoolAnnotation: Type.Optional(AnnotationSource),
  fromPoolRef: Type.Optional(PoolReference),
  string: Type.Optional(Ipv6Address),
});
export type Ipv6Gateway = Static<typeof Ipv6Gateway>;

export const Ipv6Services = Type.Object({
  dns: Type.Optional(Type.Array(Ipv6Address, { maxItems: 512, minItems: 1, 'x-kubernetes-list-type': 'set' })),
  dnsFromIPPool: Type.Optional(Type.String({ maxLength: 512, minLength: 1 })),
});
export type Ipv6Services = Static<typeof Ipv6Services>;

export const Ipv6Route = Type.Object({
  gateway: Ipv6Gateway,
  network: Ipv6Address,
  prefix: Type.Optional(Type.Integer({ format: 'int32', maximum: 128, minimum: 0 })),
  services: Type.Optional(Ipv6Services),
});
export type Ipv6Route = Static<typeof Ipv6Route>;

export const Ipv6AutomaticNetwork = Type.Object({
  id: Type.String({ maxLength: 512, minLength: 1 }),
  link: Type.String({ maxLength: 512, minLength: 1 }),
  routes: Type.Optional(
    Type.Array(Ipv6Route, {
      maxItems: 512,
      minItems: 1,
      'x-kubernetes-list-map-keys': ['network'],
      'x-kubernetes-list-type': 'map',
    }),
  ),
});
export type Ipv6AutomaticNetwork = Static<typeof Ipv6AutomaticNetwork>;
