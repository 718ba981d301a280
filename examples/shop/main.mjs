// `npm run example:shop`: exits with 1 and a plain sentence when a step does not hold.
import { played } from '../helpdesk/played.mjs';
import { shop } from './story.mjs';

await played({ title: 'A shop whose orders are paid', script: 'example:shop', story: shop });
