/** One request's way as text: a paragraph a hop, then the tables of the balancers that it met. */
import { printable } from '../errors.ts';
import type { Hop, PlaneTable, TraceAnswer } from '../explain/index.ts';
import type { ClientPlace } from '../scenario/index.ts';
import { formatTable, wrap } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Rows of candidates shown; the JSON form has all. */
const MOST_CANDIDATES = 10;
const WIDTH = 80;
const TITLES: Readonly<Record<Hop['kind'], string>> = { dns: 'name', lb: 'load balancer', l4: 'connection', l7: 'request', pod: 'pod' };

export interface TraceHeading {
  readonly from: ClientPlace;
  readonly method: string;
  readonly seed: string;
  /** Nobody named kube-proxy's mode. */
  readonly isPlaneAssumed: boolean;
}

export function printTrace(answer: TraceAnswer, heading: TraceHeading, terminal: Terminal): string {
  const { hops, tables = [] } = answer;
  const usesProxy = hops.some((hop) => hop.kind === 'l4' && hop.plane !== null);
  return [
    `${terminal.paint.strong(`${/^(tcp|udp|sctp):/.test(answer.url) ? '' : `${heading.method} `}${printable(answer.url)}`)} from ${placeText(heading.from)}, seed ${printable(heading.seed)}\n`,
    ...hops.map((hop, i) => hopText(hop, i + 1, terminal)),
    resultText(answer, terminal),
    usesProxy && heading.isPlaneAssumed ? wrap(`kube-proxy's mode is assumed: --kube-proxy iptables chooses at random instead`, '') : '',
    ...tables.map(tableText),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function placeText(from: ClientPlace): string {
  switch (from.type) {
    case 'external':
      return 'outside';
    case 'vpc':
      return 'the network around the cluster';
    case 'node':
      return from.node;
    case 'workload':
      return `a pod of ${from.workload}`;
    case 'nodes':
      return 'a node of the cluster';
    case 'zones':
      return 'a node of the first zone';
  }
}

function hopText(hop: Hop, number: number, terminal: Terminal): string {
  const where = [hop.plane, hop.node === null ? null : `on ${hop.node}`].filter((part) => part !== null).join(' ');
  const title = `${number}. ${TITLES[hop.kind]}${where === '' ? '' : ` · ${where}`}`;
  const isChoice = hop.candidates.length > 1;
  return [
    `${terminal.paint.strong(printable(title))}\n`,
    wrap(printable(hop.rule), '   '),
    hop.passed === undefined ? '' : wrap(printable(`through ${hop.passed.join(' → ')}`), '   '),
    isChoice ? candidatesText(hop) : onlyText(hop),
    rememberedText(hop),
  ].join('');
}

function onlyText({ candidates, picked, kind }: Hop): string {
  const only = candidates.find(({ endpoint }) => endpoint === picked);
  if (only === undefined || kind === 'dns') return '';
  return wrap([`to ${only.endpoint}`, only.pod, only.node].filter((part) => part !== null).join(', '), '   ');
}

function candidatesText({ candidates, picked }: Hop): string {
  const isShown = (endpoint: string, i: number) => i < MOST_CANDIDATES || endpoint === picked;
  const shown = candidates.filter(({ endpoint }, i) => isShown(endpoint, i));
  const rows = shown.map(({ endpoint, pod, node, probability }) => [endpoint === picked ? '>' : '', percent(probability), endpoint, pod ?? '', node ?? '']);
  const columns = [
    { title: '', align: 'left' as const },
    { title: 'CHANCE', align: 'right' as const },
    { title: 'ENDPOINT', align: 'left' as const },
    { title: 'POD', align: 'left' as const, shrinkTo: 16 },
    { title: 'NODE', align: 'left' as const },
  ];
  const rest = candidates.length - shown.length;
  return `${formatTable(columns, rows, WIDTH, '   ')}${rest > 0 ? `   and ${rest} more\n` : ''}`;
}

function rememberedText({ keeps, remembered }: Hop): string {
  const lines: string[] = keeps === undefined ? [] : [keeps];
  if (remembered !== null) {
    const { key, endpoint, until, cookie } = remembered;
    const end = until === null ? 'as long as it sends the cookie' : `until ${until} s after its last connection`;
    lines.push(`affinity: ${cookie === undefined ? key : `the session ${key}`} is kept on ${endpoint}, ${end}`);
    if (cookie !== undefined) lines.push(`the answer sets the cookie ${cookie}`);
  }
  return lines.map((line) => wrap(printable(line), '   ')).join('');
}

function resultText({ outcome, status, grpcStatus, service, pod, forwarded, source }: TraceAnswer, terminal: Terminal): string {
  const isGood = outcome === 'ok' && (status ?? 200) < 400;
  const codes = [status === null ? '' : ` ${status}`, grpcStatus === null ? '' : ` grpc-status ${grpcStatus}`].join('');
  const by = pod !== null ? `, answered by ${pod}` : outcome === 'ok' ? ', answered by the proxy itself' : '';
  const result = outcome === 'ok' && !isGood ? codes.trim() : `${outcome}${codes}`; // a proxy's own 404 is no success
  const text = printable(`${result}${by}${service === null ? '' : `, Service ${service}`}`);
  const head = wrap(`${isGood ? terminal.marks.good : terminal.marks.bad} ${text}`, '');
  if (forwarded === null) return source === null ? head : `${head}${wrap(printable(`the pod sees a connection from ${source}`), '  ')}`;
  const headers = Object.entries(forwarded.headers).map(([name, value]) => wrap(printable(`${name}: ${value}`), '  '));
  return [head, wrap(printable(`the pod sees ${forwarded.host}${forwarded.path} from ${source}`), '  '), ...headers].join('');
}

function tableText({ plane, node, service, note, rows, without }: PlaneTable): string {
  const isChain = rows.some((row) => row.kernel !== undefined);
  const hasEntries = rows.some((row) => row.entries !== undefined);
  const cells = rows.map((row) => [
    String(row.position),
    row.endpoint,
    row.pod ?? '',
    ...(isChain ? [row.printed ?? 'always', row.kernel === undefined ? '' : row.kernel.toFixed(12)] : []),
    ...(hasEntries ? [String(row.entries)] : []),
    percent(row.share),
    ...(without === undefined ? [] : [percent(row.shareWithout ?? 0)]),
  ]);
  const columns = [
    { title: '#', align: 'right' as const },
    { title: 'ENDPOINT', align: 'left' as const },
    { title: 'POD', align: 'left' as const, shrinkTo: 12 },
    ...(isChain
      ? [
          { title: 'PRINTED', align: 'left' as const },
          { title: 'KERNEL', align: 'left' as const },
        ]
      : []),
    ...(hasEntries ? [{ title: 'SLOTS', align: 'right' as const }] : []),
    { title: 'SHARE', align: 'right' as const },
    ...(without === undefined ? [] : [{ title: 'WITHOUT', align: 'right' as const }]),
  ];
  const title = `TABLE of ${service}, ${plane}${node === null ? '' : ` on ${node}`}: ${note}`;
  const moves = without === undefined ? '' : wrap(printable(`without ${without.pod} moves ${without.moves}`), '  ');
  return `${wrap(printable(title), '')}${formatTable(
    columns,
    cells.map((row) => row.map(printable)),
    WIDTH,
    '  ',
  )}${moves}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}
