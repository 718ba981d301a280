import { LRUCache } from 'lru-cache';
import type { KeyWithClient } from '../clients/index.js';

const MAX_KEYS = 50_000;
const TTL_MS = 60_000;

/** Keys this process has verified, by the fingerprint of what was presented. */
export class KeyCache {
  private readonly byFingerprint = new LRUCache<string, KeyWithClient>({
    max: MAX_KEYS,
    ttl: TTL_MS,
    dispose: (key, fingerprint) => this.forgetName(key, fingerprint),
  });
  private readonly fingerprints = new Map<string, Set<string>>();
  private readonly keysOf = new Map<string, Set<string>>();
  /** Counts what was dropped, so that who verified meanwhile can tell that its row may be old. */
  drops = 0;

  get(fingerprint: string): KeyWithClient | undefined {
    return this.byFingerprint.get(fingerprint);
  }

  set(fingerprint: string, key: KeyWithClient): void {
    this.byFingerprint.set(fingerprint, key);
    this.fingerprints.set(key.keyId, (this.fingerprints.get(key.keyId) ?? new Set()).add(fingerprint));
    this.keysOf.set(key.clientId, (this.keysOf.get(key.clientId) ?? new Set()).add(key.keyId));
  }

  hasKey(keyId: string): boolean {
    return this.fingerprints.has(keyId);
  }

  dropKey(keyId: string): void {
    this.drops++;
    for (const fingerprint of this.fingerprints.get(keyId) ?? []) this.byFingerprint.delete(fingerprint);
  }

  dropClient(clientId: string): void {
    this.drops++;
    for (const keyId of [...(this.keysOf.get(clientId) ?? [])])
      for (const fingerprint of [...(this.fingerprints.get(keyId) ?? [])]) this.byFingerprint.delete(fingerprint);
  }

  clear(): void {
    this.drops++;
    this.byFingerprint.clear();
    this.fingerprints.clear();
    this.keysOf.clear();
  }

  private forgetName({ keyId, clientId }: KeyWithClient, fingerprint: string): void {
    const names = this.fingerprints.get(keyId);
    names?.delete(fingerprint);
    if (names?.size !== 0) return;
    this.fingerprints.delete(keyId);
    const keys = this.keysOf.get(clientId);
    keys?.delete(keyId);
    if (keys?.size === 0) this.keysOf.delete(clientId);
  }
}
