/**
 * Configuration: environment variables in, one frozen typed object out.
 *
 * Every process reads it once, at its start, before anything is opened. Each bound of the system (law
 * 9) has its name here. A wrong value stops the start: the error lists every bad variable at once,
 * with its value and what is allowed, so that one round of mending is enough. An empty variable
 * counts as unset, since that is what compose files pass on.
 */
import { resolve } from 'node:path';
import { ROLE_NAMES, type Role } from '../contracts/access.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const HOUR_MS = 3_600_000;

/** Time to finish on SIGTERM, unless the environment says otherwise. */
export const DRAIN_TIMEOUT_MS = 15_000;

/** A processor and the slice of its key space that this process runs; 16 buckets in all. */
export interface ProcessorSlice {
  name: string;
  /** First bucket, 0–15. */
  lo: number;
  /** Last bucket, inclusive. */
  hi: number;
}

/** Limits of the JetStream streams; platform/nats/streams.ts applies them. */
export interface StreamLimits {
  streamReplicas: number;
  logMaxAgeDays: number;
  logMaxBytes: number;
  inboxMaxBytes: number;
  deadMaxAgeDays: number;
  deadMaxBytes: number;
  signalsMaxAgeDays: number;
  signalsMaxBytes: number;
  snapshotsMaxBytes: number;
}

export interface Config extends StreamLimits {
  natsUrl: string;
  natsUser: string;
  natsPassword: string;
  clickhouseUrl: string;
  clickhouseDatabase: string;
  clickhouseUser: string;
  clickhousePassword: string;
  /** Account of queries that people send; empty: the one above. */
  clickhouseSqlUser: string;
  clickhouseSqlPassword: string;

  /** Address to listen on. */
  host: string;
  apiPort: number;
  doorPort: number;
  processorsPort: number;
  /** Where the API forwards `/v1/events`. */
  doorUrl: string;
  /** `open`: whoever reaches it is let in, which only loopback allows. */
  access: 'credentials' | 'open';
  /** The deployment's own secret: how its processes know each other, and whoever sets it up. */
  accessToken: string;
  /** How long a sign-in to the dashboard lasts. */
  sessionMs: number;
  /** Requests per minute of one caller, and of one address before anybody is known; not of the door. */
  rateLimitPerMin: number;
  /** Proxies whose `X-Forwarded-*` are believed: addresses or networks; empty: none. */
  trustProxy: string[];

  /** Identity provider whose tokens are taken; empty: none. */
  oidcIssuer: string;
  oidcAudience: string;
  oidcJwksUrl: string;
  /** Claims that hold the groups and the name of a person; `realm_access.roles` is a field of a field. */
  oidcRolesClaim: string;
  oidcSubjectClaim: string;
  /** Which group of the provider is which role here. */
  oidcRoles: Readonly<Record<string, Role>>;
  oidcClockSkewS: number;

  /** `live`: the door ticks each second; `feed`: ticks come with the feed; `catch-up`: until it is in the present. */
  clock: 'live' | 'feed' | 'catch-up';
  processors: 'all' | readonly ProcessorSlice[];
  logLevel: LogLevel;
  logFormat: 'json' | 'pretty';
  /** Absolute directory of the local engines' data. */
  stocktideHome: string;

  /** Largest request body after decompression. */
  maxBodyBytes: number;
  maxEventBytes: number;
  maxBatchEvents: number;
  /** Most unacknowledged publishes at a time. */
  maxInFlight: number;
  /** Most bytes of unacknowledged publishes; as many again may wait. */
  maxInFlightBytes: number;
  /** How far ahead of the door's clock an event may be. */
  maxFutureMs: number;
  publishTimeoutMs: number;
  /** Time that a process may take to drain before it is ended. */
  drainTimeoutMs: number;

  flushRows: number;
  flushMs: number;
  maxPendingRows: number;
  /** Messages read ahead of the processors. */
  maxReadAhead: number;
  snapshotEvents: number;
  recentIds: number;
  recentMovements: number;

