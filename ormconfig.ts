import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { readEnv } from './src/config/index.js';
import { columnsOnly } from './src/platform/database/columns-only.js';
import { dataSourceOptions } from './src/platform/database/data-source.js';

const { DATABASE_URL } = readEnv({ ...process.env, REDIS_URL: 'redis://not-used' });

/** For TypeORM's own command line (`npm run migration:…`, docs/migrations.md); the service makes its data source itself. */
export default columnsOnly(
  new DataSource({ ...dataSourceOptions(DATABASE_URL, 2), entities: ['src/modules/**/*.entity.ts'] }),
);
