/**
 * What lives in one network namespace of the lab: runs commands there, serves as pods, connects as clients.
 *
 * One JSON order a line on stdin, `{ id, order, … }`; one answer a line on stdout, `{ id, value }` or `{ id, error }`.
 * The namespace lives as long as this process, and this process as long as its stdin is open: however the suite ends, nothing is left.
 *
 * A server answers each message, and over TCP each new connection, with a line: its own address and port, and those of the peer it sees.
 */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { connect as connectTcp, createServer } from 'node:net';
import { createInterface } from 'node:readline';

const OUTCOMES = { ECONNREFUSED: 'refused', ECONNRESET: 'reset', EHOSTUNREACH: 'unreachable', ENETUNREACH: 'unreachable' };
const held = new Map();
let lastHandle = 0;

/** Monotonic, and the same clock in every process of the machine [ns]. */
const now = () => Number(process.hrtime.bigint());

/** Runs a command to its end. */
function run({ command, input = '' }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
    child.stdin.on('error', () => {}); // a command that does not read its input
    child.stdin.end(input);
  });
}

/** Serves TCP and UDP on a port of each address. */
async function serve({ addresses, port }) {
  for (const address of addresses) {
    const server = createServer((socket) => {
      const line = `${socket.localAddress} ${socket.localPort} ${socket.remoteAddress} ${socket.remotePort}\n`;
      socket.on('error', () => {}); // clients end with a reset
      socket.on('data', () => socket.write(line));
      socket.write(line);
    });
    const datagrams = createSocket('udp4');
    datagrams.on('message', (_message, peer) => datagrams.send(`${address} ${port} ${peer.address} ${peer.port}\n`, peer.port, peer.address));
    await Promise.all([
      new Promise((resolve) => server.listen({ host: address, port, backlog: 1024 }, resolve)),
      new Promise((resolve) => datagrams.bind(port, address, resolve)),
    ]);
  }
}

/** @returns {{ server, serverPort, peer, peerPort }} what a server's line says */
function readLine(line) {
  const [server, serverPort, peer, peerPort] = line.toString().trim().split(' ');
  return { server, serverPort: Number(serverPort), peer, peerPort: Number(peerPort) };
}

/**
 * One flow: connects, waits for the server's line, ends with a reset (nothing lingers in TIME_WAIT) or is held under a handle.
 * `begun` and `ended` bracket the moment at which the kernel saw its first packet.
 */
function connect({ protocol, from, fromPort, to, port, hold = false }, timeoutMs) {
  const begun = now();
  const flow = protocol === 'udp' ? new UdpFlow(from, fromPort, to, port) : new TcpFlow(from, fromPort, to, port);
  return flow.answer(timeoutMs).then((answer) => {
    const result = { ...answer, begun, ended: now() };
    if (!hold || answer.outcome !== 'open') {
      flow.close();
      return result;
    }
    held.set(++lastHandle, flow);
    return { ...result, handle: lastHandle };
  });
}

/** What both kinds of flow share: an answer is the next line, the first error, or silence. */
class Flow {
  settle = () => {};

  answer(timeoutMs) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.settle({ outcome: 'silence' }), timeoutMs);
      this.settle = (answer) => {
        clearTimeout(timer);
        this.settle = () => {};
        resolve(answer);
      };
    });
  }

  heard(line) {
    this.settle({ outcome: 'open', ...readLine(line) });
  }

  failed(error) {
    this.settle({ outcome: OUTCOMES[error.code] ?? error.code });
  }
}

class TcpFlow extends Flow {
  constructor(from, fromPort, to, port) {
    super();
    this.socket = connectTcp({ host: to, port, localAddress: from, localPort: fromPort });
    this.socket.on('data', (line) => this.heard(line));
    this.socket.on('error', (error) => this.failed(error));
    this.socket.on('close', () => this.settle({ outcome: 'closed' }));
  }

  say() {
    this.socket.write('?');
  }

  close() {
    this.socket.resetAndDestroy();
  }

  /** Says goodbye, and waits until the other side has. */
  end() {
    return new Promise((resolve) => this.socket.once('close', () => resolve()).end());
  }
}

class UdpFlow extends Flow {
  constructor(from, fromPort, to, port) {
    super();
    this.socket = createSocket('udp4');
    this.socket.on('message', (line) => this.heard(line));
    this.socket.on('error', (error) => this.failed(error));
    this.socket.bind({ address: from, port: fromPort, exclusive: true }, () => this.socket.connect(port, to, () => this.say()));
  }

  say() {
    this.socket.send('?', (error) => {
      if (error) this.failed(error);
    });
  }

  close() {
    this.socket.close();
  }
}

/** Opens all flows, `parallel` at a time; with 1 the order is the kernel's order too. `flows` are [from, fromPort] where the rest is shared. */
async function connectAll({ flows, parallel, timeoutMs, ...shared }) {
  const results = new Array(flows.length);
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < flows.length; i = next++) {
      const [from, fromPort] = flows[i];
      results[i] = await connect({ ...shared, from, fromPort }, timeoutMs);
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, flows.length) }, worker));
  return results;
}

/** Sends a message on a held flow and waits for the answer. */
function say({ handle, timeoutMs }) {
  const flow = held.get(handle);
  const answer = flow.answer(timeoutMs);
  flow.say();
  return answer;
}

function close({ handle }) {
  held.get(handle).close();
  held.delete(handle);
}

/** Ends a held TCP flow in good order. */
async function end({ handle }) {
  await held.get(handle).end();
  held.delete(handle);
}

const ORDERS = { run, serve, connectAll, say, close, end };

createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const { id, order, ...details } = JSON.parse(line);
    try {
      process.stdout.write(`${JSON.stringify({ id, value: (await ORDERS[order](details)) ?? null })}\n`);
    } catch (error) {
      process.stdout.write(`${JSON.stringify({ id, error: error.message })}\n`);
    }
  })
  .on('close', () => process.exit());
