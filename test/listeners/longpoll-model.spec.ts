import { transportContract } from '../contracts/transport.contract.js';
import { longPollTransport } from './support/long-poll-transport.js';

transportContract('long polls', longPollTransport);
