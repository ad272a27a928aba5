// Until docs/openapi.yaml has them: the operations of accounts and audit.
type Answers<Body> = { 200: { headers: { [name: string]: unknown }; content: { 'application/json': Body } } };
type Nothing = { 204: { headers: { [name: string]: unknown }; content?: never } };
type Op<Answer, Body = never, Path = never, Query = never> = {
  parameters: {
    query?: [Query] extends [never] ? never : Query;
    header?: never;
    path: [Path] extends [never] ? never : Path;
    cookie?: never;
  };
  requestBody?: [Body] extends [never] ? never : { content: { 'application/json': Body } };
  responses: Answer;
};
type Free<Answer, Body = never, Query = never> = {
  parameters: { query?: [Query] extends [never] ? never : Query; header?: never; path?: never; cookie?: never };
  requestBody?: [Body] extends [never] ? never : { content: { 'application/json': Body } };
  responses: Answer;
};

export type Role = 'viewer' | 'operator' | 'admin';

export interface Session {
  user: { id: string; username: string; role: Role };
  via: 'session' | 'token';
  session_id: string;
  created_at: string;
  expires_at: string;
  idle_expires_at: string;
  fresh_until: string | null;
  secure: boolean;
}
export interface User {
  id: string;
  username: string;
  role: Role;
  disabled: boolean;
  created_at: string;
  last_sign_in_at: string | null;
  password_changed_at: string;
}
export interface SessionItem {
  id: string;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
  address: string;
  agent: string;
  current: boolean;
}
export interface Token {
  id: string;
  name: string;
  scope: 'read' | 'write';
  username: string;
  created_at: string;
  expires_at: string;
  last_used_at: string | null;
}
export interface AuditEntry {
  id: string;
  at: string;
  actor: string;
  actor_kind: 'user' | 'token' | 'cli' | 'system';
  address: string | null;
  action: string;
  target: string | null;
  outcome: 'ok' | 'refused' | 'failed';
  code: string | null;
  detail: string | null;
  before: unknown;
  after: unknown;
  request_id: string | null;
}
export interface AuditCheck {
  ok: boolean;
  checked: number;
  first_bad: string | null;
}
type List<Item> = { items: Item[] | null; next: string | null };
type Id = { id: string };
interface AuditQuery {
  actor?: string;
  action?: string;
  outcome?: string;
  since?: string;
  until?: string;
  cursor?: string;
  limit?: number;
}

export interface DraftPaths {
  '/api/v1/setup': {
    get: Free<Answers<{ needed: boolean }>>;
    post: Free<Nothing, { token: string; username: string; password: string }>;
  };
  '/api/v1/auth/login': { post: Free<Nothing, { username: string; password: string }> };
  '/api/v1/auth/logout': { post: Free<Nothing> };
  '/api/v1/auth/session': { get: Free<Answers<Session>> };
  '/api/v1/auth/step-up': { post: Free<Nothing, { password: string }> };
  '/api/v1/auth/password': { post: Free<Nothing, { current: string; new: string }> };
  '/api/v1/auth/sessions': { get: Free<Answers<List<SessionItem>>> };
  '/api/v1/auth/sessions/{id}': { delete: Op<Nothing, never, Id> };
  '/api/v1/users': {
    get: Free<Answers<List<User>>>;
    post: Free<Answers<User>, { username: string; role: Role; password: string }>;
  };
  '/api/v1/users/{id}': {
    get: Op<Answers<User>, never, Id>;
    patch: Op<Answers<User>, { role?: Role; disabled?: boolean; password?: string }, Id>;
    delete: Op<Nothing, never, Id>;
  };
  '/api/v1/users/{id}/sessions': { get: Op<Answers<List<SessionItem>>, never, Id> };
  '/api/v1/tokens': {
    get: Free<Answers<List<Token>>>;
    post: Free<Answers<Token & { token: string }>, { name: string; scope: 'read' | 'write'; expires_in_seconds: number }>;
  };
  '/api/v1/tokens/{id}': { delete: Op<Nothing, never, Id> };
  '/api/v1/audit': { get: Free<Answers<List<AuditEntry>>, never, AuditQuery> };
  '/api/v1/audit/verify': { get: Free<Answers<AuditCheck>> };
}
