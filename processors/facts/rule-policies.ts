/**
 * Parameters of the rules (contracts/rules.ts): defaults, and the policies that were set over them, item over
 * node over supplier over channel over everywhere. Of two policies about one scope the one with the later
 * event time holds, in whatever order they arrive.
 */
import type { DataOf } from '../../contracts/events.ts';
import { defaultsOf, RULE_CODES, type RuleCode } from '../../contracts/rules.ts';
import type { SnapshotPart } from '../processor.ts';
import { mapParts, restoreMap } from './parts.ts';

/** What a rule is applied to; the narrowest policy that fits it holds. */
export interface RuleSubject {
  readonly sku?: string;
  readonly node?: string;
  readonly supplier?: string;
  readonly channel?: string;
}

export interface RuleSetting {
  readonly enabled: boolean;
  readonly parameters: Readonly<Record<string, number>>;
  /** Log sequence of the policy; 0 for the defaults. */
  readonly version: number;
}

/** A parameter by its name in contracts/rules.ts; each setting has all of them. */
export function parameter({ parameters }: RuleSetting, name: string): number {
  const value = parameters[name];
  if (value === undefined) throw new Error(`the rule has no parameter ${name}`);
  return value;
}

interface Decision {
  readonly enabled: boolean;
  readonly parameters: Readonly<Record<string, number>>;
  readonly atMs: number;
  readonly seq: number;
}

const DEFAULTS = new Map<RuleCode, RuleSetting>(
  RULE_CODES.map((code) => [code, { enabled: true, parameters: defaultsOf(code), version: 0 }]),
);

export class RulePolicies {
  readonly #decisions = new Map<string, Decision>();
  /** Settings of the subjects that were asked for; emptied by each policy. */
  #settings = new Map<string, RuleSetting>();

  set(data: DataOf<'policy.set'>, at: { timeMs: number; seq: number }): void {
    if (!isRule(data)) return;
    const { channel_id, node_id, sku_id, supplier_id } = data.scope;
    const code = data.policy.slice('rule.'.length) as RuleCode;
    const key = keyOf(code, {
      sku: sku_id ?? '',
      node: node_id ?? '',
      supplier: supplier_id ?? '',
      channel: channel_id ?? '',
    });
    const known = this.#decisions.get(key);
    if (known !== undefined && known.atMs > at.timeMs) return;
    const { enabled = true, parameters } = data.value;
    this.#decisions.set(key, { enabled, parameters, atMs: at.timeMs, seq: at.seq });
    this.#settings = new Map();
  }

  /** The setting of a rule for a subject. A policy that names a part of the parameters leaves the others. */
  of(code: RuleCode, subject: RuleSubject = {}): RuleSetting {
    const standard = DEFAULTS.get(code) as RuleSetting;
    if (this.#decisions.size === 0) return standard;
    const { channel = '', node = '', sku = '', supplier = '' } = subject;
    const key = keyOf(code, { sku, node, supplier, channel });
    let setting = this.#settings.get(key);
    if (setting === undefined) {
      setting = this.#resolve(code, { sku, node, supplier, channel }, standard);
      if (this.#settings.size >= MAX_SETTINGS) this.#settings.clear();
      this.#settings.set(key, setting);
    }
    return setting;
  }

  snapshot(): Iterable<SnapshotPart> {
    return mapParts('rules', this.#decisions);
  }

  restore(part: SnapshotPart): void {
    restoreMap(this.#decisions, part.bytes);
  }

  /** From the widest scope to the narrowest, each over the ones before. */
  #resolve(code: RuleCode, subject: Scope, standard: RuleSetting): RuleSetting {
    return scopesOf(subject).reduce<RuleSetting>((setting, scope) => {
      const decision = this.#decisions.get(keyOf(code, scope));
      if (decision === undefined) return setting;
      return {
        enabled: decision.enabled,
        parameters: { ...setting.parameters, ...decision.parameters },
        version: decision.seq,
      };
    }, standard);
  }
}

type Scope = Required<RuleSubject>;

/** Resolved settings that are remembered. */
const MAX_SETTINGS = 10_000;

const keyOf = (code: RuleCode, { channel, node, sku, supplier }: Scope) =>
  `${code} ${sku} ${node} ${supplier} ${channel}`;

/** Scopes that fit a subject, the widest first: each of its keys alone, and the SKU with one more. */
function scopesOf({ channel, node, sku, supplier }: Scope): Scope[] {
  const none: Scope = { sku: '', node: '', supplier: '', channel: '' };
  const scopes = [
    none,
    { ...none, channel },
    { ...none, supplier },
    { ...none, node },
    { ...none, sku },
    { ...none, sku, channel },
    { ...none, sku, supplier },
    { ...none, sku, node },
  ];
  const names = scopes.map((scope) => JSON.stringify(scope));
  return scopes.filter((_, index) => names.indexOf(names[index] as string) === index);
}

type RulePolicy = Extract<DataOf<'policy.set'>, { policy: `rule.${RuleCode}` }>;

const isRule = (data: DataOf<'policy.set'>): data is RulePolicy => data.policy.startsWith('rule.');
