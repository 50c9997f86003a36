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
  readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid?: string; readonly controller?: boolean }[];
}
