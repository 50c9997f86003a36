/** The part of the Kubernetes API that evenkeel models, as objects come from YAML, and where they came from. */

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  // biome-ignore lint/suspicious/noExplicitAny: narrowed by the typed views in this file
  readonly spec?: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly status?: any;
  /** `file:line:column` of the document; set by the reader, never serialised. */
  readonly origin?: string;
  // biome-ignore lint/suspicious/noExplicitAny: kinds without spec (IngressClass has one; ConfigMap has data; EndpointSlice has endpoints)
  readonly [field: string]: any;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generateName?: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly creationTimestamp?: string;
  readonly generation?: number;
  readonly ownerReferences?: readonly {
    readonly apiVersion?: string;
    readonly kind: string;
    readonly name: string;
    readonly uid?: string;
    readonly controller?: boolean;
  }[];
}

export type Labels = Readonly<Record<string, string>>;

/** `apps/v1` selectors; ReplicationController and Service use plain `Labels` instead. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
}

export interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  readonly protocol?: string;
}

export interface Probe {
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly successThreshold?: number;
}

export interface Container {
  readonly name: string;
  readonly ports?: readonly ContainerPort[];
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number }; readonly exec?: { readonly command?: readonly string[] } } };
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly value?: string;
  readonly effect?: string;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  /** Native sidecars carry `restartPolicy: Always` here, and may own named ports. */
  readonly initContainers?: readonly (Container & { readonly restartPolicy?: string })[];
  readonly nodeName?: string;
  readonly nodeSelector?: Labels;
  readonly tolerations?: readonly Toleration[];
  readonly hostNetwork?: boolean;
  readonly hostname?: string;
  readonly subdomain?: string;
  readonly terminationGracePeriodSeconds?: number;
}

export interface PodTemplate {
  readonly metadata?: { readonly labels?: Labels; readonly annotations?: Labels };
  readonly spec: PodSpec;
}

export interface PodCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface PodStatus {
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  readonly podIP?: string;
  readonly conditions?: readonly PodCondition[];
  /** Simulated time of the last change to Ready [ns]; absent for pods that came Ready out of a dump. Ours, not in the API. */
  readonly readySinceNs?: number;
}

export interface Pod extends KubernetesObject {
  readonly kind: 'Pod';
  readonly spec: PodSpec;
  readonly status?: PodStatus;
}

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

export interface NodeObject extends KubernetesObject {
  readonly kind: 'Node';
  readonly spec: { readonly podCIDR?: string; readonly unschedulable?: boolean; readonly taints?: readonly Taint[] };
  readonly status: {
    readonly addresses: readonly { readonly type: string; readonly address: string }[];
    readonly capacity?: Labels;
    readonly allocatable?: Labels;
    readonly conditions?: readonly PodCondition[];
  };
}

export interface ServicePort {
  readonly name?: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
  readonly targetPort: number | string;
  readonly nodePort?: number;
}

/** As it stands in the store: defaulted and with its addresses given out. */
export interface Service extends KubernetesObject {
  readonly kind: 'Service';
  readonly spec: {
    readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
    readonly selector?: Labels;
    readonly ports?: readonly ServicePort[];
    /** `None` for headless Services; absent for ExternalName. */
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly externalIPs?: readonly string[];
    readonly externalName?: string;
    readonly sessionAffinity?: 'None' | 'ClientIP';
    readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } };
    readonly externalTrafficPolicy?: 'Cluster' | 'Local';
    readonly internalTrafficPolicy?: 'Cluster' | 'Local';
    readonly trafficDistribution?: 'PreferClose' | 'PreferSameZone' | 'PreferSameNode';
    /** Node port that answers health checks; LoadBalancer with externalTrafficPolicy Local only. */
    readonly healthCheckNodePort?: number;
    readonly loadBalancerSourceRanges?: readonly string[];
    readonly publishNotReadyAddresses?: boolean;
    readonly allocateLoadBalancerNodePorts?: boolean;
    readonly loadBalancerIP?: string;
    readonly loadBalancerClass?: string;
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] } };
}

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly zone?: string;
  readonly hints?: { readonly forZones?: readonly { readonly name: string }[]; readonly forNodes?: readonly { readonly name: string }[] };
  readonly targetRef?: { readonly kind: string; readonly name: string; readonly namespace?: string };
}