  /** Open live sockets of one API process. */
  liveMaxClients: number;
  /** Live topics of one API process, whoever follows them. */
  liveMaxTopics: number;
  /** Unsent bytes of one live client before its topics conflate. */
  liveMaxBufferedBytes: number;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One variable that cannot be used. */
export interface ConfigFault {
  variable: string;
  value: string;
  /** What would do, as a phrase that follows "allowed:". */
  allowed: string;
}

/** The configuration cannot be used; the message names each variable, its value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(
      faults
        .map(({ variable, value, allowed }) => `${variable}=${shown(variable, value)}: ${allowed}`)
        .join('\n'),
    );
    this.faults = faults;
  }
}

/** Reads the configuration of every process. Throws a ConfigError that lists all bad variables. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const faults: ConfigFault[] = [];
  const read = reader(env, faults);

  const doorPort = read.integer('DOOR_PORT', 8081, { min: 1, max: 65_535 });
  const config: Config = {
    natsUrl: read.urls('NATS_URL', 'nats://127.0.0.1:4222', ['nats:', 'tls:']),
    natsUser: read.text('NATS_USER', ''),
    natsPassword: read.text('NATS_PASSWORD', ''),
    clickhouseUrl: read.urls('CLICKHOUSE_URL', 'http://127.0.0.1:8123', ['http:', 'https:']),
    clickhouseDatabase: read.matching('CLICKHOUSE_DATABASE', 'stocktide', {
      pattern: /^[A-Za-z_][A-Za-z0-9_]{0,63}$/,
      allowed: 'a letter or _, then up to 63 letters, digits or _',
    }),
    clickhouseUser: read.text('CLICKHOUSE_USER', 'default'),
    clickhousePassword: read.text('CLICKHOUSE_PASSWORD', ''),
    clickhouseSqlUser: read.text('CLICKHOUSE_SQL_USER', ''),
    clickhouseSqlPassword: read.text('CLICKHOUSE_SQL_PASSWORD', ''),

    host: read.matching('HOST', '127.0.0.1', {
      pattern: /^[A-Za-z0-9.:-]+$/,
      allowed: 'an address or host name to listen on, such as 127.0.0.1 or 0.0.0.0',
    }),
    apiPort: read.integer('API_PORT', 8080, { min: 1, max: 65_535 }),
    doorPort,
    processorsPort: read.integer('PROCESSORS_PORT', 8082, { min: 1, max: 65_535 }),
    doorUrl: read.urls('DOOR_URL', `http://127.0.0.1:${doorPort}`, ['http:', 'https:']),
    accessToken: read.matching('ACCESS_TOKEN', '', {
      pattern: /^([\x21-\x39\x3b-\x7e]{16,})?$/,
      allowed: 'printable ASCII without spaces or colons, 16 characters at least',
    }),
    access: read.oneOf('ACCESS', 'credentials', ['credentials', 'open']),
    sessionMs: read.integer('SESSION_HOURS', 12, { min: 1, max: 24 }) * HOUR_MS,
    rateLimitPerMin: read.integer('RATE_LIMIT_PER_MIN', 3000, { min: 60, max: 1_000_000 }),
    trustProxy: read.list('TRUST_PROXY'),

    oidcIssuer: read.url('OIDC_ISSUER'),
    oidcAudience: read.text('OIDC_AUDIENCE', ''),
    oidcJwksUrl: read.url('OIDC_JWKS_URL'),
    oidcRolesClaim: read.text('OIDC_ROLES_CLAIM', 'roles'),
    oidcSubjectClaim: read.text('OIDC_SUBJECT_CLAIM', 'sub'),
    oidcRoles: read.groups('OIDC_ROLES'),
    oidcClockSkewS: read.integer('OIDC_CLOCK_SKEW_S', 30, { min: 0, max: 300 }),

    clock: read.oneOf('CLOCK', 'live', ['live', 'feed', 'catch-up']),
    processors: read.processors('PROCESSORS'),
    logLevel: read.oneOf('LOG_LEVEL', 'info', LOG_LEVELS),
    logFormat: read.oneOf('LOG_FORMAT', 'json', ['json', 'pretty']),
    stocktideHome: resolve(read.text('STOCKTIDE_HOME', '.stocktide')),

    maxBodyBytes: read.integer('MAX_BODY_BYTES', 16 * MIB, { min: KIB, max: GIB }),
    maxEventBytes: read.integer('MAX_EVENT_BYTES', 64 * KIB, { min: KIB, max: 900 * KIB }),
    maxBatchEvents: read.integer('MAX_BATCH_EVENTS', 10_000, { min: 1, max: 1_000_000 }),
    maxInFlight: read.integer('MAX_IN_FLIGHT', 8192, { min: 1, max: 1_000_000 }),
    maxInFlightBytes: read.integer('MAX_IN_FLIGHT_BYTES', 64 * MIB, { min: MIB, max: 4 * GIB }),
    maxFutureMs: read.integer('MAX_FUTURE_MS', 300_000, { min: 0, max: 86_400_000 }),
    publishTimeoutMs: read.integer('PUBLISH_TIMEOUT_MS', 5000, { min: 100, max: 120_000 }),
    drainTimeoutMs: read.integer('DRAIN_TIMEOUT_MS', DRAIN_TIMEOUT_MS, { min: 100, max: 600_000 }),

    flushRows: read.integer('FLUSH_ROWS', 50_000, { min: 1, max: 1_000_000 }),
    flushMs: read.integer('FLUSH_MS', 1000, { min: 10, max: 60_000 }),
    maxPendingRows: read.integer('MAX_PENDING_ROWS', 200_000, { min: 1, max: 10_000_000 }),
    maxReadAhead: read.integer('MAX_READ_AHEAD', 1024, { min: 2, max: 1_000_000 }),
    snapshotEvents: read.integer('SNAPSHOT_EVENTS', 500_000, { min: 1, max: 1_000_000_000 }),
    recentIds: read.integer('RECENT_IDS', 1_048_576, { min: 1, max: 100_000_000 }),
    recentMovements: read.integer('RECENT_MOVEMENTS', 1_048_576, { min: 1, max: 100_000_000 }),

    liveMaxClients: read.integer('LIVE_MAX_CLIENTS', 5000, { min: 1, max: 100_000 }),
    liveMaxTopics: read.integer('LIVE_MAX_TOPICS', 5000, { min: 1, max: 1_000_000 }),
    liveMaxBufferedBytes: read.integer('LIVE_MAX_BUFFERED_BYTES', MIB, {
      min: 64 * KIB,
      max: 64 * MIB,
    }),

    streamReplicas: read.integer('STREAM_REPLICAS', 1, { min: 1, max: 5 }),
    logMaxAgeDays: read.integer('LOG_MAX_AGE_DAYS', 30, { min: 1, max: 3650 }),
    logMaxBytes: read.integer('LOG_MAX_BYTES', 20 * GIB, { min: MIB, max: 1024 * 1024 * GIB }),
    inboxMaxBytes: read.integer('INBOX_MAX_BYTES', GIB, { min: MIB, max: 1024 * GIB }),
    deadMaxAgeDays: read.integer('DEAD_MAX_AGE_DAYS', 14, { min: 1, max: 3650 }),
    deadMaxBytes: read.integer('DEAD_MAX_BYTES', GIB, { min: MIB, max: 1024 * GIB }),
    signalsMaxAgeDays: read.integer('SIGNALS_MAX_AGE_DAYS', 3, { min: 1, max: 3650 }),
    signalsMaxBytes: read.integer('SIGNALS_MAX_BYTES', GIB, { min: MIB, max: 1024 * GIB }),
    snapshotsMaxBytes: read.integer('SNAPSHOTS_MAX_BYTES', 4 * GIB, { min: MIB, max: 1024 * GIB }),
  };

  if ((config.natsUser === '') !== (config.natsPassword === '')) {
    faults.push({
      variable: 'NATS_USER',
      value: config.natsUser,
      allowed: 'NATS_USER and NATS_PASSWORD are set together or not at all',
    });
  }
  if (!isLoopback(config.host) && config.access === 'open') {
    faults.push({
      variable: 'ACCESS',
      value: config.access,
      allowed: `credentials, since HOST=${config.host} is reachable from elsewhere (or HOST=127.0.0.1)`,
    });
  }
  const oidc = [config.oidcIssuer, config.oidcAudience, config.oidcJwksUrl];
  if (oidc.some((part) => part === '') && oidc.some((part) => part !== '')) {
    faults.push({
      variable: 'OIDC_ISSUER',
      value: config.oidcIssuer,
      allowed: 'OIDC_ISSUER, OIDC_AUDIENCE and OIDC_JWKS_URL are set together or not at all',
    });
  }
  if (config.maxPendingRows < config.flushRows) {
    faults.push({
      variable: 'MAX_PENDING_ROWS',
      value: String(config.maxPendingRows),
      allowed: `at least FLUSH_ROWS (${config.flushRows})`,
    });
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(config);
}

/** Whether a listening address is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  const bare = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return bare === 'localhost' || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare);
}

/** The typed reads of single variables; a bad one is noted in `faults` and its default stands in. */
function reader(env: NodeJS.ProcessEnv, faults: ConfigFault[]) {
  const raw = (variable: string) => env[variable]?.trim() ?? '';
  const fault = (variable: string, allowed: string) => {
    faults.push({ variable, value: raw(variable), allowed });
  };

  return {
    text: (variable: string, fallback: string) => raw(variable) || fallback,

    matching(variable: string, fallback: string, rule: { pattern: RegExp; allowed: string }) {
      const value = raw(variable) || fallback;
      if (!rule.pattern.test(value)) fault(variable, rule.allowed);
      return value;
    },

    integer(variable: string, fallback: number, { min, max }: { min: number; max: number }) {
      const value = raw(variable);
      if (value === '') return fallback;
      const number = /^\d+$/.test(value) ? Number(value) : NaN;
      if (number >= min && number <= max) return number;
      fault(variable, `a whole number from ${min} to ${max}`);
      return fallback;
    },

    oneOf<T extends string>(variable: string, fallback: T, allowed: readonly T[]): T {
      const value = raw(variable) || fallback;
      const found = allowed.find((one) => one === value);
      if (found === undefined) fault(variable, `one of ${allowed.join(', ')}`);
      return found ?? fallback;
    },

    /** One URL, or several of a cluster with commas between; credentials have variables of their own. */
    urls(variable: string, fallback: string, schemes: readonly string[]) {
      const value = raw(variable) || fallback;
      const good = value.split(',').every((part) => {
        const url = URL.canParse(part.trim()) ? new URL(part.trim()) : null;
        return url !== null && schemes.includes(url.protocol) && !url.username && !url.password;
      });
      if (!good) {
        const examples = schemes.map((scheme) => `${scheme}//host:port`).join(' or ');
        fault(variable, `${examples}, without user and password in it`);
      }
      return value;
    },

    list(variable: string): string[] {
      return raw(variable)
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean);
    },

    /** One URL, or empty. */
    url(variable: string) {
      const value = raw(variable);
      const url = URL.canParse(value) ? new URL(value) : null;
      const good = url !== null && ['http:', 'https:'].includes(url.protocol);
      if (value !== '' && !good) fault(variable, 'https://host/path');
      return value;
    },

    /** `ops-leads=operator,data=analyst`; a group that is called like a role is that role. */
    groups(variable: string): Record<string, Role> {
      const groups: Record<string, Role> = Object.fromEntries(
        ROLE_NAMES.map((role) => [role, role]),
      );
      for (const pair of raw(variable).split(',').filter(Boolean)) {
        const [, group = '', name = ''] = /^\s*(.+?)\s*=\s*(\w+)\s*$/.exec(pair) ?? [];
        const role = ROLE_NAMES.find((one) => one === name);
        if (role === undefined) {
          fault(variable, `a list of group=role with the roles ${ROLE_NAMES.join(', ')}`);
        } else groups[group] = role;
      }
      return groups;
    },

    /** `all`, or a list such as `archive,stock:0-7`. */
    processors(variable: string): 'all' | readonly ProcessorSlice[] {
      const value = raw(variable) || 'all';
      if (value === 'all') return 'all';
      const slices = value.split(',').map((part) => {
        const match = /^([a-z]+)(?::(\d{1,2})-(\d{1,2}))?$/.exec(part.trim());
        const [, name = '', lo = '0', hi = '15'] = match ?? [];
        return { name, lo: Number(lo), hi: Number(hi) };
      });
      if (slices.some(({ name, lo, hi }) => name === '' || lo > hi || hi > 15)) {
        fault(variable, 'all, or a list of name or name:lo-hi with buckets 0 to 15 (stock:0-7)');
      }
      return slices;
    },
  };
}

/** Secrets are not repeated into a log. */
function shown(variable: string, value: string): string {
  return /PASSWORD|TOKEN/.test(variable) && value !== '' ? '(hidden)' : JSON.stringify(value);
}
