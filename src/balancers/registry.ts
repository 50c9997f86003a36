/** All balancers: name → kind. A new data plane is one file and one line here. */
import { ideal } from './ideal.ts';
import { kubeProxyIptables } from './l4/kube-proxy-iptables.ts';
import { kubeProxyIpvs } from './l4/kube-proxy-ipvs.ts';

export const balancers = {
  ideal,
  'kube-proxy-iptables': kubeProxyIptables,
  'kube-proxy-ipvs': kubeProxyIpvs,
} as const;
