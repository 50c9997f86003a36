/** `evenkeel init`: a scenario to start from, that names the workloads and Services of the user's manifests. */
import { writeAtomic } from '../../experiments/files.ts';
import type { FlagValues } from '../commands.ts';
import { DONE } from '../exit-codes.ts';
import { listFlag, textFlag } from '../flags.ts';
import { writeOut } from '../terminal.ts';

export async function init(operands: readonly string[], flags: FlagValues): Promise<number> {
  const text = template([...operands, ...listFlag(flags, 'filename')]);
  const out = textFlag(flags, 'out');
  await (out === undefined ? writeOut(text) : writeAtomic(out, text));
  return DONE;
}

function template(manifests: readonly string[]): string {
  const list = manifests.length === 0 ? ['./k8s/'] : manifests;
  return `# yaml-language-server: $schema=./scenario.schema.json   (evenkeel schema > scenario.schema.json)
# evenkeel run THIS_FILE            simulates it
# evenkeel validate THIS_FILE       shows what will be built, and what is not modelled
apiVersion: evenkeel.dev/v1alpha1
kind: Scenario
metadata:
  name: my-service
  description: How even is the load, and what is the p99?
spec:
  manifests: ${JSON.stringify(list)}
  run: { duration: 5m, warmup: 30s, seed: 1, replications: 20 }
  cluster:
    nodes: { count: 3 }
    kubeProxy: { mode: iptables }         # as in your cluster: kubectl -n kube-system get configmap kube-proxy -o yaml
  workloads:
    deployment/web:                       # one entry for each workload that you know something about
      concurrency: 8                      # requests that a pod serves at once
      service: { law: lognormal, mean: 12ms, p99: 80ms }
  clients:
    - name: users
      count: 50
      target: http://web.default.svc.cluster.local/
      protocol: { type: http/1.1, keepAlive: on }
      arrivals: { process: poisson, rate: 200/s }
      timeout: 1s
  thresholds:
    "request_duration{client=users}": ["p(99)<250ms"]
    "request_failed": ["rate<0.1%"]
`;
}
