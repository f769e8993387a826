import { describe, expect, test } from 'vitest';
import { ConfigError, isLoopback, readConfig } from '../../../platform/config.ts';

/** The faults that an environment has, by variable. */
function faults(env: NodeJS.ProcessEnv): Record<string, string> {
  try {
    readConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return Object.fromEntries(error.faults.map(({ variable, allowed }) => [variable, allowed]));
  }
  return {};
}

describe('defaults', () => {
  test('an empty environment gives a local system that asks for credentials', () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      natsUrl: 'nats://127.0.0.1:4222',
      clickhouseUrl: 'http://127.0.0.1:8123',
      clickhouseDatabase: 'stocktide',
      host: '127.0.0.1',
      apiPort: 8080,
      doorUrl: 'http://127.0.0.1:8081',
      accessToken: '',
      access: 'credentials',
      oidcIssuer: '',
      clock: 'live',
      processors: 'all',
      maxBodyBytes: 16_777_216,
      maxEventBytes: 65_536,
      flushRows: 50_000,
      logMaxBytes: 21_474_836_480,
    });
    expect(config.stocktideHome).toMatch(/^\/.*\/\.stocktide$/);
  });

  test('an empty variable counts as unset', () => {
    expect(readConfig({ API_PORT: '', ACCESS_TOKEN: ' ' }).apiPort).toBe(8080);
  });

  test('the door is looked for where it listens', () => {
    expect(readConfig({ DOOR_PORT: '9000' }).doorUrl).toBe('http://127.0.0.1:9000');
  });
});

describe('bad values', () => {
  test('all of them are told at once, each with its value and what is allowed', () => {
    const read = () => readConfig({ API_PORT: 'eighty', FLUSH_MS: '5', CLOCK: 'wall' });
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(
      [
        'API_PORT="eighty": a whole number from 1 to 65535',
        'CLOCK="wall": one of live, feed, catch-up',
        'FLUSH_MS="5": a whole number from 10 to 60000',
      ].join('\n'),
    );
  });

  test.each([
    ['MAX_IN_FLIGHT', '0'],
    ['MAX_IN_FLIGHT', '1e3'],
    ['MAX_IN_FLIGHT', '-1'],
    ['MAX_IN_FLIGHT', '12.5'],
    ['NATS_URL', 'http://127.0.0.1:4222'],
    ['NATS_URL', 'nats://user:secret@127.0.0.1:4222'],
    ['NATS_URL', '127.0.0.1:4222'],
    ['CLICKHOUSE_URL', 'tcp://127.0.0.1:9000'],
    ['CLICKHOUSE_DATABASE', 'a; DROP'],
    ['LOG_LEVEL', 'loud'],
    ['PROCESSORS', 'stock:8'],
    ['PROCESSORS', 'stock:8-3'],
    ['PROCESSORS', 'stock:0-16'],
    ['PROCESSORS', 'stock,,archive'],
    ['ACCESS_TOKEN', 'with space in the middle'],
    ['ACCESS_TOKEN', 'short'],
    ['ACCESS', 'closed'],
    ['OIDC_ROLES', 'leads'],
    ['OIDC_ROLES', 'leads=king'],
  ])('%s=%s', (variable, value) => {
    expect(Object.keys(faults({ [variable]: value }))).toEqual([variable]);
  });

  test('a secret is not repeated', () => {
    const read = () => readConfig({ ACCESS_TOKEN: 'päss word' });
    expect(read).toThrow('ACCESS_TOKEN=(hidden): printable ASCII');
    expect(read).not.toThrow('word"');
  });

  test('a NATS user needs a password', () => {
    expect(faults({ NATS_USER: 'stocktide' })).toHaveProperty('NATS_USER');
    expect(faults({ NATS_USER: 'stocktide', NATS_PASSWORD: 'x' })).toEqual({});
  });

  test('pending rows cannot be fewer than a flush', () => {
    expect(faults({ FLUSH_ROWS: '1000', MAX_PENDING_ROWS: '999' })).toEqual({
      MAX_PENDING_ROWS: 'at least FLUSH_ROWS (1000)',
    });
  });
});

describe('listening beyond loopback', () => {
  test.each(['0.0.0.0', '::', '192.168.1.4', 'example.com', '127.0.0.1.example.com'])(
    '%s wants credentials',
    (host) => {
      expect(faults({ HOST: host, ACCESS: 'open' })).toHaveProperty('ACCESS');
      expect(faults({ HOST: host })).toEqual({});
    },
  );

  test.each(['127.0.0.1', '127.1.2.3', 'localhost', 'LOCALHOST', '::1', '[::1]'])(
    '%s is loopback',
    (host) => {
      expect(isLoopback(host)).toBe(true);
    },
  );
});

describe('an identity provider', () => {
  const provider = {
    OIDC_ISSUER: 'https://id.example',
    OIDC_AUDIENCE: 'stocktide',
    OIDC_JWKS_URL: 'https://id.example/keys',
  };

  test.each(Object.keys(provider))('needs %s', (variable) => {
    expect(Object.keys(faults({ ...provider, [variable]: '' }))).toEqual(['OIDC_ISSUER']);
  });

  test('has groups that are roles here, by our names or by its own', () => {
    const { oidcRoles } = readConfig({ ...provider, OIDC_ROLES: 'Ops leads=operator, all=viewer' });
    expect(oidcRoles).toMatchObject({ 'Ops leads': 'operator', all: 'viewer', admin: 'admin' });
  });
});

test('slices of processors', () => {
  expect(readConfig({ PROCESSORS: 'archive, stock:0-7' }).processors).toEqual([
    { name: 'archive', lo: 0, hi: 15 },
    { name: 'stock', lo: 0, hi: 7 },
  ]);
});

test('several NATS servers', () => {
  const natsUrl = 'nats://a:4222,nats://b:4222';
  expect(readConfig({ NATS_URL: natsUrl }).natsUrl).toBe(natsUrl);
});
