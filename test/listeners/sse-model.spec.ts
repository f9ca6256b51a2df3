import { transportContract } from '../contracts/transport.contract.js';
import { sseTransport } from './support/sse-transport.js';

transportContract('server-sent events', sseTransport);
