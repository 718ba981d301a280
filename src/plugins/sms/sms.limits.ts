import type { ContentLimits } from '../../extension/index.js';

/** 3GPP TS 23.038: what a text takes of a message's 140 bytes, and of the 134 that are left of one of several. */
const GSM = { single: 160, ofSeveral: 153 };
const UCS2 = { single: 70, ofSeveral: 67 };

const TEXT_LENGTH = 1_600;

/** What a text message may hold. Texts in other alphabets than GSM's take more parts, and each part is paid for. */
export const SMS_LIMITS = {
  textLength: TEXT_LENGTH,
  /** As many as the longest text of the GSM alphabet takes. */
  parts: Math.ceil(TEXT_LENGTH / GSM.ofSeveral),
  senderLength: 16,
} as const satisfies ContentLimits;

const ALPHABET = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Two places each. */
const EXTENDED = new Set('\f^{}\\[~]|€');

/** How many messages a text is sent as. */
export function partsOf(text: string): number {
  const isGsm = [...text].every((character) => ALPHABET.has(character) || EXTENDED.has(character));
  const places = isGsm ? text.length + [...text].filter((character) => EXTENDED.has(character)).length : text.length;
  const { single, ofSeveral } = isGsm ? GSM : UCS2;
  return places <= single ? 1 : Math.ceil(places / ofSeveral);
}
