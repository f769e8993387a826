/** Requests to the REST interface; what goes wrong comes back as a sentence for people. */
import type { AtpExplanation, SkuSearch } from '../../../contracts/atp.ts';
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

/** An answer that is not what was asked for. `status` is 0 when there was none at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
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

const getJson = <T>(path: string, signal: AbortSignal): Promise<T> =>
  askJson<T>(path, { signal, headers: { accept: 'application/json' } });

const postJson = <T>(path: string, body: object): Promise<T> =>
  askJson<T>(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
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
  throw new ApiError(response.status, await reasonOf(response));
}

/** The detail of a problem document (RFC 9457), or what the status says. */
async function reasonOf(response: Response): Promise<string> {
  try {
    const problem = (await response.json()) as { title?: string; detail?: string };
    return problem.detail ?? problem.title ?? response.statusText;
  } catch {
    return `The answer was ${response.status} ${response.statusText}.`;
  }
}
