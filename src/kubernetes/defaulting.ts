/**
 * What the API server fills in: the fields that the model reads, never the others.
 * Source: kubernetes/kubernetes pkg/apis/{core,apps}/v1/defaults.go.
 */
import type { Deployment, KubernetesObject, PodSpec, PodTemplate, Service, ServicePort } from './objects.ts';

const CLUSTER_SCOPED = new Set(['Node', 'Namespace', 'IngressClass']);

/** Seconds that ClientIP affinity lasts when nobody says otherwise. */
const DEFAULT_AFFINITY_SECONDS = 10_800;

/** The object with its defaults; a new object, the given one stays as it is. */
export function withDefaults<T extends KubernetesObject>(object: T): T {
  const placed: T = { ...object, metadata: { ...object.metadata, namespace: namespaceOf(object) } };
  const fill = DEFAULTS[object.kind];
  return fill === undefined ? placed : (fill(placed) as T);
}

/** `''` for cluster-scoped kinds. */
export function namespaceOf(object: KubernetesObject): string {
  return CLUSTER_SCOPED.has(object.kind) ? '' : object.metadata.namespace || 'default';
}

export function isClusterScoped(kind: string): boolean {
  return CLUSTER_SCOPED.has(kind);
}

const DEFAULTS: Readonly<Record<string, (object: KubernetesObject) => KubernetesObject>> = {
  Service: (object) => defaultService(object as Service),
  Deployment: (object) => defaultDeployment(object as Deployment),
  ReplicaSet: defaultPodOwner,
  ReplicationController: defaultReplicationController,
  StatefulSet: defaultPodOwner,
  DaemonSet: (object) => withSpec(object, { selector: selectorOf(object) }),
  Pod: (object) => withSpec(object, { ...defaultPodSpec(object.spec as PodSpec) }),
  EndpointSlice: (object) => ({
    ...object,
    endpoints: object.endpoints ?? [],
    ports: (object.ports ?? []).map((port: ServicePort) => ({ ...port, name: port.name ?? '', protocol: port.protocol ?? 'TCP' })),
  }),
};

function withSpec(object: KubernetesObject, fields: Readonly<Record<string, unknown>>): KubernetesObject {
  return { ...object, spec: { ...object.spec, ...fields } };
}

function defaultService(service: Service): Service {
  const spec = service.spec ?? {};
  const type = spec.type || 'ClusterIP';
  const isExternal = type === 'NodePort' || type === 'LoadBalancer';
  const sessionAffinity = spec.sessionAffinity || 'None';
  return {
    ...service,
    spec: {
      ...spec,
      type,
      ports: spec.ports?.map(defaultServicePort),
      // A dump and `helm template` may carry only the list.
      clusterIP: spec.clusterIP || spec.clusterIPs?.[0],
      sessionAffinity,
      ...(sessionAffinity === 'ClientIP' && { sessionAffinityConfig: defaultAffinity(spec.sessionAffinityConfig) }),
      internalTrafficPolicy: type === 'ExternalName' ? spec.internalTrafficPolicy : (spec.internalTrafficPolicy ?? 'Cluster'),
      ...(isExternal && { externalTrafficPolicy: spec.externalTrafficPolicy || 'Cluster' }),
      ...(type === 'LoadBalancer' && { allocateLoadBalancerNodePorts: spec.allocateLoadBalancerNodePorts ?? true }),
    },
  };
}

function defaultServicePort(port: ServicePort): ServicePort {
  return { ...port, name: port.name ?? '', protocol: port.protocol || 'TCP', targetPort: port.targetPort || port.port };
}

function defaultAffinity(config: Service['spec']['sessionAffinityConfig']): Service['spec']['sessionAffinityConfig'] {
  return { clientIP: { timeoutSeconds: config?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS } };
}

function defaultDeployment(deployment: Deployment): KubernetesObject {
  const { strategy } = deployment.spec ?? {};
  const type = strategy?.type || 'RollingUpdate';
  const rollingUpdate = { maxSurge: strategy?.rollingUpdate?.maxSurge ?? '25%', maxUnavailable: strategy?.rollingUpdate?.maxUnavailable ?? '25%' };
  return withSpec(defaultPodOwner(deployment), { strategy: type === 'RollingUpdate' ? { ...strategy, type, rollingUpdate } : { ...strategy, type } });
}

function defaultPodOwner(object: KubernetesObject): KubernetesObject {
  return withSpec(object, { replicas: object.spec?.replicas ?? 1, selector: selectorOf(object) });
}

/** apps/v1 demands a selector; the beta versions that old manifests still use took it from the template. */
function selectorOf(object: KubernetesObject): unknown {
  const { selector, template } = object.spec ?? {};
  if (selector !== undefined || object.apiVersion === 'apps/v1') return selector;
  return { matchLabels: (template as PodTemplate | undefined)?.metadata?.labels };
}

function defaultReplicationController(object: KubernetesObject): KubernetesObject {
  const { replicas, selector, template } = object.spec ?? {};
  return withSpec(object, { replicas: replicas ?? 1, selector: selector ?? template?.metadata?.labels });
}

/** Seconds between SIGTERM and SIGKILL unless written. */
const DEFAULT_GRACE_SECONDS = 30;

function defaultPodSpec(spec: PodSpec): PodSpec {
  return { ...spec, terminationGracePeriodSeconds: spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS };
}
