/**
 * kubectl lines of a scenario's timeline, read as kubectl reads them: words as a shell splits them, flags anywhere, short names of kinds.
 * Only what moves traffic is known; everything else is refused by name.
 */
import type { Kind, LabelSelector } from './objects.ts';

/** The objects a line speaks of: by name, or by selector (then `names` is empty). */
export interface KubectlTarget {
  readonly kind: Kind;
  readonly namespace: string;
  readonly names: readonly string[];
  /** `null` when names are given; `{}` is `--all`. */
  readonly selector: LabelSelector | null;
}

export type KubectlCommand =
  | (KubectlTarget & { readonly verb: 'scale'; readonly replicas: number })
  | (KubectlTarget & { readonly verb: 'delete' })
  | (KubectlTarget & { readonly verb: 'rollout restart' })
  /** `null` removes the label. */
  | (KubectlTarget & { readonly verb: 'label'; readonly labels: Readonly<Record<string, string | null>>; readonly overwrite: boolean });

export type KubectlParsed = { readonly command: KubectlCommand } | { readonly problem: string; readonly hint: string };

type Verb = KubectlCommand['verb'];

const USAGE =
  'kubectl scale deployment/x --replicas=N, kubectl delete pod NAME | -l app=x, kubectl rollout restart deployment/x, kubectl label pod NAME key=value key-';

const KINDS: Readonly<Record<string, Kind>> = {
  po: 'Pod',
  pod: 'Pod',
  deploy: 'Deployment',
  deployment: 'Deployment',
  rs: 'ReplicaSet',
  replicaset: 'ReplicaSet',
  rc: 'ReplicationController',
  replicationcontroller: 'ReplicationController',
  sts: 'StatefulSet',
  statefulset: 'StatefulSet',
  ds: 'DaemonSet',
  daemonset: 'DaemonSet',
  svc: 'Service',
  service: 'Service',
};

const KINDS_OF_VERB: Readonly<Record<Verb, readonly Kind[]>> = {
  scale: ['Deployment', 'ReplicaSet', 'StatefulSet', 'ReplicationController'],
  delete: ['Pod', 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'ReplicationController', 'Service'],
  'rollout restart': ['Deployment', 'StatefulSet', 'DaemonSet'],
  label: ['Pod'],
};

const FLAGS_OF_VERB: Readonly<Record<Verb, readonly string[]>> = {
  scale: ['--namespace', '--selector', '--replicas'],
  delete: ['--namespace', '--selector', '--all'],
  'rollout restart': ['--namespace', '--selector'],
  label: ['--namespace', '--selector', '--all', '--overwrite'],
};

const SHORT_FLAGS: Readonly<Record<string, string>> = { '-n': '--namespace', '-l': '--selector' };
const SWITCHES = new Set(['--all', '--overwrite']);

/** Thrown inside this file only, so that parsing reads straight down. */
class Refusal extends Error {
  readonly hint: string;
  constructor(problem: string, hint: string) {
    super(problem);
    this.hint = hint;
  }
}

/** Reads one line, with or without the leading `kubectl`. Whether the objects exist is seen when it is run. */
export function parseKubectl(line: string): KubectlParsed {
  try {
    return { command: parse(shellWords(line)) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { problem: error.message, hint: error.hint };
  }
}

function parse(words: readonly string[]): KubectlCommand {
  const [verb, rest] = takeVerb(words[0] === 'kubectl' ? words.slice(1) : words);
  const { flags, args } = takeFlags(verb, rest);
  const isLabelChange = (arg: string, i: number) => verb === 'label' && i > 0 && (arg.includes('=') || arg.endsWith('-'));
  const target = takeTarget(
    verb,
    args.filter((arg, i) => !isLabelChange(arg, i)),
    flags,
  );
  if (verb === 'scale') return { verb, ...target, replicas: takeReplicas(flags.get('--replicas')) };
  if (verb === 'label') return { verb, ...target, labels: takeLabels(args.filter(isLabelChange)), overwrite: flags.has('--overwrite') };
  return { verb, ...target };
}

function takeVerb(words: readonly string[]): [verb: Verb, rest: readonly string[]] {
  const [verb = '', second = ''] = words;
  if (verb === 'scale' || verb === 'delete' || verb === 'label') return [verb, words.slice(1)];
  if (verb === 'rollout' && second === 'restart') return ['rollout restart', words.slice(2)];
  throw new Refusal(
    verb === '' ? 'no kubectl command' : `unknown kubectl command "${verb === 'rollout' ? `rollout ${second}`.trim() : verb}"`,
    `known: ${USAGE}`,
  );
}

function takeFlags(verb: Verb, words: readonly string[]): { readonly flags: ReadonlyMap<string, string>; readonly args: readonly string[] } {
  const flags = new Map<string, string>();
  const args: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (!word.startsWith('-') || word === '-') {
      args.push(word);
      continue;
    }
    const [, flag, attached] = /^(--[^=]*|-[a-zA-Z])=?(.*)$/s.exec(word) ?? ['', word, ''];
    const name = SHORT_FLAGS[flag] ?? flag;
    if (!FLAGS_OF_VERB[verb].includes(name)) throw new Refusal(`unknown flag "${flag}" of kubectl ${verb}`, `known: ${FLAGS_OF_VERB[verb].join(', ')}`);
    const hasValue = word.length > flag.length;
    if (SWITCHES.has(name)) {
      if (hasValue && attached !== 'true') throw new Refusal(`${flag} is a switch, not "${attached}"`, `leave it out or write ${flag}`);
      flags.set(name, 'true');
    } else if (hasValue) flags.set(name, attached);
    else if (i + 1 < words.length) flags.set(name, words[++i]);
    else throw new Refusal(`flag needs an argument: ${flag}`, `write ${flag}=VALUE`);
  }
  return { flags, args };
}

