/** Requests to the REST interface; what goes wrong comes back as a sentence for people. */
import type {
  AccessAuditPage,
  AccessRules,
  SessionView,
  TokenCreated,
  TokenList,
  TokenSpec,
  TokenView,
} from '../../../contracts/access.ts';
import type { AtpExplanation, SkuSearch } from '../../../contracts/atp.ts';
import type { BacktestRequest, BacktestView } from '../../../contracts/backtest.ts';
import type { BrandView } from '../../../contracts/brand.ts';
import type {
  BulkOutcome,
  CaseAudit,
  CaseDetail,
  CaseList,
  CaseOptions,
  CommandOutcome,
} from '../../../contracts/cases.ts';
import type {
  CheckAnswer,
  DiscardRequest,
  FeedsView,
  RejectedLetter,
  RejectedList,
  ReplayRequest,
  Settled,
  SettledList,
} from '../../../contracts/feeds.ts';
import type {
  KpiCatalogueView,
  KpiDetail,
  KpiDimension,
  QuestionAnswer,
} from '../../../contracts/kpi.ts';
import type { MovementList, ReconciliationList } from '../../../contracts/stock-lists.ts';
import type {
  PolicyCatalogue,
  PolicyChange,
  PolicyChanged,
  PolicyHistory,
} from '../../../contracts/policies.ts';

interface Fault {
  readonly field?: string | undefined;
  readonly allowed?: string | undefined;
  readonly position?: { readonly offset: number; readonly length: number } | undefined;
}

/** An answer that is not what was asked for. `status` is 0 when there was none at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Of a problem document: the field at fault, and what it allows. */
  readonly field: string | undefined;
  readonly allowed: string | undefined;
  /** Where in a text that was sent, in characters. */
  readonly position: Fault['position'];

  constructor(status: number, message: string, { allowed, field, position }: Fault = {}) {
    super(message);
    this.status = status;
    this.field = field;
    this.allowed = allowed;
    this.position = position;
  }
}

/** SKUs that match; with an empty `q` those that moved last. */
export const searchSkus = (q: string, limit: number, signal: AbortSignal) =>
  getJson<SkuSearch>(`/v1/skus?q=${encodeURIComponent(q)}&limit=${limit}`, signal);

export const explainAtp = (sku: string, node: string, signal: AbortSignal) =>
  getJson<AtpExplanation>(
    `/v1/atp/${encodeURIComponent(sku)}/${encodeURIComponent(node)}/explain`,
    signal,
  );

/** The newest movements of a SKU, or those behind a cursor. */
export const listMovements = (sku: string, cursor: string | null, signal: AbortSignal) =>
  getJson<MovementList>(stockPath(sku, 'movements', cursor), signal);

/** What counts made of a SKU, the newest first. */
export const listReconciliations = (sku: string, cursor: string | null, signal: AbortSignal) =>
  getJson<ReconciliationList>(stockPath(sku, 'reconciliations', cursor), signal);

const stockPath = (sku: string, list: string, cursor: string | null) =>
  `/v1/skus/${encodeURIComponent(sku)}/${list}?${new URLSearchParams({
    limit: '25',
    ...(cursor === null ? {} : { cursor }),
  }).toString()}`;

export const readBrand = (signal: AbortSignal) => getJson<BrandView>('/v1/brand', signal);

/** What a request says of its window: `window`, or `from` and `to` (lib/period.ts). */
type PeriodQuery = Readonly<Record<string, string>>;
const queryText = (query: PeriodQuery) => new URLSearchParams(query).toString();

export const listKpis = (period: PeriodQuery, signal: AbortSignal) =>
  getJson<KpiCatalogueView>(`/v1/kpi?${queryText(period)}`, signal);

/** One KPI with its series, cut by a dimension or not. */
export const readKpi = (
  id: string,
  period: PeriodQuery,
  by: KpiDimension | null,
  signal: AbortSignal,
) =>
  getJson<KpiDetail>(
    `/v1/kpi/${encodeURIComponent(id)}?${queryText({ ...period, ...(by === null ? {} : { by }) })}`,
    signal,
  );

export const askQuestion = (name: string, period: PeriodQuery, signal: AbortSignal) =>
  getJson<QuestionAnswer>(
    `/v1/questions/${name}?${queryText({ ...period, limit: '200' })}`,
    signal,
  );

/** Cases that match, ranked; a question without an entry asks for the open ones. */
export const listCases = (question: Readonly<Record<string, string>>, signal: AbortSignal) =>
  getJson<CaseList>(`/v1/cases?${new URLSearchParams(question).toString()}`, signal);

const casePath = (caseId: string) => `/v1/cases/${encodeURIComponent(caseId)}`;

export const readCase = (caseId: string, signal: AbortSignal) =>
  getJson<CaseDetail>(casePath(caseId), signal);

export const readCaseAudit = (caseId: string, signal: AbortSignal) =>
  getJson<CaseAudit>(`${casePath(caseId)}/audit`, signal);

export const readCaseOptions = (caseId: string, signal: AbortSignal) =>
  getJson<CaseOptions>(`${casePath(caseId)}/options`, signal);

/** A decision of whoever is signed in: the fields of a command but case and actor. */
export type Decision = { readonly command: string } & Readonly<Record<string, unknown>>;

export const decideCase = (caseId: string, decision: Decision) =>
  postJson<CommandOutcome>(`${casePath(caseId)}/commands`, decision);

