import { Injectable } from '@nestjs/common';
import {
  type ClientId,
  Database,
  type Queryable,
  statement,
  takeTurn,
  type Tx,
  type UserId,
} from '../../platform/database/index.js';
import type { Device } from './device.js';

const COLUMNS = `d.id, d.user_id AS "userId", d.kind, d.address, d.last_four AS "lastFour", d.created_at AS "createdAt", d.last_seen_at AS "lastSeenAt"`;

/** Held until the transaction ends: an address that two register at once is one device. */
/** Nobody removes it until then, either. */
const FIND_BY_ADDRESS = statement(
  'devices.find_by_address',
  `SELECT ${COLUMNS} FROM devices d WHERE d.client_id = $1 AND d.kind = $2 AND d.address_hash = $3 FOR UPDATE`,
);
const INSERT = statement(
  'devices.insert',
  `INSERT INTO devices AS d (client_id, id, user_id, kind, address_hash, address, last_four) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${COLUMNS}`,
);
const RENEW = statement(
  'devices.renew',
  `UPDATE devices d SET user_id = $3, address = $4, last_seen_at = now() WHERE d.client_id = $1 AND d.id = $2 RETURNING ${COLUMNS}`,
);
const PAGE = statement(
  'devices.page',
  `SELECT ${COLUMNS} FROM devices d WHERE d.client_id = $1 AND d.user_id = $2 AND ($3::uuid IS NULL OR d.id > $3) ORDER BY d.id LIMIT $4`,
);
const DELETE = statement(
  'devices.delete',
  `DELETE FROM devices WHERE client_id = $1 AND user_id = $2 AND ($3::uuid IS NULL OR id = $3) RETURNING id`,
);

const OF_USERS = statement(
  'devices.of_users',
  `SELECT d.id, d.user_id AS "userId", d.kind FROM devices d WHERE d.client_id = $1 AND d.user_id = ANY ($2::varchar[]) ORDER BY d.user_id, d.id`,
);
const FIND = statement(
  'devices.find',
  `SELECT ${COLUMNS} FROM unnest($1::uuid[], $2::uuid[]) AS asked (client_id, id) JOIN devices d ON d.client_id = asked.client_id AND d.id = asked.id`,
);

/** Enough of a device to address it. */
export type DeviceName = Pick<Device, 'id' | 'userId' | 'kind'>;
export type NewDevice = Pick<Device, 'id' | 'userId' | 'kind' | 'address' | 'lastFour'>;

@Injectable()
export class DevicesRepository {
  constructor(private readonly database: Database) {}

  /** The device with this address, whoever has it. Nobody else registers the address until the transaction ends. */
  async lockAddress(tx: Tx, clientId: ClientId, kind: string, addressHash: Buffer): Promise<Device | null> {
    await takeTurn(tx, `device|${clientId}|${kind}|${addressHash.toString('hex')}`);
    return (await tx.query<Device>(FIND_BY_ADDRESS, [clientId, kind, addressHash]))[0] ?? null;
  }

  async insert(tx: Tx, clientId: ClientId, addressHash: Buffer, device: NewDevice): Promise<Device> {
    const { id, userId, kind, address, lastFour } = device;
    return one(await tx.query<Device>(INSERT, [clientId, id, userId, kind, addressHash, address, lastFour]));
  }

  /** Gives a device to a user, with its address as it is now. */
  async renew(
    tx: Tx,
    clientId: ClientId,
    { id, userId, address }: Pick<Device, 'id' | 'userId' | 'address'>,
  ): Promise<Device> {
    return one(await tx.query<Device>(RENEW, [clientId, id, userId, address]));
  }

  page(clientId: ClientId, userId: UserId, limit: number, after: string | null): Promise<Device[]> {
    return this.database.asClient(clientId, (view) => view.query<Device>(PAGE, [clientId, userId, after, limit + 1]));
  }

  /** Of each of the users, the oldest first. */
  ofUsers(clientId: ClientId, userIds: readonly UserId[]): Promise<DeviceName[]> {
    return this.database.query(OF_USERS, [clientId, userIds]);
  }

  /** Of several clients, in one go: those that are there. */
  find(devices: readonly { readonly clientId: ClientId; readonly id: string }[]): Promise<Device[]> {
    return this.database.query(FIND, [devices.map(({ clientId }) => clientId), devices.map(({ id }) => id)]);
  }

  /** One of the user's devices, or all of them. @returns how many there were */
  async delete(
    clientId: ClientId,
    userId: UserId,
    id: string | null,
    within: Queryable = this.database,
  ): Promise<number> {
    return (await within.query(DELETE, [clientId, userId, id])).length;
  }
}

function one(rows: Device[]): Device {
  const [row] = rows;
  if (!row) throw new Error('A device is gone under its lock.');
  return row;
}