function takeTarget(verb: Verb, args: readonly string[], flags: ReadonlyMap<string, string>): KubectlTarget {
  const isSlashed = args[0]?.includes('/');
  const pairs = isSlashed ? args.map(splitPair) : args.slice(1).map((name): [string, string] => [args[0], name]);
  const kinds = [...new Set((pairs.length > 0 ? pairs.map(([type]) => type) : args.slice(0, 1)).map((type) => kindOf(verb, type)))];
  if (kinds.length === 0) throw new Refusal(`kubectl ${verb} needs to know what`, `known: ${USAGE}`);
  if (kinds.length > 1) throw new Refusal(`kubectl ${verb} of several kinds at once`, 'write one line for each kind');
  const selectorText = flags.get('--selector');
  const selector = flags.has('--all') ? {} : selectorText === undefined ? null : parseSelector(selectorText);
  const names = pairs.map(([, name]) => name);
  if (names.length > 0 && selector !== null) throw new Refusal('names cannot be given together with a selector', 'write either names or -l key=value');
  if (names.length === 0 && selector === null) throw new Refusal(`kubectl ${verb} ${args[0]} needs a name`, `write ${args[0]}/NAME or -l key=value`);
  return { kind: kinds[0], namespace: flags.get('--namespace') ?? 'default', names, selector };
}

function splitPair(word: string): [type: string, name: string] {
  const [type, name, ...rest] = word.split('/');
  if (!name || rest.length > 0)
    throw new Refusal(`arguments in resource/name form must have a single resource and name, not "${word}"`, 'e.g. deployment/checkout');
  return [type, name];
}

function kindOf(verb: Verb, type: string): Kind {
  const word = type.toLowerCase().replace(/\.(apps|v1)(\..*)?$/, '');
  const kind = KINDS[word] ?? KINDS[word.replace(/s$/, '')];
  if (kind !== undefined && KINDS_OF_VERB[verb].includes(kind)) return kind;
  throw new Refusal(`kubectl ${verb} does not work on "${type}"`, `it works on ${KINDS_OF_VERB[verb].map((known) => known.toLowerCase()).join(', ')}`);
}

/** More pods than any cluster holds: a slip of the finger, not a plan. */
const MOST_REPLICAS = 100_000;

function takeReplicas(text: string | undefined): number {
  if (text === undefined || !/^\d+$/.test(text)) {
    throw new Refusal(
      'The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0',
      'e.g. kubectl scale deployment/checkout --replicas=10',
    );
  }
  if (Number(text) > MOST_REPLICAS) throw new Refusal(`--replicas=${text} is too many`, `at most ${MOST_REPLICAS}`);
  return Number(text);
}

const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

function takeLabels(changes: readonly string[]): Readonly<Record<string, string | null>> {
  if (changes.length === 0) throw new Refusal('at least one label update is required', 'e.g. kubectl label pod NAME app=canary, or app- to remove it');
  return Object.fromEntries(
    changes.map((change) => {
      const equals = change.indexOf('=');
      const key = equals < 0 ? change.slice(0, -1) : change.slice(0, equals);
      const value = equals < 0 ? null : change.slice(equals + 1);
      if (!LABEL_KEY.test(key) || key === '__proto__') throw new Refusal(`invalid label key "${key}"`, 'letters, digits, - _ . and an optional DNS prefix/');
      if (value !== null && !LABEL_VALUE.test(value))
        throw new Refusal(`invalid label value "${value}"`, 'at most 63 letters, digits, - _ . that begin and end with a letter or digit');
      return [key, value];
    }),
  );
}

/** Equality selectors: `a=b`, `a==b`, `a!=b`, `a`, `!a`, joined by commas. */
export function parseSelector(text: string): LabelSelector {
  const matchLabels: Record<string, string> = {};
  const matchExpressions = text.split(',').flatMap((part) => {
    const [, not, key, operator, value = ''] = /^\s*(!?)([^\s!=()]+)\s*(?:(==?|!=)\s*([^\s!=()]*))?\s*$/.exec(part) ?? [];
    if (key === undefined || (not && operator) || !LABEL_KEY.test(key))
      throw new Refusal(`cannot read the selector "${text}"`, 'write key=value, key!=value, key or !key, joined by commas');
    if (operator === '!=') return [{ key, operator: 'NotIn', values: [value] }];
    if (operator === undefined) return [{ key, operator: not ? 'DoesNotExist' : 'Exists' }];
    matchLabels[key] = value;
    return [];
  });
  return { matchLabels, matchExpressions };
}

/** Words as a POSIX shell splits them: quotes and backslashes; nothing is expanded. */
export function shellWords(line: string): readonly string[] {
  const words: string[] = [];
  const pattern = /\s*((?:[^\s'"\\]|'[^']*'|"(?:[^"\\]|\\.)*"|\\.)+)/gsy;
  const text = line.trimEnd();
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) throw new Refusal('a quote is not closed', 'close it, or write \\ before it');
    words.push(unquote(match[1]));
  }
  return words;
}

function unquote(word: string): string {
  return word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/gs, (_, single, double, escaped) => single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped);
}
