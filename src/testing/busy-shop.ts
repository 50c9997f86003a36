/** A small shop in which everything happens that a result must not depend on: for tests of determinism. */

function workload(name: string, replicas: number, service: string): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      containers:
        - { name: ${name}, image: "${name}:1", ports: [ { name: http, containerPort: 8080 } ], readinessProbe: { httpGet: { port: http }, periodSeconds: 2 } }
---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [ { port: 80, targetPort: http } ], ${service} }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny-${name} }
spec: { podSelector: {} }
`;
}

/** A NodePort Service with ClientIP affinity, and an Ingress for it with cookie affinity. */
export const CART = `${workload('cart', 4, 'type: NodePort, sessionAffinity: ClientIP')}---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations: { nginx.ingress.kubernetes.io/affinity: cookie }
spec:
  ingressClassName: nginx
  rules: [ { host: shop.example, http: { paths: [ { path: /, pathType: Prefix, backend: { service: { name: cart, port: { number: 80 } } } } ] } } ]
`;

/** A LoadBalancer Service. */
export const ORDER = workload('order', 3, 'type: LoadBalancer');

/** The scenario; `MANIFESTS` stands for the list of manifests. */
export const SCENARIO = `
apiVersion: evenkeel.dev/v1alpha1
kind: Scenario
metadata: { name: busy-shop }
spec:
  manifests: MANIFESTS
  run: { duration: 20s, warmup: 2s, replications: 4, gracefulStop: 2s }
  cluster: { nodes: { count: 3, zones: [a, b] }, kubeProxy: { mode: iptables } }
  workloads:
    deployment/cart:
      concurrency: 2
      queue: { limit: 8, timeout: 500ms, patience: { law: exponential, mean: 300ms } }
      service: { law: lognormal, mean: 20ms, p99: 90ms }
      server: { maxConnectionAge: 3s, keepAliveTimeout: 1s, cancel: onDisconnect }
      calls: [ { target: "http://order/", probability: 0.5, timeout: 200ms }, { parallel: [ { target: "http://order/a", optional: true }, { target: "http://order/b" } ] } ]
    deployment/order: { concurrency: 3, queue: { limit: none, discipline: ps }, service: { law: hyperexponential, mean: 5ms, cv: 3 } }
  clients:
    - { name: inside, count: 9, target: "http://cart/", arrivals: { rate: 60/s }, timeout: 300ms, sources: { addresses: 5, nat: { groups: 3, skew: 1 } } }
    - { name: pods, count: 6, from: deployment/order, target: "http://cart/", protocol: { keepAlive: off }, arrivals: { process: uniform, rate: 20/s } }
    - { name: browsers, count: 12, target: "http://shop.example/", popularity: { skew: 1 }, arrivals: { shape: [ { stages: [ { duration: 10s, target: 60/s } ] } ] } }
    - { name: callers, count: 4, target: "grpc://order:80/", protocol: { type: grpc }, balancer: { plane: ideal, policy: power_of_choices }, arrivals: { rate: 40/s } }
    - { name: users, target: "http://order/", closedLoop: { users: 5, thinkTime: { law: exponential, mean: 100ms } } }
  timeline:
    - { at: 5s, do: kubectl scale deployment/cart --replicas=6 }
    - { at: 8s, do: kubectl rollout restart deployment/order }
    - { at: 12s, do: kubectl scale deployment/cart --replicas=2 }
  thresholds:
    "request_duration{client=users}": [ "p(90)<10s" ]
    "pod_load{service=default/cart, since=12s}": [ "jain>=0" ]
`;
