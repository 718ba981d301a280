import type { Home } from './home.js';
import { choosePort } from './ports.js';
import type { Search } from './programs.js';
import { redisBinary } from './redis-binary.js';
import { RedisServer } from './redis-server.js';

/** The quickstart's Redis: durable, at the address of the last start where that is free. */
export async function embeddedRedis(home: Home, search: Search): Promise<RedisServer> {
  const binary = await redisBinary(search);
  const port = await choosePort(home.remembered().redisPort);
  home.remember({ redisPort: port });
  return new RedisServer({ binary, data: home.path('redis'), port, logFile: home.path('redis.log'), durable: true });
}
