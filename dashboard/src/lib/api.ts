/** Requests to the REST interface; what goes wrong comes back as a sentence for people. */
import type { AtpExplanation, SkuSearch } from '../../../contracts/atp.ts';
import type { BacktestRequest, BacktestView } from '../../../contracts/backtest.ts';
import type {
  BulkOutcome,
  CaseDetail,
  CaseList,
  CaseOptions,
  CommandOutcome,
} from '../../../contracts/cases.ts';
import type {
  KpiCatalogueView,
  KpiDetail,
  KpiDimension,
  KpiWindowName,
  QuestionAnswer,
} from '../../../contracts/kpi.ts';
import type {
  PolicyCatalogue,
  PolicyChange,
  PolicyChanged,
  PolicyHistory,
} from '../../../contracts/policies.ts';

interface Fault {
  readonly field?: string | undefined;
  readonly allowed?: string | undefined;
}

/** An answer that is not what was asked for. `status` is 0 when there was none at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Of a problem document: the field at fault, and what it allows. */
  readonly field: string | undefined;
  readonly allowed: string | undefined;

  constructor(status: number, message: string, { allowed, field }: Fault = {}) {
    super(message);
    this.status = status;
    this.field = field;
    this.allowed = allowed;
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

export const listKpis = (window: KpiWindowName, signal: AbortSignal) =>
  getJson<KpiCatalogueView>(`/v1/kpi?window=${window}`, signal);

/** One KPI with its series, cut by a dimension or not. */
export const readKpi = (
  id: string,
  window: KpiWindowName,
  by: KpiDimension | null,
  signal: AbortSignal,
) =>
  getJson<KpiDetail>(
    `/v1/kpi/${encodeURIComponent(id)}?window=${window}${by === null ? '' : `&by=${by}`}`,
    signal,
  );

export const askQuestion = (name: string, window: KpiWindowName, signal: AbortSignal) =>
  getJson<QuestionAnswer>(`/v1/questions/${name}?window=${window}&limit=200`, signal);

/** Cases that match, ranked; a question without an entry asks for the open ones. */
export const listCases = (question: Readonly<Record<string, string>>, signal: AbortSignal) =>
  getJson<CaseList>(`/v1/cases?${new URLSearchParams(question).toString()}`, signal);

const casePath = (caseId: string) => `/v1/cases/${encodeURIComponent(caseId)}`;

export const readCase = (caseId: string, signal: AbortSignal) =>
  getJson<CaseDetail>(casePath(caseId), signal);

export const readCaseOptions = (caseId: string, signal: AbortSignal) =>
  getJson<CaseOptions>(`${casePath(caseId)}/options`, signal);

/** A decision of a person: the fields of a command but the case. */
export type Decision = { readonly command: string; readonly actor: string } & Readonly<
  Record<string, unknown>
>;

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

export const startBacktest = (request: BacktestRequest) =>
  postJson<BacktestView>('/v1/backtests', request);

export const readBacktest = (id: string, signal: AbortSignal) =>
  getJson<BacktestView>(`/v1/backtests/${id}`, signal);

export const cancelBacktest = (id: string) =>
  askJson<BacktestView>(`/v1/backtests/${id}`, { method: 'DELETE' });

const getJson = <T>(path: string, signal: AbortSignal): Promise<T> =>
  askJson<T>(path, { signal, headers: { accept: 'application/json' } });

const postJson = <T>(path: string, body: object, headers = {}): Promise<T> =>
  askJson<T>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

/** Rejects with an ApiError, or with the signal's reason once it is aborted. */
async function askJson<T>(path: string, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new ApiError(0, 'Stocktide cannot be reached.');
  }
  if (response.ok) return (await response.json()) as T;
  throw await errorOf(response);
}

/** What a problem document (RFC 9457) says, or the status. */
async function errorOf(response: Response): Promise<ApiError> {
  const { status, statusText } = response;
  try {
    const problem = (await response.json()) as { title?: string; detail?: string } & Fault;
    return new ApiError(status, problem.detail ?? problem.title ?? statusText, problem);
  } catch {
    return new ApiError(status, `The answer was ${status} ${statusText}.`);
  }
}
