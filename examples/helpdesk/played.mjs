// Plays a story against a started service, and tells it step by step.
import { Broken } from './check.mjs';
import { Narrator } from './narrator.mjs';
import { readSetting, usageOf } from './setting.mjs';

export async function played({ title, script, story }) {
  try {
    const setting = readSetting(process.argv.slice(2), process.env);
    if (!setting) return console.log(usageOf(title, script));
    console.log(`${title}, on ${setting.url}\n`);
    const narrator = new Narrator((line) => console.log(line));
    await story(setting, narrator);
    narrator.end();
  } catch (error) {
    const known = error instanceof Broken || error.code?.startsWith('ERR_PARSE_ARGS');
    console.error(known ? `\n${error.message}` : error);
    process.exit(1); // open sockets would keep it alive
  }
}