export interface SlicePort {
  readonly name?: string;
  readonly port?: number;
  readonly protocol?: string;
}

export interface EndpointSlice extends KubernetesObject {
  readonly kind: 'EndpointSlice';
  readonly addressType: string;
  readonly endpoints: readonly SliceEndpoint[];
  readonly ports: readonly SlicePort[];
}

interface PodOwnerSpec {
  readonly replicas?: number;
  readonly minReadySeconds?: number;
  readonly selector: LabelSelector;
  readonly template: PodTemplate;
}

interface ReplicaStatus {
  readonly replicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly updatedReplicas?: number;
}

/** A count, or a share of the replicas such as `25%`. */
export type IntOrPercent = number | string;

export interface Deployment extends KubernetesObject {
  readonly kind: 'Deployment';
  readonly spec: PodOwnerSpec & {
    readonly replicas: number;
    readonly paused?: boolean;
    readonly strategy?: { readonly type?: string; readonly rollingUpdate?: { readonly maxSurge?: IntOrPercent; readonly maxUnavailable?: IntOrPercent } };
  };
  readonly status?: ReplicaStatus;
}

export interface ReplicaSet extends KubernetesObject {
  readonly kind: 'ReplicaSet';
  readonly spec: PodOwnerSpec & { readonly replicas: number };
  readonly status?: ReplicaStatus;
}

export interface ReplicationController extends KubernetesObject {
  readonly kind: 'ReplicationController';
  readonly spec: Omit<PodOwnerSpec, 'selector'> & { readonly replicas: number; readonly selector: Labels };
  readonly status?: ReplicaStatus;
}

export interface StatefulSet extends KubernetesObject {
  readonly kind: 'StatefulSet';
  readonly spec: PodOwnerSpec & {
    readonly replicas: number;
    readonly serviceName?: string;
    readonly podManagementPolicy?: string;
    readonly ordinals?: { readonly start?: number };
    readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } };
  };
  readonly status?: ReplicaStatus;
}

export interface DaemonSet extends KubernetesObject {
  readonly kind: 'DaemonSet';
  readonly spec: PodOwnerSpec & {
    readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly maxUnavailable?: IntOrPercent } };
  };
  readonly status?: { readonly desiredNumberScheduled?: number; readonly numberReady?: number };
}

/** A Service port as an Ingress names it. */
export interface IngressBackend {
  readonly service?: { readonly name: string; readonly port?: { readonly number?: number; readonly name?: string } };
}

export interface Ingress extends KubernetesObject {
  readonly kind: 'Ingress';
  readonly spec: {
    readonly ingressClassName?: string;
    readonly defaultBackend?: IngressBackend;
    readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secretName?: string }[];
    readonly rules?: readonly {
      readonly host?: string;
      readonly http?: { readonly paths: readonly { readonly path?: string; readonly pathType?: string; readonly backend: IngressBackend }[] };
    }[];
  };
}

export interface IngressClass extends KubernetesObject {
  readonly kind: 'IngressClass';
  readonly spec?: { readonly controller?: string };
}

export interface Namespace extends KubernetesObject {
  readonly kind: 'Namespace';
}

/** Every kind the store holds, and its typed view. */
export interface ObjectsByKind {
  Namespace: Namespace;
  Node: NodeObject;
  Pod: Pod;
  Service: Service;
  EndpointSlice: EndpointSlice;
  Deployment: Deployment;
  ReplicaSet: ReplicaSet;
  ReplicationController: ReplicationController;
  StatefulSet: StatefulSet;
  DaemonSet: DaemonSet;
  Ingress: Ingress;
  IngressClass: IngressClass;
}

export type Kind = keyof ObjectsByKind;
