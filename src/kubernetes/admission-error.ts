/** What the API server says when it refuses an object, and the line kubectl makes of it. */

export type CauseType = 'Invalid value' | 'Required value' | 'Unsupported value' | 'Duplicate value' | 'Forbidden' | 'Internal error';

/** One reason for a refusal. */
export interface Cause {
  /** Path inside the object, e.g. `spec.ports[0].nodePort`. */
  readonly field: string;
  readonly type: CauseType;
  /** As the server prints it: texts in quotes, numbers plain; absent for Required and Forbidden. */
  readonly value?: string;
  readonly message: string;
}

export type RefusalReason = 'Invalid' | 'AlreadyExists' | 'NotFound' | 'BadRequest' | 'InternalError';

/** A refused write. `message` is the text kubectl would print. */
export class AdmissionError extends Error {
  readonly reason: RefusalReason;
  readonly causes: readonly Cause[];

  constructor(reason: RefusalReason, message: string, causes: readonly Cause[] = []) {
    super(message);
    this.name = 'AdmissionError';
    this.reason = reason;
    this.causes = causes;
  }
}

/** `The Service "x" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated`. */
export function invalid(kind: string, name: string, causes: readonly Cause[]): AdmissionError {
  const lines = causes.map(formatCause);
  const list = lines.length === 1 ? lines[0] : lines.map((line) => `\n* ${line}`).join('');
  return new AdmissionError('Invalid', `The ${kind} "${name}" is invalid: ${list}`, causes);
}

export function alreadyExists(kind: string, name: string): AdmissionError {
  return new AdmissionError('AlreadyExists', `Error from server (AlreadyExists): ${resourceName(kind)} "${name}" already exists`);
}

export function notFound(kind: string, name: string): AdmissionError {
  return new AdmissionError('NotFound', `Error from server (NotFound): ${resourceName(kind)} "${name}" not found`);
}

/** @param field where the user can do something about it; the server names none */
export function internalError(message: string, field = ''): AdmissionError {
  return new AdmissionError('InternalError', `Error from server (InternalError): Internal error occurred: ${message}`, [
    { field, type: 'Internal error', message },
  ]);
}

export function formatCause(cause: Cause): string {
  const value = cause.value === undefined ? '' : `: ${cause.value}`;
  const message = cause.message === '' ? '' : `: ${cause.message}`;
  return `${cause.field}: ${cause.type}${value}${message}`;
}

const API_GROUPS: Readonly<Record<string, string>> = {
  Deployment: 'apps',
  ReplicaSet: 'apps',
  StatefulSet: 'apps',
  DaemonSet: 'apps',
  Ingress: 'networking.k8s.io',
  IngressClass: 'networking.k8s.io',
  EndpointSlice: 'discovery.k8s.io',
};

/** Plural and API group as server messages write them: `deployments.apps`, `pods`. */
export function resourceName(kind: string): string {
  const lower = kind.toLowerCase();
  const plural = lower.endsWith('s') ? `${lower}es` : `${lower}s`;
  return API_GROUPS[kind] === undefined ? plural : `${plural}.${API_GROUPS[kind]}`;
}
