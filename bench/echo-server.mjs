// What a create is compared with: a bare Fastify that parses the body and answers it, status 201.
import Fastify from 'fastify';

const server = Fastify();
server.post('/*', async (request, reply) => reply.status(201).send(request.body));
await server.listen({ port: 0, host: '127.0.0.1' });
process.stdout.write(`listening on ${server.server.address().port}\n`);
process.once('SIGTERM', () => void server.close().then(() => process.exit(0)));
