/** All balancers: name → kind. A new data plane is one file and one line here. */
import { ideal } from './ideal.ts';
import { azure } from './l4/azure.ts';
import { ciliumDatapath } from './l4/cilium-datapath.ts';
import { ciliumSocket } from './l4/cilium-socket.ts';
import { flowHash } from './l4/flow-hash.ts';
import { gcp } from './l4/gcp.ts';
import { kubeProxyIptables } from './l4/kube-proxy-iptables.ts';
import { kubeProxyIpvs } from './l4/kube-proxy-ipvs.ts';
import { kubeProxyNftables } from './l4/kube-proxy-nftables.ts';
import { kubeProxyUserspace } from './l4/kube-proxy-userspace.ts';
import { metallbBgp } from './l4/metallb-bgp.ts';
import { metallbL2 } from './l4/metallb-l2.ts';
import { nlb } from './l4/nlb.ts';
import { servicelb } from './l4/servicelb.ts';
import { ingressNginx } from './l7/ingress-nginx.ts';

export const balancers = {
  ideal,
  'kube-proxy-iptables': kubeProxyIptables,
  'kube-proxy-nftables': kubeProxyNftables,
  'kube-proxy-ipvs': kubeProxyIpvs,
  'kube-proxy-userspace': kubeProxyUserspace,
  'cilium-socket': ciliumSocket,
  'cilium-datapath': ciliumDatapath,
  'flow-hash': flowHash,
  nlb,
  gcp,
  azure,
  'metallb-l2': metallbL2,
  'metallb-bgp': metallbBgp,
  servicelb,
  'ingress-nginx': ingressNginx,
} as const;
