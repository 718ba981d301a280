import type { RawData } from 'ws';
import { FRAME_BYTES } from './limits.js';

/** A command, or an empty object: a ping or its answer. */
export interface RawFrame {
  readonly id?: number;
  readonly cmd?: string;
  readonly data?: unknown;
}

/** The frame as sent; null for what is none: binary, too long, not JSON, or not of a command's form. */
export function readFrame(data: RawData, isBinary: boolean): RawFrame | null {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
  if (isBinary || bytes.length > FRAME_BYTES) return null;
  let frame: unknown;
  try {
    frame = JSON.parse(bytes.toString());
  } catch {
    return null;
  }
  return isFrame(frame) ? frame : null;
}

function isFrame(value: unknown): value is RawFrame {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (Object.keys(value).length === 0) return true;
  const { id, cmd } = value as RawFrame;
  return typeof cmd === 'string' && (id === undefined || (Number.isInteger(id) && id >= 0 && id <= 0xffff_ffff));
}
