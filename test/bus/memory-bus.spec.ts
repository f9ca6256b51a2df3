import { MemoryBus } from '../../src/bus/memory-bus.js';
import { busContract } from '../contracts/bus.contract.js';

let nodes = new Set<MemoryBus>();
beforeEach(() => {
  nodes = new Set();
});

busContract('memory', () => Promise.resolve(new MemoryBus(nodes)));
