/**
 * The kinds we know, field by field (see `fields.ts` for the notation and the three classes).
 *
 * Types as in k8s.io/api of Kubernetes 1.35. A field of these kinds that stands nowhere below could change the result, and is listed.
 */
import { compileFields, type FieldRule, type FieldTable } from './fields.ts';

const METADATA: FieldTable = {
  modelled: {
    string: 'metadata.name metadata.namespace metadata.generateName metadata.uid metadata.deletionTimestamp',
    map: 'metadata.labels metadata.annotations',
    any: 'metadata.ownerReferences',
    int: 'metadata.deletionGracePeriodSeconds',
  },
  noEffect: {
    string: 'metadata.creationTimestamp metadata.resourceVersion metadata.selfLink metadata.finalizers[]',
    any: 'metadata.managedFields',
    int: 'metadata.generation',
  },
};

const PROBE_HANDLERS = (probe: string) => `${probe}.httpGet ${probe}.exec ${probe}.tcpSocket ${probe}.grpc`;

/** Fields of a container, and of an init container. */
const CONTAINER: FieldTable = {
  modelled: {
    string: 'name ports[].name ports[].protocol env[].name env[].value restartPolicy',
    int: `ports[].containerPort readinessProbe.initialDelaySeconds readinessProbe.periodSeconds readinessProbe.successThreshold
      startupProbe.initialDelaySeconds startupProbe.periodSeconds startupProbe.successThreshold lifecycle.preStop.sleep.seconds`,
    quantity: 'resources.limits.cpu',
    any: 'lifecycle.preStop.exec',
  },
  noEffect: {
    string: 'image imagePullPolicy command[] args[] workingDir terminationMessagePath terminationMessagePolicy',
    bool: 'stdin stdinOnce tty',
    int: 'readinessProbe.timeoutSeconds readinessProbe.failureThreshold startupProbe.timeoutSeconds startupProbe.failureThreshold',
    quantity: 'resources.limits.memory resources.limits.ephemeral-storage',
    quantities: 'resources.requests',
    any: `volumeMounts volumeDevices securityContext resizePolicy resources.claims env[].valueFrom.fieldRef env[].valueFrom.resourceFieldRef
      env[].valueFrom.secretKeyRef ${PROBE_HANDLERS('readinessProbe')} ${PROBE_HANDLERS('startupProbe')}`,
  },
  couldMatter: {
    any: `livenessProbe envFrom env[].valueFrom.configMapKeyRef lifecycle.postStart lifecycle.preStop.httpGet lifecycle.preStop.tcpSocket`,
    int: 'ports[].hostPort',
    string: 'ports[].hostIP',
  },
};

const POD_SPEC: FieldTable = {
  modelled: {
    string: 'nodeName hostname subdomain',
    map: 'nodeSelector',
    bool: 'hostNetwork',
    int: 'terminationGracePeriodSeconds',
    any: 'tolerations',
    quantity: 'resources.limits.cpu',
  },
  noEffect: {
    string: 'restartPolicy dnsPolicy serviceAccountName serviceAccount schedulerName priorityClassName preemptionPolicy',
    bool: 'enableServiceLinks automountServiceAccountToken shareProcessNamespace hostPID hostIPC hostUsers setHostnameAsFQDN',
    int: 'priority',
    quantity: 'resources.limits.memory',
    quantities: 'resources.requests overhead',
    any: 'volumes imagePullSecrets securityContext ephemeralContainers os schedulingGates',
  },
  couldMatter: {
    string: 'runtimeClassName',
    int: 'activeDeadlineSeconds',
    any: 'affinity topologySpreadConstraints hostAliases dnsConfig readinessGates resourceClaims',
  },
};

const POD_TEMPLATE: FieldTable = {
  modelled: { map: 'metadata.labels metadata.annotations' },
  noEffect: { any: 'metadata.creationTimestamp metadata.name metadata.namespace metadata.finalizers metadata.generateName' },
};

const STATUS: FieldTable = { noEffect: { any: 'status' } };

