import { connect, type Socket } from 'node:net';

/** One answer, as far as the test cares. */
export interface PipeAnswer {
  readonly status: number;
  readonly body: string;
}

/** How long an answer may take, in ms: beyond it, the server hangs. */
const PATIENCE = 60_000;

/** Sends bytes as they are and reads one answer for each request, over one connection as long as it lasts. */
export class Pipe {
  private line: Line | undefined;

  constructor(
    private readonly host: string,
    private readonly port: number,
  ) {}

  /**
   * @param isHead whether the answer has no body whatever its length says
   * @throws Error when there is no answer in time, or the connection ends without one
   */
  async ask(bytes: Buffer, isHead: boolean): Promise<PipeAnswer> {
    const isReused = this.line !== undefined && !this.line.isOver;
    if (this.line === undefined || !isReused) this.line = await Line.open(this.host, this.port);
    try {
      return await this.line.ask(bytes, isHead);
    } catch (error) {
      // The server may close a connection just when it is used again (RFC 9112, 9.5); on a fresh one it has no excuse.
      if (!isReused || !this.line.hasEndedSilently) throw error;
      this.line = await Line.open(this.host, this.port);
      return this.line.ask(bytes, isHead);
    }
  }

  close(): void {
    this.line?.close();
  }
}

class Line {
  isOver = false;
  private isMine = false;
  private buffered = Buffer.alloc(0);
  private wake: (() => void) | undefined;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.buffered = Buffer.concat([this.buffered, chunk]);
      this.wake?.();
    });
    socket.on('error', () => undefined);
    // Half closed is as good as closed: nothing more will come.
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.isOver = true;
        this.wake?.();
      });
    }
  }

  /** Whether the other side closed it without a word of the last answer. */
  get hasEndedSilently(): boolean {
    return this.isOver && !this.isMine && this.buffered.length === 0;
  }

  static open(host: string, port: number): Promise<Line> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host, () => resolve(new Line(socket)));
      socket.once('error', reject);
    });
  }

  async ask(bytes: Buffer, isHead: boolean): Promise<PipeAnswer> {
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      this.close();
    }, PATIENCE);
    try {
      this.socket.write(bytes);
      return await this.readAnswer(isHead);
    } catch (error) {
      if (isLate) throw new Error(`no answer within ${PATIENCE} ms`, { cause: error });
      throw error;
    } finally {
      clearTimeout(limit);
    }
  }

  close(): void {
    this.isOver = true;
    this.isMine = true;
    this.socket.destroy();
  }

  private async readAnswer(isHead: boolean): Promise<PipeAnswer> {
    const end = await this.until(() => this.buffered.indexOf('\r\n\r\n'));
    const head = this.buffered.subarray(0, end).toString('latin1');
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
    const length = isHead || status === 304 ? 0 : Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    const total = end + 4 + length;
    await this.until(() => (this.buffered.length >= total ? total : -1));
    const body = this.buffered.subarray(end + 4, total).toString();
    this.buffered = this.buffered.subarray(total);
    if (/^connection: *close/im.test(head)) this.close();
    return { status, body };
  }

  private async until(find: () => number): Promise<number> {
    for (;;) {
      const found = find();
      if (found !== -1) return found;
      if (this.isOver) throw new Error(`the connection ended: ${this.buffered.toString('latin1').slice(0, 200)}`);
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
