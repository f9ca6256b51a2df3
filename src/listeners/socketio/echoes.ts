/** How many are remembered: a change is told within a moment of its answer, or not by this. */
const MOST = 1000;

/** Which socket's command has made a change, so that its own client can tell. */
export class Echoes {
  private readonly known = new Map<string, string>();

  note(position: string, socketId: string): void {
    const [oldest] = this.known.keys();
    if (this.known.size >= MOST && oldest !== undefined) this.known.delete(oldest);
    this.known.set(position, socketId);
  }

  find(position: string): string | undefined {
    return this.known.get(position);
  }
}