/** A kind whose pods have their spec under `prefix`. */
function withPods(prefix: string, table: FieldTable, ...more: readonly FieldTable[]): FieldRule {
  return compileFields([
    { prefix: '', table: METADATA },
    { prefix: `${prefix}spec.`, table: POD_SPEC },
    { prefix: `${prefix}spec.containers[].`, table: CONTAINER },
    { prefix: `${prefix}spec.initContainers[].`, table: CONTAINER },
    ...(prefix === '' ? [] : [{ prefix, table: POD_TEMPLATE }]),
    ...[table, ...more].map((each) => ({ prefix: '', table: each })),
  ]);
}

function plain(...tables: readonly FieldTable[]): FieldRule {
  return compileFields([METADATA, ...tables].map((table) => ({ prefix: '', table })));
}

const SELECTOR = 'spec.selector.matchExpressions[].key spec.selector.matchExpressions[].operator spec.selector.matchExpressions[].values[]';

const DEPLOYMENT: FieldTable = {
  modelled: {
    int: 'spec.replicas spec.minReadySeconds',
    bool: 'spec.paused',
    map: 'spec.selector.matchLabels',
    string: `spec.strategy.type ${SELECTOR}`,
    intOrString: 'spec.strategy.rollingUpdate.maxSurge spec.strategy.rollingUpdate.maxUnavailable',
  },
  noEffect: { int: 'spec.revisionHistoryLimit spec.progressDeadlineSeconds' },
};

const REPLICA_SET: FieldTable = { modelled: { int: 'spec.replicas spec.minReadySeconds', map: 'spec.selector.matchLabels', string: SELECTOR } };

const REPLICATION_CONTROLLER: FieldTable = { modelled: { int: 'spec.replicas spec.minReadySeconds', map: 'spec.selector' } };

const STATEFUL_SET: FieldTable = {
  modelled: {
    int: 'spec.replicas spec.minReadySeconds spec.ordinals.start spec.updateStrategy.rollingUpdate.partition',
    map: 'spec.selector.matchLabels',
    string: `spec.serviceName spec.podManagementPolicy spec.updateStrategy.type ${SELECTOR}`,
  },
  noEffect: { int: 'spec.revisionHistoryLimit', any: 'spec.volumeClaimTemplates spec.persistentVolumeClaimRetentionPolicy' },
  couldMatter: { intOrString: 'spec.updateStrategy.rollingUpdate.maxUnavailable' },
};

const DAEMON_SET: FieldTable = {
  modelled: {
    int: 'spec.minReadySeconds',
    map: 'spec.selector.matchLabels',
    string: `spec.updateStrategy.type ${SELECTOR}`,
    intOrString: 'spec.updateStrategy.rollingUpdate.maxUnavailable',
  },
  noEffect: { int: 'spec.revisionHistoryLimit' },
  couldMatter: { intOrString: 'spec.updateStrategy.rollingUpdate.maxSurge' },
};

const POD: FieldTable = {
  modelled: { string: 'status.podIP status.phase', any: 'status.conditions' },
  noEffect: {
    any: `status.containerStatuses status.initContainerStatuses status.ephemeralContainerStatuses status.podIPs status.hostIP status.hostIPs status.qosClass
      status.startTime status.message status.reason status.nominatedNodeName status.observedGeneration status.resize`,
  },
};

const SERVICE: FieldTable = {
  modelled: {
    string: `spec.type spec.clusterIP spec.clusterIPs[] spec.externalName spec.sessionAffinity spec.loadBalancerIP spec.loadBalancerClass spec.ports[].name spec.ports[].protocol
      spec.externalTrafficPolicy spec.internalTrafficPolicy spec.externalIPs[] spec.loadBalancerSourceRanges[] spec.trafficDistribution`,
    int: 'spec.ports[].port spec.ports[].nodePort spec.healthCheckNodePort spec.sessionAffinityConfig.clientIP.timeoutSeconds',
    intOrString: 'spec.ports[].targetPort',
    map: 'spec.selector',
    bool: 'spec.publishNotReadyAddresses spec.allocateLoadBalancerNodePorts',
    any: 'status.loadBalancer',
  },
  noEffect: { string: 'spec.ipFamilies[] spec.ipFamilyPolicy spec.ports[].appProtocol', any: 'status.conditions' },
};

