import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { APP_PARTS, type AppParts } from './app.lifecycle.js';
import { BusSettings } from './bus/bus.settings.js';
import { Neighbours } from './realtime/nodes/neighbours.js';
import { readSettings } from './settings/settings.js';

/** Makes the channels of all servers on one database and one bus the same channels. */
@Injectable()
export class NeighboursLifecycle implements OnModuleInit {
  constructor(
    @Inject(APP_PARTS) private readonly parts: AppParts,
    private readonly neighbours: Neighbours,
  ) {}

  onModuleInit(): void {
    const { nodes, source } = this.parts;
    const link = nodes.socketLink;
    if (link === undefined) return;
    this.neighbours.open(link, { id: nodes.id, timeout: readSettings(BusSettings, source).timeout });
    nodes.atEnd(() => this.neighbours.close());
  }
}
