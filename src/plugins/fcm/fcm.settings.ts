import { createPrivateKey } from 'node:crypto';
import { type ContentFault, JsonObject, Secret, Url } from '../../extension/index.js';

/** Of the file that Google gives, what is read here. */
export interface ServiceAccount {
  readonly project_id: string;
  readonly client_email: string;
  readonly private_key: string;
  readonly token_uri?: string;
}

/** As Google names projects: https://cloud.google.com/resource-manager/docs/creating-managing-projects */
const PROJECT_ID = /^[a-z0-9.:-]{1,100}$/;
const TEXT_MAX = 8_192;

export class FcmSettings {
  @Secret()
  @JsonObject({
    example: { project_id: 'shop', client_email: 'push@shop.iam.gserviceaccount.com', private_key: '••••' },
    description: 'The JSON file of a service account with the role Firebase Cloud Messaging API Admin, whole',
  })
  readonly serviceAccount: Readonly<Record<string, unknown>>;
  @Url({ optional: true, default: 'https://fcm.googleapis.com', example: 'https://fcm.googleapis.com' })
  readonly baseUrl?: string;
  @Url({
    optional: true,
    example: 'https://oauth2.googleapis.com/token',
    description: 'Where access tokens come from, when not where the file says',
  })
  readonly tokenUrl?: string;
}

/** Of settings whose faults were looked for. */
export const accountOf = ({ serviceAccount }: FcmSettings): ServiceAccount =>
  serviceAccount as unknown as ServiceAccount;

export function faultsOf({ serviceAccount }: FcmSettings): ContentFault[] {
  const faults = ['project_id', 'client_email', 'private_key'].flatMap((name) => {
    const value = serviceAccount[name];
    return typeof value === 'string' && value !== '' && value.length <= TEXT_MAX
      ? []
      : [faultAt(name, 'required', `${name} of the service account is missing`)];
  });
  if (faults.length > 0) return faults;
  const { project_id, private_key, token_uri } = serviceAccount;
  if (!PROJECT_ID.test(String(project_id))) faults.push(faultAt('project_id', 'matches', 'project_id is none'));
  if (!isRsaKey(String(private_key)))
    faults.push(faultAt('private_key', 'private_key', 'private_key must be an RSA key in PEM'));
  if (token_uri !== undefined && !isAddress(token_uri))
    faults.push(faultAt('token_uri', 'is_url', 'token_uri must be an http(s) address'));
  return faults;
}

const faultAt = (name: string, code: string, message: string): ContentFault => ({
  pointer: `/serviceAccount/${name}`,
  ...{ code, message },
});

const isAddress = (value: unknown): boolean => typeof value === 'string' && /^https?:\/\//.test(value);

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}