const ENDPOINT_SLICE: FieldTable = {
  modelled: {
    string: `addressType endpoints[].addresses[] endpoints[].hostname endpoints[].nodeName endpoints[].zone endpoints[].targetRef.kind
      endpoints[].targetRef.name endpoints[].targetRef.namespace endpoints[].hints.forZones[].name endpoints[].hints.forNodes[].name ports[].name ports[].protocol`,
    int: 'ports[].port',
    bool: 'endpoints[].conditions.ready endpoints[].conditions.serving endpoints[].conditions.terminating',
  },
  noEffect: { any: 'endpoints[].targetRef.uid endpoints[].targetRef.resourceVersion endpoints[].deprecatedTopology', string: 'ports[].appProtocol' },
};

const INGRESS_BACKEND = (at: string) => ({ name: `${at}.service.name ${at}.service.port.name`, number: `${at}.service.port.number`, other: `${at}.resource` });
const DEFAULT_BACKEND = INGRESS_BACKEND('spec.defaultBackend');
const PATH_BACKEND = INGRESS_BACKEND('spec.rules[].http.paths[].backend');

const INGRESS: FieldTable = {
  modelled: {
    string: `spec.ingressClassName spec.tls[].hosts[] spec.rules[].host spec.rules[].http.paths[].path spec.rules[].http.paths[].pathType
      ${DEFAULT_BACKEND.name} ${PATH_BACKEND.name}`,
    int: `${DEFAULT_BACKEND.number} ${PATH_BACKEND.number}`,
  },
  noEffect: { string: 'spec.tls[].secretName', any: 'status' },
  couldMatter: { any: `${DEFAULT_BACKEND.other} ${PATH_BACKEND.other}` },
};

const NODE: FieldTable = {
  modelled: {
    string: 'spec.podCIDR',
    bool: 'spec.unschedulable',
    any: 'spec.taints status.addresses status.conditions',
    quantity: 'status.capacity.cpu status.allocatable.cpu',
  },
  noEffect: {
    any: `spec.podCIDRs spec.providerID spec.configSource spec.externalID status.images status.nodeInfo status.daemonEndpoints status.volumesInUse
      status.volumesAttached status.runtimeHandlers status.features status.config status.phase status.declaredFeatures`,
    quantities: 'status.capacity status.allocatable',
  },
};

const HORIZONTAL_POD_AUTOSCALER: FieldTable = {
  modelled: { int: 'spec.minReplicas', string: 'spec.scaleTargetRef.apiVersion spec.scaleTargetRef.kind spec.scaleTargetRef.name' },
  couldMatter: { int: 'spec.maxReplicas spec.targetCPUUtilizationPercentage', any: 'spec.metrics spec.behavior' },
};

const KUBE_PROXY_CONFIGURATION: FieldTable = {
  modelled: {
    string: `mode ipvs.scheduler iptables.minSyncPeriod ipvs.minSyncPeriod nftables.minSyncPeriod conntrack.tcpEstablishedTimeout conntrack.udpTimeout
      conntrack.udpStreamTimeout`,
    int: 'conntrack.maxPerCore conntrack.min',
  },
  noEffect: {
    any: `clientConnection logging bindAddress bindAddressHardFail healthzBindAddress metricsBindAddress hostnameOverride oomScoreAdj portRange showHiddenMetricsForVersion
      enableProfiling clusterCIDR featureGates winkernel detectLocal detectLocalMode nodePortAddresses configSyncPeriod linux windows udpIdleTimeout
      iptables.masqueradeBit nftables.masqueradeBit iptables.syncPeriod ipvs.syncPeriod nftables.syncPeriod ipvs.strictARP`,
  },
  couldMatter: {
    bool: 'iptables.masqueradeAll nftables.masqueradeAll iptables.localhostNodePorts conntrack.tcpBeLiberal',
    string: 'conntrack.tcpCloseWaitTimeout ipvs.tcpTimeout ipvs.tcpFinTimeout ipvs.udpTimeout',
    any: 'ipvs.excludeCIDRs syncPeriod minSyncPeriod',
  },
};

