import { transportContract } from '../contracts/transport.contract.js';
import { UserStreamClient } from './support/user-stream-client.js';
import { resumedUserStreamTransport, userStreamTransport } from './support/user-stream-transport.js';

transportContract('a user stream', userStreamTransport);

transportContract('a user stream that they come back to', resumedUserStreamTransport());

afterAll(() => UserStreamClient.closeAll());
