// What a command is: a module of this folder with these three exports, and a line in main.ts.

export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** All that `--help` prints. */
  readonly usage: string;
  /** Takes the words after the command's name. */
  run(args: string[]): Promise<void>;
}