/** `group/Kind` (core kinds: `/Kind`) → versions we read, and the fields. */
export const KINDS: ReadonlyMap<string, { readonly versions: readonly string[]; readonly fields: FieldRule }> = new Map([
  ['apps/Deployment', { versions: ['v1'], fields: withPods('spec.template.', DEPLOYMENT, STATUS) }],
  ['apps/ReplicaSet', { versions: ['v1'], fields: withPods('spec.template.', REPLICA_SET, STATUS) }],
  ['apps/StatefulSet', { versions: ['v1'], fields: withPods('spec.template.', STATEFUL_SET, STATUS) }],
  ['apps/DaemonSet', { versions: ['v1'], fields: withPods('spec.template.', DAEMON_SET, STATUS) }],
  ['/ReplicationController', { versions: ['v1'], fields: withPods('spec.template.', REPLICATION_CONTROLLER, STATUS) }],
  ['/Pod', { versions: ['v1'], fields: withPods('', POD) }],
  ['/Service', { versions: ['v1'], fields: plain(SERVICE) }],
  ['/Namespace', { versions: ['v1'], fields: plain(STATUS, { noEffect: { any: 'spec' } }) }],
  ['/Node', { versions: ['v1'], fields: plain(NODE) }],
  ['discovery.k8s.io/EndpointSlice', { versions: ['v1'], fields: plain(ENDPOINT_SLICE) }],
  ['networking.k8s.io/Ingress', { versions: ['v1'], fields: plain(INGRESS) }],
  ['networking.k8s.io/IngressClass', { versions: ['v1'], fields: plain({ modelled: { string: 'spec.controller' }, couldMatter: { any: 'spec.parameters' } }) }],
  ['autoscaling/HorizontalPodAutoscaler', { versions: ['v1', 'v2', 'v2beta2'], fields: plain(HORIZONTAL_POD_AUTOSCALER, STATUS) }],
  ['kubeproxy.config.k8s.io/KubeProxyConfiguration', { versions: ['v1alpha1'], fields: plain(KUBE_PROXY_CONFIGURATION) }],
]);

/** Kinds that carry no traffic and decide nothing about it; `group/Kind`, or `group/` for a whole group. */
export const KINDS_WITHOUT_EFFECT: ReadonlySet<string> = new Set([
  '/ConfigMap',
  '/Secret',
  '/ServiceAccount',
  '/Event',
  '/PersistentVolume',
  '/PersistentVolumeClaim',
  '/ResourceQuota',
  '/PodTemplate',
  '/ComponentStatus',
  'apps/ControllerRevision',
  'batch/Job',
  'batch/CronJob',
  'rbac.authorization.k8s.io/',
  'apiextensions.k8s.io/',
  'admissionregistration.k8s.io/',
  'apiregistration.k8s.io/',
  'storage.k8s.io/',
  'scheduling.k8s.io/',
  'coordination.k8s.io/',
  'certificates.k8s.io/',
  'events.k8s.io/',
  'metrics.k8s.io/',
  'cert-manager.io/',
  'monitoring.coreos.com/',
  'external-secrets.io/',
]);

/** Annotation → class, first match wins; whatever matches none has no effect. */
export const ANNOTATIONS: readonly { readonly pattern: RegExp; readonly class: 'modelled' | 'couldMatter' }[] = [
  { pattern: /^kubernetes\.io\/ingress\.class$|^ingressclass\.kubernetes\.io\/is-default-class$/, class: 'modelled' },
  {
    pattern: /^nginx\.ingress\.kubernetes\.io\/(affinity|affinity-mode|session-cookie-(name|path|max-age|expires|secure|samesite|change-on-failure))$/,
    class: 'modelled',
  },
  {
    pattern:
      /^(nginx\.ingress\.kubernetes\.io|nginx\.org|haproxy\.org|haproxy-ingress\.github\.io|traefik\.ingress\.kubernetes\.io|alb\.ingress\.kubernetes\.io)\//,
    class: 'couldMatter',
  },
  { pattern: /^service\.kubernetes\.io\/topology-(mode|aware-hints)$/, class: 'modelled' },
  { pattern: /^service\.(beta\.)?kubernetes\.io\//, class: 'couldMatter' },
  { pattern: /^(networking\.gke\.io|cloud\.google\.com|metallb\.(io|universe\.tf)|kube-vip\.io|io\.cilium|service\.cilium\.io)\//, class: 'couldMatter' },
  { pattern: /(^|\.)(istio\.io|linkerd\.io|consul\.hashicorp\.com)\//, class: 'couldMatter' },
];
