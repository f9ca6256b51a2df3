import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** Where Linux distributions put it, under either name. */
const PROGRAMS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

const program = process.env.CHROMIUM ?? PROGRAMS.find((path) => existsSync(path));

/** `describe`, skipped where there is no browser; its title should say `[needs chromium]`. */
export const describeWithChromium = program === undefined ? describe.skip : describe;

/** A browser that speaks to nobody by itself. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: program!,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
