/**
 * The random chain that kube-proxy writes, to the last bit: what text it prints, and what the kernel makes of it.
 *
 *     rule 0: 1/n ─no─► rule 1: 1/(n−1) ─no─► … ─no─► rule n−1: always
 *
 * Source: Kubernetes `pkg/proxy/iptables/proxier.go` `computeProbability`; Linux `net/netfilter/xt_statistic.c`.
 */

const KERNEL_STEPS = 2147483648; // xt_statistic compares 31 random bits

/** The probability as printed for a rule that n endpoints reach, e.g. `0.3333333333`. `decimals` was 5 before Kubernetes 1.17. */
export function probabilityText(n: number, decimals = 10): string {
  return (1 / n).toFixed(decimals);
}

/** What the kernel draws by: round(2^31 × printed) ÷ 2^31. The rule for a single endpoint has no draw. */
export function kernelProbability(n: number): number {
  return n === 1 ? 1 : Math.round(KERNEL_STEPS * Number(probabilityText(n))) / KERNEL_STEPS;
}

/** How likely each place in a chain of n rules is: P(i) = q(n − i) × Π over j < i of (1 − q(n − j)). */
export function chainProbabilities(n: number, rule: (remaining: number) => number = kernelProbability): number[] {
  let reached = 1;
  return Array.from({ length: n }, (_, i) => {
    const q = rule(n - i);
    const probability = reached * q;
    reached *= 1 - q;
    return probability;
  });
}
