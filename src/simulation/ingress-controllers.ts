/**
 * Which workloads are ingress controllers, which Ingress objects they serve, and the Service in front of them.
 *
 * A controller is known by its image. When manifests have Ingress objects and no controller, one is assumed, with a Service of type
 * LoadBalancer, as ingress-nginx's own manifests have it (deploy/static/provider/cloud).
 */
import type { Cluster, Deployment, Ingress, KubernetesObject, Service } from '../kubernetes/index.ts';
import type { ClusterSpec, WorkloadSpec } from '../scenario/scenario.ts';
import { workloadKey } from '../scenario/scenario.ts';

const NAMESPACE = 'ingress-nginx';
const NAME = 'ingress-nginx-controller';
const CONTROLLER = 'k8s.io/ingress-nginx';
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class';
const IMAGE = /ingress-nginx\/controller|nginx-ingress-controller/;

/** True for objects whose pods run ingress-nginx. */
export function isController(object: KubernetesObject): boolean {
  const containers: readonly { readonly image?: string }[] = object.spec?.template?.spec?.containers ?? [];
  return Array.isArray(containers) && containers.some((container) => IMAGE.test(String(container?.image ?? '')));
}

/** The objects with a controller added, if Ingress objects need one and there is none. */
export function withController(objects: readonly KubernetesObject[], cluster: ClusterSpec): { objects: readonly KubernetesObject[]; isAssumed: boolean } {
  const needed = objects.some((object) => object.kind === 'Ingress');
  if (!needed || objects.some(isController)) return { objects, isAssumed: false };
  const labels = { 'app.kubernetes.io/name': 'ingress-nginx', 'app.kubernetes.io/component': 'controller' };
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: NAME, namespace: NAMESPACE, labels },
    spec: {
      replicas: cluster.ingress.replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: 'controller',
              image: 'registry.k8s.io/ingress-nginx/controller',
              ports: [
                { name: 'http', containerPort: 80 },
                { name: 'https', containerPort: 443 },
              ],
            },
          ],
        },
      },
    },
  };
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: NAME, namespace: NAMESPACE },
    spec: {
      type: 'LoadBalancer',
      selector: labels,
      ports: [
        { name: 'http', port: 80, targetPort: 'http' },
        { name: 'https', port: 443, targetPort: 'https' },
      ],
    },
  };
  return { objects: [...objects, deployment, service], isAssumed: true };
}

/** What the pods of a controller are, unless the scenario says otherwise: a proxy that holds connections, not a server of slots. */
export function controllerWorkload(name: string = NAME, namespace: string = NAMESPACE): WorkloadSpec {
  return {
    key: workloadKey('deployment', name, namespace),
    kind: 'Deployment',
    name,
    namespace,
    concurrency: 16384, // worker_connections of ingress-nginx
    queue: { limit: 0, discipline: 'fifo', timeoutNs: 0, patience: null },
    service: { default: { law: 'constant', value: 100e-6 }, byRoute: [] },
    cpuLimit: null,
    speed: [1],
    weight: [1],
    server: {
      protocol: 'http/2',
      maxConnectionAge: null,
      maxConnectionAgeJitter: 0,
      maxConnectionAgeGraceNs: 0,
      keepAliveTimeoutNs: 75e9, // ingress-nginx keep-alive
      maxRequestsPerConnection: 1000, // keep-alive-requests
      cancel: 'never',
      sigterm: 'drain',
    },
    calls: [],
    holdWhileCalling: true,
    lifecycle: { readinessDelayNs: 0, readinessPeriodNs: 0, preStopNs: 0, gracePeriodNs: 300e9, minReadyNs: 0 },
  };
}

/** The Services that lead to a controller's pods. */
export function servicesInFront(cluster: Cluster, deployment: Deployment): readonly Service[] {
  const labels = deployment.spec.template.metadata?.labels ?? {};
  const namespace = deployment.metadata.namespace ?? 'default';
  return cluster.list('Service', namespace).filter((service) => {
    const selector = Object.entries(service.spec.selector ?? {});
    return service.spec.type !== 'ClusterIP' && selector.length > 0 && selector.every(([key, value]) => labels[key] === value);
  });
}

/** Ingress objects that a controller of ingress-nginx serves, oldest first. An Ingress without a class is taken to be of the default class. */
export function ingressesServed(cluster: Cluster, className: string): readonly Ingress[] {
  const classes = new Set(
    cluster
      .list('IngressClass')
      .filter((ingressClass) => ingressClass.spec?.controller === CONTROLLER)
      .map((ingressClass) => ingressClass.metadata.name),
  );
  classes.add(className);
  return cluster.list('Ingress').filter((ingress) => {
    const named = ingress.spec.ingressClassName ?? ingress.metadata.annotations?.[CLASS_ANNOTATION];
    return named === undefined || classes.has(named);
  });
}

/** True when one of the Ingress objects names the host, exactly or by a wildcard of one label. */
export function namesHost(ingresses: readonly Ingress[], host: string): boolean {
  const wanted = host.toLowerCase().replace(/\.$/, '');
  const dot = wanted.indexOf('.');
  const wildcard = dot < 0 ? '' : `*${wanted.slice(dot)}`;
  return ingresses.some((ingress) =>
    (ingress.spec.rules ?? []).some((rule) => rule.host !== undefined && [wanted, wildcard].includes(rule.host.toLowerCase())),
  );
}
