import { Body, Controller, Get, HttpStatus, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CountedAs, Endpoint } from '../../platform/http/index.js';
import { AnyKey, Caller, MasterOnly, type Principal } from '../../platform/security/index.js';
import { ClientsService } from '../clients/index.js';
import { AuthService } from './auth.service.js';
import { LoginDto, LoginView, MeView, TicketView } from './dto/auth.dto.js';
import { TICKET_SECONDS, TicketsService } from './tickets.service.js';

@ApiTags('Auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly clients: ClientsService,
    private readonly tickets: TicketsService,
  ) {}

  @Post('login')
  @CountedAs('login')
  @MasterOnly()
  @Endpoint('Log a user in', {
    returns: LoginView,
    status: HttpStatus.OK,
    errors: ['forbidden'],
    description:
      'Always a new key. The earlier login key of the same user and device is dead when the answer arrives; its sockets close with 4003.',
  })
  async login(@Caller() caller: Principal, @Body() dto: LoginDto): Promise<LoginView> {
    return LoginView.of(await this.auth.login(caller, dto));
  }

  @Post('logout')
  @AnyKey()
  @Endpoint('End the key of this call', { errors: ['last_master_key'] })
  async logout(@Caller() caller: Principal): Promise<void> {
    await this.auth.logout(caller);
  }

  @Get('me')
  @AnyKey()
  @Endpoint('Show who this key is', { returns: MeView })
  async me(@Caller() caller: Principal): Promise<MeView> {
    const [client, user] = await Promise.all([this.clients.get(caller.clientId), this.auth.me(caller)]);
    return MeView.of(client, user, caller);
  }

  @Post('tickets')
  @AnyKey()
  @Endpoint('Make a ticket for a socket', {
    returns: TicketView,
    description:
      'For browsers, which cannot send a key with a WebSocket handshake: `?ticket=` on the raw transport, `auth.ticket` on Socket.IO. Opens one socket of this key, within 30 s.',
  })
  async ticket(@Caller() caller: Principal): Promise<TicketView> {
    return { ticket: await this.tickets.issue(caller), expiresInSeconds: TICKET_SECONDS };
  }
}
