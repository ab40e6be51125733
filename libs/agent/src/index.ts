/** The protocol of ironic-python-agent: its commands, and the messages it sends. */
export {
  type AboutNode,
  type AgentAddress,
  type AgentCall,
  type AgentClient,
  agentClients,
  type Agents,
  type StepKind,
} from './client.ts';
export { AgentError, type AgentErrorKind } from './errors.ts';
export { commandOf, failureText, offeredSteps, stepOf, stepOfResult } from './parse.ts';
export type {
  AgentCommand,
  AgentStep,
  CommandStatus,
  HeartbeatBody,
  ImageInfo,
  InspectedDisk,
  InspectedInterface,
  InspectionPayload,
  Inventory,
  LookupConfig,
  OfferedSteps,
} from './protocol.ts';
