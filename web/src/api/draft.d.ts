// Until docs/openapi.yaml has them: the operations of the audit log.
type Answers<Body> = { 200: { headers: { [name: string]: unknown }; content: { 'application/json': Body } } };
type Free<Answer, Body = never, Query = never> = {
  parameters: { query?: [Query] extends [never] ? never : Query; header?: never; path?: never; cookie?: never };
  requestBody?: [Body] extends [never] ? never : { content: { 'application/json': Body } };
  responses: Answer;
};

export interface AuditEntry {
  id: string;
  at: string;
  actor: string | null;
  actor_kind: 'user' | 'token' | 'cli' | 'system' | 'anonymous';
  address: string | null;
  action: string;
  target: string | null;
  outcome: 'ok' | 'refused' | 'failed' | 'begun';
  code: string | null;
  detail: string | null;
  before: string | null;
  after: string | null;
  count: number;
  request_id: string | null;
}
export interface AuditVerdict {
  ok: boolean;
  checked: number;
  first_bad: string | null;
  why: string | null;
  next: string | null;
  newest: { id: string; hash: string };
}
type List<Item> = { items: Item[] | null; next: string | null };
interface AuditQuery {
  actor?: string;
  action?: string;
  outcome?: AuditEntry['outcome'];
  since?: string;
  until?: string;
  cursor?: string;
  limit?: number;
}

export interface DraftPaths {
  '/api/v1/audit': { get: Free<Answers<List<AuditEntry>>, never, AuditQuery> };
  '/api/v1/audit/verify': { get: Free<Answers<AuditVerdict>, never, { after?: number }> };
}
