import { transportContract } from '../contracts/transport.contract.js';
import { StreamClient } from './support/stream-client.js';
import { streamTransport } from './support/stream-transport.js';

transportContract('an app stream', streamTransport);

afterAll(() => StreamClient.closeAll());
