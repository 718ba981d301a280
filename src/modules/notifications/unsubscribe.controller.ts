import { applyDecorators, Controller, Get, Header, Ip, Param, Post } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import { Endpoint } from '../../platform/http/index.js';
import { Public } from '../../platform/security/index.js';
import { confirmationPage, donePage, PAGE_POLICY } from './unsubscribe.page.js';
import { maskedAddress } from './unsubscribe.rules.js';
import { UnsubscribeService } from './unsubscribe.service.js';

/** A page for people; the address that shows it is a secret of theirs. */
const Page = (): MethodDecorator =>
  applyDecorators(
    Header('Content-Type', 'text/html; charset=utf-8'),
    Header('Content-Security-Policy', PAGE_POLICY),
    Header('Referrer-Policy', 'no-referrer'),
    Header('Cache-Control', 'no-store'),
    Header('X-Robots-Tag', 'noindex'),
  );

const FORM = { 'List-Unsubscribe': 'One-Click' };

/** Where the link in a mail leads. No key: who has the link may unsubscribe its address, and do nothing else. */
@ApiTags('Suppressions')
@Public()
@Controller('unsubscribe')
export class UnsubscribeController {
  constructor(private readonly unsubscribing: UnsubscribeService) {}

  @Get(':token')
  @Page()
  @Endpoint('Ask whether to unsubscribe', {
    returnsText: { type: 'text/html', example: confirmationPage('a•••@example.com') },
    errors: ['rate_limited'],
    description: 'A page with one button. It changes nothing.',
  })
  async ask(@Param('token') token: string, @Ip() ip: string): Promise<string> {
    const { address } = await this.unsubscribing.show(token, ip);
    return confirmationPage(maskedAddress(address));
  }

  @Post(':token')
  @Page()
  @ApiConsumes('application/x-www-form-urlencoded', 'multipart/form-data')
  @ApiBody({
    schema: { type: 'object', properties: { 'List-Unsubscribe': { type: 'string', enum: ['One-Click'] } } },
    examples: { form: { value: FORM } },
  })
  @Endpoint('Unsubscribe', {
    returnsText: { type: 'text/html', example: donePage('a•••@example.com') },
    errors: ['rate_limited', 'unavailable'],
    description:
      'One click, as RFC 8058 has it: no key, no cookie, no redirect. Whoever posts to the link wants it, so what is posted is not looked at. Again is once.',
  })
  async unsubscribe(@Param('token') token: string, @Ip() ip: string): Promise<string> {
    const { address } = await this.unsubscribing.unsubscribe(token, ip);
    return donePage(maskedAddress(address));
  }
}
