import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An empty page at an origin of its own, as those of applications are: the server's own answers let no script run. */
export class BlankPage {
  private constructor(private readonly server: Server) {}

  static async open(): Promise<BlankPage> {
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>A page</title>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new BlankPage(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
