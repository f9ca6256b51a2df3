import { Injectable } from '@nestjs/common';
import { Hub } from '../hub.js';
import { RealtimeSettings } from '../realtime.settings.js';
import { Admission } from './admission.js';
import { Channels } from './channels.js';
import { ClientEvents } from './client-events.js';
import { SignIns } from './sign-ins.js';

/** What all sessions share, so that each holds one reference. */
@Injectable()
export class SessionParts {
  constructor(
    readonly hub: Hub,
    readonly channels: Channels,
    readonly admission: Admission,
    readonly clientEvents: ClientEvents,
    readonly signIns: SignIns,
    readonly settings: RealtimeSettings,
  ) {}
}