export const decideCases = (caseIds: readonly string[], decision: Decision) =>
  postJson<BulkOutcome>('/v1/cases/commands', { case_ids: caseIds, ...decision });

export const listPolicies = (signal: AbortSignal) =>
  getJson<PolicyCatalogue>('/v1/policies', signal);

export const readPolicyHistory = (policy: string, cursor: string | null, signal: AbortSignal) =>
  getJson<PolicyHistory>(
    `/v1/policies/${encodeURIComponent(policy)}/history?limit=20${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
    signal,
  );

/** `seen` is the version of the decision that this one replaces; 0 for none. */
export const changePolicy = (change: PolicyChange, seen: number) =>
  postJson<PolicyChanged>('/v1/policies', change, { 'if-match': `"${seen}"` });

/** Every source with its course over so many hours. */
export const readFeeds = (hours: number, signal: AbortSignal) =>
  getJson<FeedsView>(`/v1/feeds?hours=${hours}`, signal);

/** What the door refused, newest first; an empty `reason` asks for all. */
export const listRejected = (reason: string, cursor: string | null, signal: AbortSignal) =>
  getJson<RejectedList>(
    `/v1/feeds/rejected?${new URLSearchParams({
      limit: '50',
      ...(reason === '' ? {} : { reason }),
      ...(cursor === null ? {} : { cursor }),
    }).toString()}`,
    signal,
  );

export const listSettled = (signal: AbortSignal) =>
  getJson<SettledList>('/v1/feeds/settled?limit=20', signal);

export const readRejected = (seq: number, signal: AbortSignal) =>
  getJson<RejectedLetter>(`/v1/feeds/rejected/${seq}`, signal);

export const replayRejected = (seq: number, request: ReplayRequest) =>
  postJson<Settled>(`/v1/feeds/rejected/${seq}/replay`, request);

export const discardRejected = (seq: number, request: DiscardRequest) =>
  postJson<Settled>(`/v1/feeds/rejected/${seq}/discard`, request);

/** Whether the contract takes an event, or each of a list; nothing is sent. */
export const checkEvent = (event: unknown) => postJson<CheckAnswer>('/v1/feeds/check', { event });

export const startBacktest = (request: BacktestRequest) =>
  postJson<BacktestView>('/v1/backtests', request);

export const readBacktest = (id: string, signal: AbortSignal) =>
  getJson<BacktestView>(`/v1/backtests/${id}`, signal);

export const cancelBacktest = (id: string) =>
  askJson<BacktestView>(`/v1/backtests/${id}`, { method: 'DELETE' });

/** Who is signed in. */
export const readSession = () => askJson<SessionView>('/v1/session', {});
export const signIn = (token: string) => postJson<SessionView>('/v1/session', { token });
export const signOut = () => askJson<SessionView>('/v1/session', { method: 'DELETE' });

export const listTokens = (signal: AbortSignal) => getJson<TokenList>('/v1/tokens', signal);
export const createToken = (spec: TokenSpec) => postJson<TokenCreated>('/v1/tokens', spec);
export const revokeToken = (id: string) =>
  askJson<TokenView>(`/v1/tokens/${encodeURIComponent(id)}`, { method: 'DELETE' });
export const readAccessRules = (signal: AbortSignal) =>
  getJson<AccessRules>('/v1/access/rules', signal);
/** Decisions about access; an empty `action` is any. */
export const readAccessAudit = (action: string, cursor: string | null, signal: AbortSignal) => {
  const query = new URLSearchParams({ limit: '30' });
  if (action !== '') query.set('action', action);
  if (cursor !== null) query.set('cursor', cursor);
  return getJson<AccessAuditPage>(`/v1/access/audit?${query.toString()}`, signal);
};

const unauthenticatedListeners = new Set<() => void>();

/** Has `listener` told when an answer says that nobody is signed in; returns how to end that. */
export function onUnauthenticated(listener: () => void): () => void {
  unauthenticatedListeners.add(listener);
  return () => unauthenticatedListeners.delete(listener);
}

export const getJson = <T>(path: string, signal: AbortSignal): Promise<T> =>
  askJson<T>(path, { signal, headers: { accept: 'application/json' } });

const postJson = <T>(path: string, body: object, headers = {}): Promise<T> =>
  askJson<T>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

/** Rejects with an ApiError, or with the signal's reason once it is aborted. */
async function askJson<T>(path: string, init: RequestInit): Promise<T> {
  const response = await reach(path, init);
  if (response.ok) return (await response.json()) as T;
  throw await errorOf(response);
}

/** The answer, whatever it is. Rejects like `askJson` when there is none. */
export async function reach(path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(path, init).catch((error: unknown) => {
    if (init.signal?.aborted === true) throw error;
    throw new ApiError(0, 'Stocktide cannot be reached.');
  });
  if (response.status === 401 && path !== '/v1/session') {
    for (const listener of unauthenticatedListeners) listener();
  }
  return response;
}

/** What a problem document (RFC 9457) says, or the status. */
export async function errorOf(response: Response): Promise<ApiError> {
  const { status, statusText } = response;
  try {
    const problem = (await response.json()) as { title?: string; detail?: string } & Fault;
    return new ApiError(status, problem.detail ?? problem.title ?? statusText, problem);
  } catch {
    return new ApiError(status, `The answer was ${status} ${statusText}.`);
  }
}
