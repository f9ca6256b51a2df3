// Receivers for `outages.mjs`, one port each, in a process of their own. Each is well, or fails in the way its name
// says; told over the channel to its parent to become well, it does.
import { randomBytes } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { clearInterval, setInterval } from 'node:timers';

/** Between two bytes of a slow answer, in ms. */
const SLOW_INTERVAL = 100;

/** How a receiver that is not well treats a request it has read, by its name. */
const FAILURES = {
  hang: () => undefined,
  500: (response) => response.writeHead(500).end('<h1>Internal Server Error</h1>'),
  slow: ({ socket }) => {
    const text = `HTTP/1.1 200 OK\r\nx-padding: ${'x'.repeat(100_000)}\r\n\r\n`;
    let sent = 0;
    const timer = setInterval(() => socket.write(text[sent++]), SLOW_INTERVAL);
    socket.once('close', () => clearInterval(timer));
  },
};

class Receiver {
  isWell = false;
  /** The numbers of the changes it has taken, each once, in the order in which it first took them. */
  numbers = new Set();
  taken = 0;
  refused = 0;
  sockets = new Set();

  constructor(name) {
    this.name = name;
    this.http = createHttpServer((request, response) => void this.receive(request, response));
    this.server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.sockets.delete(socket));
      if (this.isWell || this.name !== 'garbage') this.http.emit('connection', socket);
      else socket.once('data', () => (this.refused++, socket.end(randomBytes(512))));
    });
  }

  async receive(request, response) {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (!this.isWell) {
      this.refused++;
      FAILURES[this.name](response);
      return;
    }
    this.taken++;
    // A position is epoch.n.salt.
    this.numbers.add(Number(JSON.parse(body).data.position.split('.')[1]));
    response.writeHead(204).end();
  }

  becomeWell() {
    this.isWell = true;
    for (const socket of this.sockets) socket.destroy();
  }

  get report() {
    const numbers = [...this.numbers];
    const isInOrder = numbers.every((number, index) => number === index + 1);
    return { arrived: numbers.length, isInOrder, repeats: this.taken - numbers.length, refused: this.refused };
  }
}

const receivers = new Map();
for (const name of process.argv.slice(2)) {
  const receiver = new Receiver(name);
  if (name === 'well') receiver.becomeWell();
  await new Promise((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
  receivers.set(name, receiver);
}
process.on('message', (message) => {
  if (message === 'recover') for (const receiver of receivers.values()) receiver.becomeWell();
  process.send(Object.fromEntries([...receivers].map(([name, { report }]) => [name, report])));
});
process.send(Object.fromEntries([...receivers].map(([name, { server }]) => [name, server.address().port])));
