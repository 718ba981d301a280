import { definePlugin } from '../../extension/index.js';
import { HttpProvider } from './http.provider.js';

export const http = definePlugin({ name: '@chatapi/http', compatibility: '^1.0.0', providers: [HttpProvider] });
