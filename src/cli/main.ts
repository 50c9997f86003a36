/** The command line: arguments in, exit code out. Start-up time matters here: what only one command needs is loaded by that command. */
import { CommanderError, Option, Command as Parser } from 'commander';
import { ScenarioError } from '../errors.ts';
import { ENGINE_VERSION } from '../experiments/engine-version.ts';
import { COMMANDS, type Command, type Flag, type FlagValues, NOT_BUILT } from './commands.ts';
import { DONE, OUR_FAULT, WRONG_INPUT } from './exit-codes.ts';
import { reportFailure } from './failure.ts';
import { ignoreStreamErrors } from './terminal.ts';

/** @param args without node and the script */
export async function main(args: readonly string[]): Promise<number> {
  try {
    refuseUnbuilt(args);
    let code: number = DONE;
    const program = createProgram((exitCode) => {
      code = exitCode;
    });
    if (args.length === 0) {
      program.outputHelp({ error: true });
      return WRONG_INPUT;
    }
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_INPUT; // it has printed its message
    return reportFailure(error);
  }
}

function refuseUnbuilt(args: readonly string[]): void {
  const verb = NOT_BUILT.verbs.find((name) => args[0] === name);
  if (verb !== undefined) throw new ScenarioError([{ where: verb, problem: 'is not built yet', hint: 'evenkeel --help lists what is' }]);
  const index = args.findIndex((arg) => arg === '-o' || arg === '--output');
  const output = index >= 0 ? args[index + 1] : args.find((arg) => /^(-o|--output=)/.test(arg))?.replace(/^(-o|--output=)/, '');
  const choices = COMMANDS.find(({ name }) => name === args[0])?.flags.find(({ flags }) => flags.includes('--output'))?.choices;
  if (NOT_BUILT.outputs.some((name) => name === output && choices?.includes(name) !== true))
    throw new ScenarioError([{ where: '-o', problem: 'form of output is not built yet', value: output }]);
}

function createProgram(onDone: (exitCode: number) => void): Parser {
  const program = new Parser('evenkeel')
    .description('What Kubernetes Service load balancing does to your pods: measured by simulation from your own manifests.')
    .version(`evenkeel ${ENGINE_VERSION}`)
    .showHelpAfterError('(evenkeel --help lists commands, evenkeel VERB --help its flags)')
    .exitOverride();
  for (const command of COMMANDS) program.addCommand(createParser(command, onDone));
  return program;
}

function createParser(command: Command, onDone: (exitCode: number) => void): Parser {
  const parser = new Parser(command.name).description(command.description).exitOverride().showHelpAfterError('(--help lists the flags)');
  if (command.operands !== '') parser.argument(command.operands);
  for (const flag of command.flags) parser.addOption(createOption(flag));
  parser.action(async () => {
    const run = await command.load();
    onDone(await run(parser.args, parser.opts<FlagValues>()));
  });
  return parser;
}

function createOption(flag: Flag): Option {
  const option = new Option(flag.flags, flag.description);
  if (flag.choices !== undefined) option.choices(flag.choices);
  if (flag.isRepeatable) option.argParser((value: string, earlier: readonly string[] | undefined) => [...(earlier ?? []), value]);
  return option;
}

ignoreStreamErrors();
process.on('uncaughtException', (error) => {
  reportFailure(error);
  process.exit(OUR_FAULT);
});
process.exitCode = await main(process.argv.slice(2));
