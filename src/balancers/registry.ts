/** All balancers: name → kind. A new data plane is one file and one line here. */
import { ideal } from './ideal.ts';
import { flowHash } from './l4/flow-hash.ts';
import { kubeProxyIptables } from './l4/kube-proxy-iptables.ts';
import { kubeProxyIpvs } from './l4/kube-proxy-ipvs.ts';
import { ingressNginx } from './l7/ingress-nginx.ts';

export const balancers = {
  ideal,
  'kube-proxy-iptables': kubeProxyIptables,
  'kube-proxy-ipvs': kubeProxyIpvs,
  'flow-hash': flowHash,
  'ingress-nginx': ingressNginx,
} as const;
