/**
 * The model's side: a balancer of this project that lives through the same flows at the same times as the kernel.
 *
 * Where the model draws, it is given what the kernel drew; all else is its own. So each flow is a question with one answer: may the kernel
 * do what it did, and must it? After it both remember the same, and the next flow can ask again.
 */
import { balancers, createExplanation, createFlow, DROP, READY, REJECT, SERVING } from '../dist/balancers/index.js';
import { endpointName } from './services.mjs';

/** What a client sees of a refusal. */
const SEEN = { [REJECT]: 'refused', [DROP]: 'silence' };
const PROTOCOLS = { tcp: 6, udp: 17 };

/** A stream that leads to one place among `count`, however the balancer asks. */
class Script {
  position = 0;
  count = 1;

  integer(count) {
    if (count !== this.count) throw new Error(`the model draws among ${count}, the kernel among ${this.count}`);
    return this.position;
  }

  /** In the middle of the draws that lead there. */
  bits() {
    return Math.floor(((this.position + 0.5) / this.count) * 4294967296) | 0;
  }
}

export class ModelPlane {
  #script = new Script();
  #nowNs = 0;
  #balancer;
  #names = [];
  #service;

  /** @param kind name in the registry @param service the Service port as the rules were written from it */
  constructor(kind, service) {
    this.#service = service;
    const place = { node: 0, zone: 0, now: () => this.#nowNs, random: this.#script, timer: () => {}, truth: { inSystem: [], workNs: [] } };
    this.#balancer = balancers[kind].create({ affinityTimeoutNs: service.affinitySeconds * 1e9 }, place);
    this.update(service.endpoints);
  }

  /** As kube-proxy's sync: the order is the string order of the names. Ids are by name, so an endpoint that comes back is the same. */
  update(endpoints) {
    this.#names = endpoints.map(endpointName);
    const size = endpoints.length;
    this.#balancer.update({
      count: size,
      id: Int32Array.from(endpoints, idOf),
      name: this.#names,
      weight: new Float64Array(size).fill(1),
      node: new Int32Array(size).fill(-1),
      zone: new Int32Array(size).fill(-1),
      conditions: new Uint8Array(size).fill(READY | SERVING),
    });
  }

  /** The law for a client at a time [ns]: `name → probability`, and what it sees if it is refused. */
  law(address, atNs) {
    this.#nowNs = atNs;
    const out = createExplanation();
    this.#balancer.explain(this.#flow(address), out);
    const probabilities = new Map(out.candidates.map(({ endpoint, probability }) => [nameOf(endpoint), probability]));
    return { probabilities, refusal: out.refusal === 0 ? '' : SEEN[out.refusal], isRemembered: out.remembered !== null };
  }

  /**
   * Lives through a flow of the kernel. @param chosen `ip:port` that the kernel chose; '' = the flow was refused
   * @returns what the model chose: the same, or a text that says what it did instead
   */
  follow(address, atNs, chosen) {
    this.#nowNs = atNs;
    this.#script.position = this.#names.indexOf(chosen);
    this.#script.count = this.#names.length;
    const picked = this.#balancer.pick(this.#flow(address));
    return picked < 0 ? SEEN[picked] : nameOf(picked);
  }

  #flow(address) {
    const flow = createFlow();
    flow.sourceAddress = numberOf(address);
    flow.sourcePort = 40000;
    flow.destinationAddress = numberOf(this.#service.clusterIp);
    flow.destinationPort = this.#service.port;
    flow.protocol = PROTOCOLS[this.#service.protocol];
    return flow;
  }
}

const numberOf = (address) => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
/** Third and fourth byte of the pod's address: unique in the lab. */
const idOf = ({ ip }) => numberOf(ip) & 0xffff;
const nameOf = (id) => `10.244.${id >> 8}.${id & 255}:8080`;

/** What a client saw, in the model's words: the endpoint's name, or how it was refused. */
export const seenBy = (result) => (result.outcome === 'open' ? `${result.server}:${result.serverPort}` : result.outcome);
