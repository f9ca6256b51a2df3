import { transportContract } from '../contracts/transport.contract.js';
import { collectionEvents, collectionPolls, globalEvents, globalPolls } from './changes-transports.js';

transportContract('the change feed of its collection, as long polls', collectionPolls);
transportContract('the change feed of its collection, as events', collectionEvents);
transportContract('the change feed of everything, as long polls', globalPolls);
transportContract('the change feed of everything, as events', globalEvents);
