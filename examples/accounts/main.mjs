// `npm run example:accounts`: exits with 1 and a plain sentence when a step does not hold.
import { played } from '../helpdesk/played.mjs';
import { accounts } from './story.mjs';

await played({ title: 'Accounts that come and go', script: 'example:accounts', story: accounts });
