import type { ApiResponse } from '../api-message.js';
import type { HealthCheck, HealthChecks } from '../capabilities.js';
import type { PlainEndpoint } from '../exchange.js';
import { jsonAnswer } from './json-answer.js';

const METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** Whether everything this server needs works; 503 when something does not (kinto-api.md, 1.4). */
export class HeartbeatEndpoint implements PlainEndpoint {
  readonly name = 'heartbeat';
  readonly pattern = '/__heartbeat__';
  readonly methods = METHODS;
  readonly usesStorage = false as const;

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
      this.checks.entries().map(async ([name, check]) => [name, await this.ask(check)] as const),
    );
    const isHealthy = answers.every(([, answer]) => answer !== false);
    return jsonAnswer(isHealthy ? 200 : 503, Object.fromEntries(answers));
  }

  private async ask(check: HealthCheck): Promise<boolean | null> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), this.timeout);
    });
    try {
      return await Promise.race([check(), tooLate]);
    } catch {
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

  exposedHeaders(): readonly string[] {
    return [];
  }

  async handle(): Promise<ApiResponse> {
    return jsonAnswer(200, {});
  }
}
