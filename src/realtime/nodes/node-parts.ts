import { Injectable } from '@nestjs/common';
import { ChannelApps } from '../channel-app.js';
import { ChannelEvents } from '../channel-events.js';
import { Hub } from '../hub.js';
import { Presence } from '../presence.js';
import { Users } from '../pusher/users.js';
import { Elsewhere } from './elsewhere.js';

/** What the sockets of other servers are told to. */
@Injectable()
export class NodeParts {
  constructor(
    readonly apps: ChannelApps,
    readonly hub: Hub,
    readonly presence: Presence,
    readonly users: Users,
    readonly events: ChannelEvents,
    readonly elsewhere: Elsewhere,
  ) {}
}
