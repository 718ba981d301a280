import { Injectable, type OnModuleInit } from '@nestjs/common';
import { OnceForgetting } from '../../platform/http/index.js';
import { DeviceView } from './device.view.js';
import { DevicesRepository } from './devices.repository.js';
import { type DataSubject, type Erasure, everyRow, PersonalData, type PersonalDataPart } from './personal-data.js';

const PAGE = 100;

/** What belongs to the user alone, and the answers that retries would get. The profile itself is no part: it goes last. */
@Injectable()
export class OwnPersonalData implements PersonalDataPart, OnModuleInit {
  readonly stage = 'content';
  readonly lists = { devices: (subject: DataSubject) => this.devicesOf(subject) };

  constructor(
    private readonly data: PersonalData,
    private readonly devices: DevicesRepository,
    private readonly answers: OnceForgetting,
  ) {}

  onModuleInit(): void {
    this.data.register(this);
  }

  async erase({ clientId, userId, displayName, addresses, pseudonym }: Erasure): Promise<number> {
    const devices = await this.devices.delete(clientId, userId, null);
    const names = [userId, ...(displayName ? [displayName] : []), ...addresses];
    return devices + (await this.answers.forget(clientId, userId, { names, pseudonym }));
  }

  private async *devicesOf({ clientId, userId }: DataSubject): AsyncGenerator<DeviceView> {
    const read = async (limit: number, after: string | null) =>
      (await this.devices.page(clientId, userId, limit, after)).slice(0, limit);
    for await (const device of everyRow(PAGE, read, ({ id }) => id)) yield DeviceView.of(device);
  }
}
