import { spawn, spawnSync, type ChildProcess } from 'node:child_process';

/** Whether moto, an S3 server in Python (`pip install moto[server]`), can be started. */
export const hasMoto = spawnSync('python3', ['-c', 'import moto.server']).status === 0;

/** An S3 server on a port of its own, empty, that knows nobody's keys and so takes everybody's. */
export class MotoServer {
  private constructor(
    private readonly process: ChildProcess,
    readonly url: string,
  ) {}

  static async start(): Promise<MotoServer> {
    const child = spawn('python3', ['-m', 'moto.server', '-H', '127.0.0.1', '-p', '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const url = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stderr.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const found = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.on('exit', () => reject(new Error(`moto ended: ${text}`)));
    });
    return new MotoServer(child, url);
  }

  async makeBucket(name: string): Promise<void> {
    const response = await fetch(`${this.url}/${name}`, { method: 'PUT' });
    if (!response.ok) throw new Error(`bucket ${name}: ${response.status} ${await response.text()}`);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.on('exit', resolve));
    this.process.kill();
    await ended;
  }
}
