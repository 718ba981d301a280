import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AccessCheck } from './access-check.js';
import { Egress } from './egress.js';
import { KeyHasher } from './key-hasher.js';
import { OutboundHttp } from './outbound-http.js';
import { SecretBox } from './secret-box.js';
import { TokenBox } from './token-box.js';

@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [KeyHasher, SecretBox, TokenBox, Egress, OutboundHttp, AccessCheck],
  exports: [KeyHasher, SecretBox, TokenBox, Egress, OutboundHttp],
})
export class SecurityModule {}
