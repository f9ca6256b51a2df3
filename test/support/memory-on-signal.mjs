// Loaded into a server's process (`--import`): at SIGUSR2 it says what is still in use, without what is only garbage.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

process.on('SIGUSR2', () => {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  console.log(`In use: ${heapUsed + arrayBuffers} bytes`);
});
