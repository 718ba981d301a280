import { Body, Controller, Get, HttpStatus, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answer, Endpoint, Idempotent, Once, type OnceKey, OnceStore } from '../../platform/http/index.js';
import { Caller, type Principal, RequireScopes } from '../../platform/security/index.js';
import { RotateSigningSecretDto } from './dto/signing.dto.js';
import { SigningService } from './signing.service.js';
import { NewSigningSecretView, SigningSecretView } from './signing.view.js';

/** What calls of the channel `webhook` and of `forward` are signed with. Endpoints have secrets of their own. */
@ApiTags('Webhooks')
@Controller('webhooks/signing-secret')
export class SigningController {
  constructor(
    private readonly signing: SigningService,
    private readonly once: OnceStore,
  ) {}

  @Get()
  @RequireScopes('webhooks:read')
  @Endpoint('Show since when the client’s calls are signed', {
    returns: SigningSecretView,
    errors: ['not_found'],
    description: '404 until a secret was made: the calls are not signed then.',
  })
  async show(@Caller() { clientId }: Principal): Promise<SigningSecretView> {
    return SigningSecretView.of(await this.signing.get(clientId));
  }

  @Post('rotate')
  @RequireScopes('webhooks:write')
  @Idempotent()
  @Endpoint('Make or replace the client’s signing secret', {
    returns: NewSigningSecretView,
    status: HttpStatus.CREATED,
    errors: ['idempotency_in_progress', 'idempotency_mismatch'],
    description:
      'Signs calls of the channel `webhook` and of `forward` by Standard Webhooks. The answer holds the secret, which is shown this once. At most three count at a time.',
  })
  rotate(
    @Caller() { clientId }: Principal,
    @Body() { overlapSeconds }: RotateSigningSecretDto,
    @Once() once?: OnceKey,
  ): Promise<Answer<NewSigningSecretView>> {
    return this.once.run(
      once,
      async (tx) => {
        const { secret, state } = await this.signing.rotate(tx, clientId, overlapSeconds);
        return new Answer(HttpStatus.CREATED, NewSigningSecretView.ofNew(secret, state));
      },
      { sealed: true },
    );
  }
}
