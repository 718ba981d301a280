import type { ContentLimits } from '../../extension/index.js';

/** What a mail may hold. The whole request has its own limit, which attachments share. */
export const EMAIL_LIMITS = {
  /** RFC 5322: a line. */
  subjectLength: 998,
  htmlLength: 1_000_000,
  textLength: 1_000_000,
  cc: 50,
  bcc: 50,
  headersBytes: 16_384,
  headerValueLength: 998,
  attachments: 20,
  attachmentNameLength: 255,
  /** Base64 makes four characters of three bytes. */
  attachmentBytes: 5_250_000,
  /** Programs: large mail services take no mail that brings one (https://support.google.com/mail/answer/6590). */
  refusedExtensions: (
    'ade adp apk appx appxbundle bat cab chm cmd com cpl diagcab diagcfg diagpkg dll dmg ex ex_ exe hta img ins iso isp jar jnlp js jse lib lnk ' +
    'mde mjs msc msi msix msixbundle msp mst nsh pif ps1 scr sct shb sys vb vbe vbs vhd vxd wsc wsf wsh xll'
  ).split(' '),
  refusedMimeTypes: [
    ...['application/x-msdownload', 'application/x-msdos-program', 'application/x-dosexec', 'application/x-msi'],
    ...['application/vnd.microsoft.portable-executable', 'application/java-archive', 'application/hta'],
  ],
} as const satisfies ContentLimits;

const REFUSED_EXTENSIONS: ReadonlySet<string> = new Set(EMAIL_LIMITS.refusedExtensions);
const REFUSED_MIME_TYPES: ReadonlySet<string> = new Set(EMAIL_LIMITS.refusedMimeTypes);

/** Which part of an attachment says that it is a program; null for none. */
export function refusedPartOf(attachment: {
  readonly name: string;
  readonly contentType: string;
}): 'name' | 'contentType' | null {
  // Windows drops dots and spaces at the end of a name.
  const extension = /\.([^.]*)$/.exec(attachment.name.toLowerCase().replace(/[. ]+$/, ''))?.[1] ?? '';
  if (REFUSED_EXTENSIONS.has(extension)) return 'name';
  return REFUSED_MIME_TYPES.has(attachment.contentType.toLowerCase()) ? 'contentType' : null;
}
