import { Logger } from '@nestjs/common';
import type { ApiResponse } from '../api-message.js';
import type { HealthCheck, HealthChecks } from '../capabilities.js';
import type { PlainEndpoint } from '../exchange.js';
import { jsonAnswer } from './json-answer.js';

const METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** By the name of what was checked; null is as good as true. */
const HEALTH_SCHEMA = { type: 'object', additionalProperties: { type: ['boolean', 'null'] } };

/** Whether everything this server needs works; 503 when something does not (kinto-api.md, 1.4). */
export class HeartbeatEndpoint implements PlainEndpoint {
  readonly name = 'heartbeat';
  readonly pattern = '/__heartbeat__';
  readonly methods = METHODS;
  readonly usesStorage = false as const;
  readonly operations = {
    GET: {
      id: '__heartbeat__',
      tag: 'Utilities',
      summary: 'Whether everything that this server needs works.',
      responses: {
        200: { description: 'All of it works.', schema: HEALTH_SCHEMA },
        503: { description: 'What is false does not.', schema: HEALTH_SCHEMA },
      },
    },
  };
  private readonly log = new Logger('heartbeat');

  /** @param timeout ms after which a check that has not answered counts as failed */
  constructor(
    private readonly checks: HealthChecks,
    private readonly timeout: number,
  ) {}

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(): Promise<ApiResponse> {
    const answers = await Promise.all(
      this.checks.entries().map(async ([name, check]) => [name, await this.ask(name, check)] as const),
    );
    const isHealthy = answers.every(([, answer]) => answer !== false);
    return jsonAnswer(isHealthy ? 200 : 503, Object.fromEntries(answers));
  }

  private async ask(name: string, check: HealthCheck): Promise<boolean | null> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<false>((resolve) => {
      timer = setTimeout(() => {
        this.log.error(`${name} has not answered after ${this.timeout} ms`);
        resolve(false);
      }, this.timeout);
    });
    try {
      return await Promise.race([check(), tooLate]);
    } catch (error) {
      this.log.error(`${name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Whether this process answers at all: what a load balancer asks. */
export class LoadBalancerHeartbeatEndpoint implements PlainEndpoint {
  readonly name = 'lbheartbeat';
  readonly pattern = '/__lbheartbeat__';
  readonly methods = METHODS;
  readonly usesStorage = false as const;
  readonly operations = {
    GET: {
      id: '__lbheartbeat__',
      tag: 'Utilities',
      summary: 'Whether this process answers at all.',
      responses: { 200: { description: 'It does.', schema: { type: 'object', maxProperties: 0 } } },
    },
  };

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(): Promise<ApiResponse> {
    return jsonAnswer(200, {});
  }
}
