/**
 * Writes `config/example.ini` from the settings that the code declares. Run it after a setting was added or reworded:
 * `npm run build && node scripts/write-example-ini.mjs`. A test fails while the file is behind.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const { ALL_SETTINGS } = await import('../dist/app.settings.js');
const { renderExample } = await import('../dist/settings/settings.js');

const file = fileURLToPath(new URL('../config/example.ini', import.meta.url));
writeFileSync(file, renderExample(ALL_SETTINGS));
console.log(`config/example.ini: ${ALL_SETTINGS.length} groups of settings`);
