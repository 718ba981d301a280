// `npm run demo`: exits with 1 and a plain sentence when a step does not hold.
import { Broken } from './check.mjs';
import { Narrator } from './narrator.mjs';
import { readSetting, USAGE } from './setting.mjs';
import { helpdesk } from './story.mjs';

try {
  const setting = readSetting(process.argv.slice(2), process.env);
  if (!setting) console.log(USAGE);
  else {
    console.log(`A shop's helpdesk on ${setting.url}\n`);
    const narrator = new Narrator((line) => console.log(line));
    await helpdesk(setting, narrator);
    narrator.end();
  }
} catch (error) {
  const known = error instanceof Broken || error.code?.startsWith('ERR_PARSE_ARGS');
  console.error(known ? `\n${error.message}` : error);
  process.exit(1); // open sockets would keep it alive
}
