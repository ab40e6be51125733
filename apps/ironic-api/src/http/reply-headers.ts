import type { FastifyReply } from 'fastify';
import { maximumMinor, minimumMinor } from './microversion.ts';

const minimum = `1.${minimumMinor}`;
const maximum = `1.${maximumMinor}`;

/** The versions that are spoken, for a reply to a version that is not. */
export function setVersionRange(reply: FastifyReply): void {
  reply
    .header('x-openstack-ironic-api-minimum-version', minimum)
    .header('x-openstack-ironic-api-maximum-version', maximum);
}

/** The three headers of every reply below /v1. */
export function setVersionHeaders(reply: FastifyReply, minor: number): void {
  setVersionRange(reply);
  reply.header('x-openstack-ironic-api-version', `1.${minor}`);
}

/** Under both names that OpenStack clients look for. */
export function setRequestId(reply: FastifyReply, requestId: string): void {
  reply.header('openstack-request-id', requestId).header('x-openstack-request-id', requestId);
}
