/** Version 2 of the client, under a name of its own beside version 4. */
declare module 'socket.io-client-2' {
  import type { io } from 'socket.io-client';
  const connect: typeof io;
  export default connect;
}
