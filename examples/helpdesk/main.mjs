// `npm run demo`: exits with 1 and a plain sentence when a step does not hold.
import { played } from './played.mjs';
import { helpdesk } from './story.mjs';

await played({ title: "A shop's helpdesk", script: 'demo', story: helpdesk });
