/** The node's connection tracking, as `conntrack` shows it. */
import { hasTool } from './lab.mjs';

export class NodeConntrack {
  #node;

  constructor(node) {
    this.#node = node;
  }

  /** Why it cannot work here; '' when it can. */
  static async whyNot(node) {
    if (!hasTool('conntrack')) return 'no conntrack';
    const { status, stderr } = await node.order('run', { command: ['conntrack', '-L'] });
    return status === 0 ? '' : stderr.trim().split('\n')[0];
  }

  static async version(node) {
    return (await node.run(['conntrack', '--version'])).trim();
  }

  /** The entries of flows from an address. @returns {Promise<{ state: string, seconds: number }[]>} `seconds` until they are forgotten */
  async entries(protocol, address) {
    const listed = await this.#node.run(['conntrack', '-L', '-p', protocol, '--orig-src', address]);
    return [...listed.matchAll(/^\S+\s+\d+\s+(\d+)\s+([A-Z_]*)/gm)].map(([, seconds, state]) => ({ state, seconds: Number(seconds) }));
  }

  /** Deletes the entries of a Service's UDP flows, as kube-proxy does. */
  async flush({ protocol, clusterIp, port }) {
    await this.#node.run(['conntrack', '-D', '-p', protocol, '--orig-dst', clusterIp, '--dport', `${port}`]);
  }
}
