import { readFileSync } from 'node:fs';

/** Resident memory of a process. @see https://docs.kernel.org/filesystems/proc.html */
export function residentKb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
