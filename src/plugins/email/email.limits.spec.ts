import { expect, it } from '@jest/globals';
import { refusedPartOf } from './email.limits.js';

it.each([
  ['invoice.pdf', 'application/pdf', null],
  ['README', 'text/plain', null],
  ['archive.tar.gz', 'application/gzip', null],
  ['setup.exe', 'application/octet-stream', 'name'],
  ['invoice.pdf.EXE', 'application/pdf', 'name'],
  ['setup.exe. .', 'application/pdf', 'name'],
  ['invoice', 'application/x-msdownload', 'contentType'],
  ['invoice', 'Application/X-MSDownload', 'contentType'],
])('%s as %s is refused for its %s', (name, contentType, part) => {
  expect(refusedPartOf({ name, contentType })).toBe(part);
});
