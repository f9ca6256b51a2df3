import { transportContract } from '../contracts/transport.contract.js';
import { SocketClient } from './socketio-client.js';
import { socketIoTransport } from './socketio-transport.js';

transportContract('Socket.IO', socketIoTransport(4, 'websocket'));

afterAll(() => SocketClient.closeAll());
