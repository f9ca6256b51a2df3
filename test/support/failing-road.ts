import { randomBytes } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * What becomes of what is sent along the road. `open`: it arrives, and the answer comes back. `hang`: nothing arrives
 * and nobody answers. `cut`: connections end. `garbage`: noise is what answers.
 */
export type RoadState = 'open' | 'hang' | 'cut' | 'garbage';

/** The way to a server that speaks whatever protocol over TCP. It knows nothing of what is said, and fails when told to. */
export class FailingRoad {
  /** How many answers are lost from now on: the server has done what it was asked for, and nobody hears of it. */
  lostAnswers = 0;
  private state: RoadState = 'open';
  private readonly sockets = new Set<Socket>();
  private readonly farSockets = new Set<Socket>();
  private isHeld = false;
  private answers = 0;
  private loseEvery = 0;

  private constructor(
    private readonly server: Server,
    private targetPort: number,
  ) {
    server.on('connection', (socket) => this.take(socket));
  }

  /** @param targetPort of a server on this machine */
  static async to(targetPort: number): Promise<FailingRoad> {
    const road = new FailingRoad(createServer(), targetPort);
    await new Promise<void>((resolve) => road.server.listen(0, '127.0.0.1', resolve));
    return road;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** How many connections from the near end are open. */
  get connections(): number {
    return this.sockets.size;
  }

  /** What is under way on it is lost. */
  become(state: RoadState): void {
    this.state = state;
    for (const socket of this.sockets) socket.destroy();
  }

  /** Each third answer, for instance, or 0: none. */
  loseEachAnswer(every: number): void {
    this.loseEvery = every;
  }

  /** Those who come from now on are led elsewhere: the server is another one. */
  leadTo(targetPort: number): void {
    this.targetPort = targetPort;
  }

  /** From now on nothing of what the far end says is read, until it flows again: it has a reader who does not read. */
  hold(): void {
    this.isHeld = true;
    for (const far of this.farSockets) far.pause();
  }

  flow(): void {
    this.isHeld = false;
    for (const far of this.farSockets) far.resume();
  }

  async close(): Promise<void> {
    this.become('cut');
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(near: Socket): void {
    this.sockets.add(near);
    near.on('error', () => undefined);
    near.once('close', () => this.sockets.delete(near));
    if (this.state === 'cut') near.destroy();
    else if (this.state === 'garbage') near.once('data', () => near.end(randomBytes(256)));
    else if (this.state === 'hang') near.resume();
    else this.lead(near);
  }

  private lead(near: Socket): void {
    const far = connect(this.targetPort, '127.0.0.1');
    this.farSockets.add(far);
    far.on('error', () => near.destroy());
    far.once('close', () => {
      this.farSockets.delete(far);
      near.destroy();
    });
    near.once('close', () => far.destroy());
    near.pipe(far);
    far.on('data', (answer) => {
      if (this.isLost()) near.destroy();
      else near.write(answer);
    });
    if (this.isHeld) far.pause();
  }

  private isLost(): boolean {
    this.answers += 1;
    if (this.loseEvery > 0 && this.answers % this.loseEvery === 0) return true;
    if (this.lostAnswers === 0) return false;
    this.lostAnswers -= 1;
    return true;
  }
}
