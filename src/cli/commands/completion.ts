/** `evenkeel completion SHELL`: scripts made from the command table, so that they cannot fall behind it. */
import { ScenarioError } from '../../errors.ts';
import { COMMANDS, type Flag } from '../commands.ts';
import { DONE } from '../exit-codes.ts';
import { writeOut } from '../terminal.ts';

const SCRIPTS: Readonly<Record<string, () => string>> = { bash, zsh, fish };

export async function completion(operands: readonly string[]): Promise<number> {
  const [shell = ''] = operands;
  const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (script === undefined) throw new ScenarioError([{ where: 'completion', problem: 'unknown shell', value: shell, hint: Object.keys(SCRIPTS).join(', ') }]);
  await writeOut(script());
  return DONE;
}

const VERBS = COMMANDS.map((command) => command.name).join(' ');

function bash(): string {
  const cases = COMMANDS.filter(({ name }) => name !== 'completion').map(({ name, flags }) => `    ${name}) flags="${flags.flatMap(names).join(' ')}" ;;`);
  const values = COMMANDS.flatMap((command) =>
    command.flags
      .filter((flag) => flag.choices !== undefined)
      .map((flag) => {
        const places = names(flag).map((name) => `"${command.name} ${name}"`);
        return `    ${places.join('|')}) COMPREPLY=($(compgen -W "${flag.choices?.join(' ')}" -- "$word")); return ;;`;
      }),
  );
  return `# bash completion for evenkeel: source <(evenkeel completion bash)
_evenkeel() {
  local word="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" flags=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${VERBS}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]} $previous" in
${values.join('\n')}
  esac
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    completion) COMPREPLY=($(compgen -W "${Object.keys(SCRIPTS).join(' ')}" -- "$word")); return ;;
  esac
  if [[ "$word" == -* ]]; then
    COMPREPLY=($(compgen -W "$flags" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _evenkeel evenkeel
`;
}

function zsh(): string {
  const verbs = COMMANDS.map(({ name, description }) => `    '${name}:${withoutColons(description)}'`);
  const cases = COMMANDS.map(({ name, flags }) => `    ${name}) _arguments ${flags.flatMap(zshFlag).join(' ')} '*:file:_files' ;;`);
  return `#compdef evenkeel
# zsh completion for evenkeel: source <(evenkeel completion zsh)
_evenkeel() {
  local -a verbs
  verbs=(
${verbs.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'verb' verbs
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
${cases.filter((line) => !line.includes('    completion)')).join('\n')}
    completion) _values 'shell' ${Object.keys(SCRIPTS).join(' ')} ;;
  esac
}
compdef _evenkeel evenkeel
`;
}

function zshFlag(flag: Flag): string[] {
  const value = !takesValue(flag) ? '' : flag.choices !== undefined ? `:value:(${flag.choices.join(' ')})` : flag.isFile ? ':file:_files' : ':value:';
  return names(flag).map((name) => `'${flag.isRepeatable ? '*' : ''}${name}[${withoutColons(flag.description).replace(/[[\]]/g, '')}]${value}'`);
}

function fish(): string {
  const noVerb = `__fish_use_subcommand`;
  const lines = COMMANDS.flatMap(({ name, description, flags }) => [
    `complete -c evenkeel -n ${noVerb} -a ${name} -d '${quoted(description)}'`,
    ...flags.map((flag) => {
      const short = names(flag).find((one) => !one.startsWith('--'));
      const long = names(flag).find((one) => one.startsWith('--')) as string;
      const value = !takesValue(flag) ? '' : flag.choices !== undefined ? ` -x -a '${flag.choices.join(' ')}'` : flag.isFile ? ' -r -F' : ' -x';
      return `complete -c evenkeel -n '__fish_seen_subcommand_from ${name}'${short === undefined ? '' : ` -s ${short.slice(1)}`} -l ${long.slice(2)}${value} -d '${quoted(flag.description)}'`;
    }),
  ]);
  return `# fish completion for evenkeel: evenkeel completion fish | source\n${lines.join('\n')}\ncomplete -c evenkeel -n '__fish_seen_subcommand_from completion' -f -a '${Object.keys(SCRIPTS).join(' ')}'\n`;
}

/** `-o` and `--output` of `-o, --output <format>`. */
function names(flag: Flag): string[] {
  return flag.flags.split(/[ ,]+/).filter((word) => word.startsWith('-'));
}

function takesValue(flag: Flag): boolean {
  return flag.flags.includes('<');
}

/** For use between single quotes in any of the shells. */
function quoted(text: string): string {
  return text.replaceAll("'", '');
}

/** zsh takes a colon for the end of a description. */
function withoutColons(text: string): string {
  return quoted(text).replaceAll(':', '\\:');
}
