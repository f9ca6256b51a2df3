import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';

/** Nobody is there to answer: the input has ended. */
export class InputEnded extends Error {
  override readonly name = 'InputEnded';
}

/** Asks whoever sits at the terminal, or reads the answers line by line from what is piped in. */
export class Prompt {
  private readonly lines: Interface;
  private readonly answers: AsyncIterator<string, undefined>;
  private isHidden = false;

  constructor(
    input: NodeJS.ReadableStream & { isTTY?: boolean },
    private readonly output: NodeJS.WritableStream,
  ) {
    const echo = new Writable({
      write: (chunk: Buffer | string, _encoding, done) => {
        if (!this.isHidden) output.write(chunk);
        done();
      },
    });
    this.lines = createInterface({ input, output: echo, terminal: input.isTTY === true });
    // Lines that come before they are asked for are kept; `question` would lose them.
    this.answers = this.lines[Symbol.asyncIterator]();
  }

  /** @throws InputEnded */
  async ask(question: string): Promise<string> {
    this.show(question);
    return this.next();
  }

  /** The same, and what is typed is not shown. @throws InputEnded */
  async askHidden(question: string): Promise<string> {
    this.show(question);
    this.isHidden = true;
    try {
      return await this.next();
    } finally {
      this.isHidden = false;
      this.output.write('\n');
    }
  }

  close(): void {
    this.lines.close();
  }

  /** By readline itself, which draws it again when something typed is taken back. */
  private show(question: string): void {
    this.lines.setPrompt(question);
    this.lines.prompt();
  }

  private async next(): Promise<string> {
    const answer = await this.answers.next();
    if (answer.done === true) throw new InputEnded('The input has ended');
    return answer.value;
  }
}
