/**
 * The lab: four network namespaces around one node, wired as a cluster is.
 *
 *     clients ──192.168.50.0/24── node ──10.244.1.0/24── pods        endpoints, all behind one interface
 *     198.18.0.0/15               │ └────10.244.2.0/24── others      pods that are clients; one of them is an endpoint too
 *                                 └ sink                             all else that leaves the node: nobody answers
 *
 * Each namespace is anonymous and belongs to an agent process that began in it, so all of it goes when the processes go: on success, on
 * failure, on Ctrl-C, and when the suite is killed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

process.env.PATH += ':/usr/sbin:/sbin'; // where Debian keeps the tools, for users too
const AGENT = fileURLToPath(new URL('agent.mjs', import.meta.url));
/** No answer within this time is silence; a packet's way through the lab takes well under 1 ms. */
export const SILENCE_MS = 800;
const PARALLEL = 64;

export const NODE_ADDRESS = '192.168.50.1';
const CLIENTS_GATEWAY = '192.168.50.2';
const CLIENT_RANGE = '198.18.0.0/15';
export const POD_RANGE = '10.244.0.0/16';
export const SERVICE_RANGE = '10.96.0.0/16';
export const POD_PORT = 8080;
const POD_COUNT = 40;

export const podAddress = (i) => `10.244.1.${10 + i}`;
export const otherPodAddress = (i) => `10.244.2.${10 + i}`;
/** Addresses of clients outside the cluster, 0 … 131070. */
export const clientAddress = (i) => `198.${18 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;

/** Without root, all namespaces belong to a user namespace in which the user is root: where the system permits that, nothing else is missing. */
const IS_ROOT = process.getuid?.() === 0;
const FIRST = IS_ROOT ? ['unshare', '--net'] : ['unshare', '--user', '--map-root-user', '--net'];
const FURTHER = IS_ROOT ? () => FIRST : (first) => ['nsenter', '--target', `${first.pid}`, '--user', '--preserve-credentials', 'unshare', '--net'];

/** A process in a namespace of its own. */
class Agent {
  #child;
  #waiting = new Map();
  #lastId = 0;

  /** @param enter command that begins the namespace */
  constructor(name, enter) {
    this.name = name;
    this.#child = spawn(enter[0], [...enter.slice(1), process.execPath, AGENT], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdin.on('error', () => {});
    this.#child.on('exit', () => this.#lost());
    this.#child.on('error', () => this.#lost());
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { id, value, error } = JSON.parse(line);
      const { resolve, reject } = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) resolve(value);
      else reject(new Error(`${this.name}: ${error}`));
    });
  }

  get pid() {
    return this.#child.pid;
  }

  order(order, details) {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin.write(`${JSON.stringify({ id, order, ...details })}\n`);
    });
  }

  /** Runs a command that must succeed. @returns its stdout */
  async run(command, input) {
    const { status, stdout, stderr } = await this.order('run', { command, input });
    if (status !== 0) throw new Error(`${this.name}: ${command.join(' ')}: ${stderr.trim()}`);
    return stdout;
  }

  ip(...lines) {
    return this.run(['ip', '-batch', '-'], `${lines.join('\n')}\n`);
  }

  /**
   * Opens one flow per source, each `[address, port]` (no port: any).
   * @param target `{ protocol, to, port, hold }`
   * @param inOrder one after the other, so that the kernel sees them in this order
   */
  connectAll(sources, target, { inOrder = false } = {}) {
    return this.order('connectAll', { flows: sources, ...target, parallel: inOrder ? 1 : PARALLEL, timeoutMs: SILENCE_MS });
  }

  async connect(from, target) {
    return (await this.connectAll([typeof from === 'string' ? [from] : from], target))[0];
  }

  say(handle) {
    return this.order('say', { handle, timeoutMs: SILENCE_MS });
  }

  /** Ends a held flow with a reset (TCP), or just so (UDP). */
  close(handle) {
    return this.order('close', { handle });
  }

  /** Ends a held TCP flow in good order. */
  goodbye(handle) {
    return this.order('end', { handle });
  }

  leave() {
    this.#child.stdin.end();
  }

  #lost() {
    for (const { reject } of this.#waiting.values()) reject(new Error(`${this.name}: its process has ended`));
    this.#waiting.clear();
  }
}

/** Why there can be no lab here, in one line; '' when there can. */
export function whyNoLab() {
  if (process.platform !== 'linux') return 'no Linux';
  for (const tool of ['unshare', 'ip', 'sysctl']) if (!hasTool(tool)) return `no ${tool}`;
  const [command, ...args] = FIRST;
  const { status, stderr } = spawnSync(command, [...args, 'sysctl', '-qw', 'net.ipv4.ip_forward=1'], { encoding: 'utf8' });
  return status === 0 ? '' : `no network namespace of its own: ${stderr.trim()}`;
}

export function hasTool(tool) {
  const { error } = spawnSync(tool, ['--version'], { stdio: 'ignore' });
  return error === undefined;
}

export class Lab {
  /** @returns a lab that is to be ended */
  static async open() {
    const node = new Agent('node', FIRST);
    await node.run(['true']); // it is in its namespace
    const [clients, pods, others] = ['clients', 'pods', 'others'].map((name) => new Agent(name, FURTHER(node)));
    const lab = new Lab(node, clients, pods, others);
    try {
      await lab.#wire();
      return lab;
    } catch (error) {
      lab.end();
      throw error;
    }
  }

  constructor(node, clients, pods, others) {
    Object.assign(this, { node, clients, pods, others });
  }

  async #wire() {
    const { node, clients, pods, others } = this;
    for (const agent of this.#agents()) await agent.run(['sysctl', '-qw', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.default.rp_filter=0']);
    await node.run(['sysctl', '-qw', 'net.ipv4.ip_forward=1']);
    await node.ip(
      'link set lo up',
      'link add sink type veth peer name drain',
      `link add clients type veth peer name eth0 netns ${clients.pid}`,
      `link add pods type veth peer name eth0 netns ${pods.pid}`,
      `link add others type veth peer name eth0 netns ${others.pid}`,
      `address add ${NODE_ADDRESS}/24 dev clients`,
      'address add 10.244.1.1/24 dev pods',
      'address add 10.244.2.1/24 dev others',
      'link set clients up',
      'link set pods up',
      'link set others up',
      'link set sink up arp off',
      'link set drain up',
      `route add ${CLIENT_RANGE} via ${CLIENTS_GATEWAY}`,
      'route add default dev sink', // what the node does not take for a Service ends here, in silence
    );
    await clients.ip(
      'link set lo up',
      `address add ${CLIENTS_GATEWAY}/24 dev eth0`,
      'link set eth0 up',
      `route add default via ${NODE_ADDRESS}`,
      `route add local ${CLIENT_RANGE} dev lo`, // every address of the range is this namespace's own
    );
    const podAddresses = Array.from({ length: POD_COUNT }, (_, i) => podAddress(i));
    const otherAddresses = Array.from({ length: POD_COUNT }, (_, i) => otherPodAddress(i));
    await pods.ip('link set lo up', ...podAddresses.map((a) => `address add ${a}/24 dev eth0`), 'link set eth0 up', 'route add default via 10.244.1.1');
    await others.ip('link set lo up', ...otherAddresses.map((a) => `address add ${a}/24 dev eth0`), 'link set eth0 up', 'route add default via 10.244.2.1');
    await pods.order('serve', { addresses: podAddresses, port: POD_PORT });
    await others.order('serve', { addresses: otherAddresses, port: POD_PORT });
  }

  #agents() {
    return [this.node, this.clients, this.pods, this.others];
  }

  end() {
    for (const agent of this.#agents()) agent.leave();
  }
}
