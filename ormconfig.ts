import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { DATABASE_SCHEMA } from './src/app.schema.js';

/**
 * For TypeORM's command line while a migration is being written, e.g. `typeorm migration:generate -d ormconfig.js`.
 * The server never reads it: it takes its path from the settings, which alone read the environment. That is why the
 * file is the server's default one, in the working directory.
 */
export default new DataSource({ type: 'better-sqlite3', database: 'kumocast.sqlite', ...DATABASE_SCHEMA });
