/**
 * `npm run access`: sign-in links and API tokens from the command line, for whoever runs the system. What was
 * asked for goes to stdout, everything else to stderr.
 *
 * Exit code: 0 done, 1 refused or not reached, 2 wrong arguments.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  MAX_TOKEN_DAYS,
  ROLE_NAMES,
  type Role,
  type TokenCreated,
  type TokenList,
  type TokenSpec,
  type TokenView,
} from '../../contracts/access.ts';
import { signInLink } from '../../platform/launcher/first-token.ts';
import { credentialFor, NotRunningError, requireRunning } from '../../platform/running.ts';

const USAGE = `Sign-in links and API tokens of the running system.

  npm run access -- link [--subject NAME]    a link that signs in to the dashboard as admin, for a day
  npm run access -- create --subject NAME --role ROLE [--role …] [--days N] [--node N …]
                           [--channel C …] [--note TEXT]   a token, on stdout
  npm run access -- list
  npm run access -- revoke ID

  --url URL    another API; with ACCESS_TOKEN in the environment

Roles: ${ROLE_NAMES.join(', ')}.
`;

/** What the API says of a request that cannot be right, however often it is sent. */
const WRONG = new Set([400, 404]);

class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The API refused, or did not answer. */
class AccessError extends Error {
  override readonly name = 'AccessError';
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof UsageError || error instanceof NotRunningError;
  if (!isUsage && !(error instanceof AccessError)) throw error;
  console.error(`access: ${error.message}`);
  process.exitCode = isUsage ? 2 : 1;
}

async function main(argv: string[]): Promise<void> {
  const { command, id, values } = parse(argv);
  if (values.help || command === undefined) return console.log(USAGE);
  const home = resolve(process.env['STOCKTIDE_HOME'] || '.stocktide');
  const url = values.url ?? requireRunning(home).apiUrl;
  const api = createClient(url, credentialFor(url, { home, env: process.env }));

  switch (command) {
    case 'link': {
      const subject = values.subject ?? 'admin';
      const spec: TokenSpec = {
        ...{ subject, roles: ['admin'], expires_in_days: 1, note: 'Sign-in link' },
      };
      const { token } = await api<TokenCreated>('POST', '/v1/tokens', spec);
      return console.log(signInLink(url, token));
    }
    case 'create': {
      const created = await api<TokenCreated>('POST', '/v1/tokens', specOf(values));
      console.error(`token ${created.view.token_id}, until ${created.view.expires_at}:`);
      return console.log(created.token);
    }
    case 'list': {
      const { tokens } = await api<TokenList>('GET', '/v1/tokens');
      return console.log(tokens.map(lineOf).join('\n') || 'there are no tokens');
    }
    case 'revoke': {
      if (id === undefined) throw new UsageError('revoke ID: npm run access -- list shows the ids');
      const path = `/v1/tokens/${encodeURIComponent(id)}`;
      return console.log(lineOf(await api<TokenView>('DELETE', path)));
    }
    default:
      throw new UsageError(`"${command}": one of link, create, list, revoke`);
  }
}

function parse(argv: string[]) {
  try {
    const { positionals, values } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        url: { type: 'string' },
        subject: { type: 'string' },
        note: { type: 'string' },
        role: { type: 'string', multiple: true },
        node: { type: 'string', multiple: true },
        channel: { type: 'string', multiple: true },
        days: { type: 'string' },
      },
    });
    return { command: positionals[0], id: positionals[1], values };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function specOf(values: ReturnType<typeof parse>['values']): TokenSpec {
  const { channel, days, node, note, role = [], subject } = values;
  if (subject === undefined) throw new UsageError('--subject NAME: who acts with it');
  if (role.length === 0) throw new UsageError(`--role ROLE: one of ${ROLE_NAMES.join(', ')}`);
  return {
    ...{ subject, roles: role.map(roleOf) },
    ...(note === undefined ? {} : { note }),
    ...(node === undefined ? {} : { nodes: node }),
    ...(channel === undefined ? {} : { channels: channel }),
    ...(days === undefined ? {} : { expires_in_days: daysOf(days) }),
  };
}

function roleOf(given: string): Role {
  const role = ROLE_NAMES.find((name) => name === given);
  if (role !== undefined) return role;
  throw new UsageError(`--role "${given}": one of ${ROLE_NAMES.join(', ')}`);
}

function daysOf(given: string): number {
  const days = Number(given);
  if (/^\d+$/.test(given) && days >= 1 && days <= MAX_TOKEN_DAYS) return days;
  throw new UsageError(`--days "${given}": a whole number from 1 to ${MAX_TOKEN_DAYS}`);
}

function createClient(url: string, credential: string) {
  return async <T>(method: string, path: string, body?: object): Promise<T> => {
    const headers = {
      authorization: `Bearer ${credential}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(new URL(path, url), init).catch((error: unknown) => {
      throw new AccessError(`the API at ${url} cannot be reached (${String(error)})`);
    });
    if (response.ok) return (await response.json()) as T;
    const { detail } = (await response.json()) as { detail?: string };
    const message = detail ?? `the API answered ${response.status}`;
    throw WRONG.has(response.status) ? new UsageError(message) : new AccessError(message);
  };
}

function lineOf(token: TokenView): string {
  const { expires_at, note, roles, status, subject, token_id: id } = token;
  const scope = [...(token.nodes ?? []), ...(token.channels ?? [])].join(',') || 'everything';
  return [id, status.padEnd(7), expires_at.slice(0, 10), subject, roles.join(','), scope, note]
    .join('  ')
    .trimEnd();
}
