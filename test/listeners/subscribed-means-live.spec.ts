import { subscribedMeansLiveContract } from '../contracts/subscribed-means-live.contract.js';
import { byChannel, byConnecting, byStream, bySubscription } from './support/subscribing-sockets.js';
import { byEvents, byPolls, collectionFeedUrl, globalFeedUrl, listUrl } from './support/subscribing.js';

subscribedMeansLiveContract('Pusher’s protocol', byChannel);
subscribedMeansLiveContract('server-sent events', byEvents(listUrl));
subscribedMeansLiveContract(
  'long polls',
  byPolls(listUrl, (collection) => `${listUrl(collection)}_limit=1`),
);
subscribedMeansLiveContract('the change feed of its collection, as events', byEvents(collectionFeedUrl));
subscribedMeansLiveContract('the change feed of everything, as events', byEvents(globalFeedUrl));
subscribedMeansLiveContract(
  'the change feed of everything, as long polls',
  byPolls(globalFeedUrl, (collection) => `${globalFeedUrl(collection)}&_position=now`),
);
subscribedMeansLiveContract('Socket.IO 4, with data', bySubscription(4));
subscribedMeansLiveContract('Socket.IO 2, with data', bySubscription(2));
subscribedMeansLiveContract(
  'Socket.IO 4, to everything',
  byConnecting(4, () => '/me'),
);
subscribedMeansLiveContract(
  'Socket.IO 2, to a collection',
  byConnecting(2, (collection) => collection),
);
subscribedMeansLiveContract('an app stream', byStream);
