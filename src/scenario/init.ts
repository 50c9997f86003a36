/** The commented scenario that `evenkeel init` writes. */

/** @param name of the scenario; @param manifests a folder or file, relative to where the scenario will stand; @param target URL of the clients */
export function scenarioTemplate(name = 'my-scenario', manifests = './k8s/', target = 'http://my-service.default.svc.cluster.local/'): string {
  return `apiVersion: evenkeel.dev/v1alpha1
kind: Scenario
metadata:
  name: ${JSON.stringify(name)}
  description: What do I want to know?
spec:
  # Files, folders and globs, relative to this file. Your manifests stay as they are.
  manifests:
    - ${JSON.stringify(manifests)}

  run:
    duration: 10m # simulated time
    warmup: 1m # simulated, not measured
    seed: 1 # the same seed gives the same bytes
    replications: 20 # independent runs: intervals come from them

  cluster:
    nodes: { count: 3, zones: [a, b, c], cpu: 8 }
    kubeProxy: { mode: iptables } # iptables | ipvs: how your cluster chooses a pod for a connection

  # What the manifests cannot say. Everything left out is assumed, and listed with the result.
  workloads: {}
    # deployment/my-app:
    #   concurrency: 8                                      # requests one pod serves at once
    #   queue: { limit: 1024, discipline: fifo }            # then it rejects
    #   service: { law: lognormal, mean: 12ms, p99: 80ms }  # time a request takes without waiting
    #   calls: [ { target: "http://other-service:8080/" } ] # after its own service, in order

  clients:
    - name: client
      count: 50 # each with its own address and connections
      # from: external # where they are: external | vpc | deployment/NAME | node/NAME | { zones: { a: 60%, b: 40% } }
      target: ${JSON.stringify(target)}
      protocol: { type: http/1.1, keepAlive: on, connections: 1 }
      arrivals: { process: poisson, rate: 100/s } # of all clients together
      timeout: 5s

  # timeline:
  #   - { at: 5m, do: kubectl scale deployment/my-app --replicas=6, label: scale-up }

  thresholds:
    "request_duration{client=client}": ["p(99)<250ms"]
    request_failed: ["rate<0.1%"]
`;
}
