/**
 * Bearer tokens of an identity provider (OpenID Connect): signed JWTs, checked for signature, issuer,
 * audience and time. Keys come from the provider's JWKS by URL and are kept; an unknown key id has them
 * asked for again, though no more often than each `KEYS_COOLDOWN_MS`.
 *
 * The roles claim names groups of the provider; OIDC_ROLES says which of them is which role here. A token
 * without one of those is a person without roles, and every route refuses them.
 */
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import type { Role } from '../../contracts/access.ts';
import type { Config } from '../config.ts';
import { EVERYWHERE, type Caller } from './identity.ts';

export type OidcConfig = Pick<
  Config,
  | 'oidcIssuer'
  | 'oidcAudience'
  | 'oidcJwksUrl'
  | 'oidcRolesClaim'
  | 'oidcSubjectClaim'
  | 'oidcRoles'
  | 'oidcClockSkewS'
>;

/** Why a token is not taken; `unavailable` is a provider whose keys cannot be had. */
export type OidcFailure =
  'expired' | 'issuer' | 'audience' | 'unknown_key' | 'invalid' | 'unavailable';

export type OidcOutcome =
  | { readonly ok: true; readonly caller: Caller }
  | { readonly ok: false; readonly failure: OidcFailure; readonly detail: string };

/** Takes a token; null where no provider is configured. */
export type VerifyOidc = (token: string) => Promise<OidcOutcome>;

const KEYS_TIMEOUT_MS = 5000;
const KEYS_COOLDOWN_MS = 30_000;
const KEYS_MAX_AGE_MS = 600_000;
/** Asymmetric ones only: a public key must never serve as the secret of an HMAC. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'EdDSA',
];
const MAX_SUBJECT_LENGTH = 128;

/** Looks like a JWT: three parts in base64url. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
export const isJwt = (text: string): boolean => JWT.test(text);

export function createOidc(config: OidcConfig): VerifyOidc | null {
  if (config.oidcIssuer === '') return null;
  const keys = createRemoteJWKSet(new URL(config.oidcJwksUrl), {
    timeoutDuration: KEYS_TIMEOUT_MS,
    cooldownDuration: KEYS_COOLDOWN_MS,
    cacheMaxAge: KEYS_MAX_AGE_MS,
  });
  return (token) => verify(token, keys, config);
}

async function verify(
  token: string,
  keys: JWTVerifyGetKey,
  config: OidcConfig,
): Promise<OidcOutcome> {
  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(token, keys, {
      issuer: config.oidcIssuer,
      audience: config.oidcAudience,
      algorithms: ALGORITHMS,
      clockTolerance: config.oidcClockSkewS,
      requiredClaims: ['exp', 'iss', 'aud'],
    }));
  } catch (error) {
    return { ok: false, ...failureOf(error, config) };
  }
  const subject = subjectOf(payload, config.oidcSubjectClaim);
  if (subject === null) {
    return {
      ok: false,
      failure: 'invalid',
      detail: `The token's claim ${config.oidcSubjectClaim} is not the name of somebody`,
    };
  }
  return {
    ok: true,
    caller: {
      subject,
      roles: rolesOf(claimAt(payload, config.oidcRolesClaim), config.oidcRoles),
      scope: EVERYWHERE,
      credential: 'oidc',
      tokenId: null,
      sessionId: null,
      expiresAtMs: ((payload.exp ?? 0) + config.oidcClockSkewS) * 1000,
    },
  };
}

/** Roles of ours that the provider's groups stand for; a single one may come as text. */
export function rolesOf(claim: unknown, groups: Readonly<Record<string, Role>>): Role[] {
  const named =
    typeof claim === 'string' ? claim.split(/[\s,]+/) : Array.isArray(claim) ? claim : [];
  const roles = named.flatMap((group) =>
    typeof group === 'string' && Object.hasOwn(groups, group) ? (groups[group] ?? []) : [],
  );
  return [...new Set(roles)];
}

/** `realm_access.roles` is the field of a field. */
function claimAt(payload: JWTPayload, path: string): unknown {
  if (Object.hasOwn(payload, path)) return payload[path];
  return path
    .split('.')
    .reduce<unknown>(
      (at, name) =>
        typeof at === 'object' && at !== null && Object.hasOwn(at, name)
          ? (at as Record<string, unknown>)[name]
          : undefined,
      payload,
    );
}

function subjectOf(payload: JWTPayload, claim: string): string | null {
  const value = claimAt(payload, claim);
  const isName =
    typeof value === 'string' && /^[^\p{Cc}]+$/u.test(value) && value.length <= MAX_SUBJECT_LENGTH;
  return isName ? value : null;
}

function failureOf(
  error: unknown,
  { oidcAudience, oidcIssuer }: OidcConfig,
): { failure: OidcFailure; detail: string } {
  if (error instanceof errors.JWTExpired) {
    return { failure: 'expired', detail: 'The token of the identity provider has expired' };
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') {
      return { failure: 'issuer', detail: `The token was not issued by ${oidcIssuer}` };
    }
    if (error.claim === 'aud') {
      return { failure: 'audience', detail: `The token is not meant for ${oidcAudience}` };
    }
    return { failure: 'invalid', detail: `The token's claim ${error.claim} does not hold` };
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return { failure: 'unknown_key', detail: 'The token is signed with a key that is not known' };
  }
  const isToken =
    error instanceof errors.JOSEError &&
    !(error instanceof errors.JWKSTimeout) &&
    !(error instanceof errors.JWKSInvalid) &&
    error.code !== 'ERR_JOSE_GENERIC';
  return isToken
    ? { failure: 'invalid', detail: 'The token is not one that can be checked' }
    : { failure: 'unavailable', detail: "The identity provider's keys cannot be read now" };
}
