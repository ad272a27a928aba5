import { api, take } from './client';
import type { IssuedToken, Role, Token, User } from './types';

/** What can be changed about a user. */
export interface UserChange {
  role?: Role;
  disabled?: boolean;
  password?: string;
}

/** Adds a user; throws a Problem. */
export function addUser(username: string, role: Role, password: string): Promise<User> {
  return take(api.POST('/api/v1/users', { body: { username, role, password } }));
}

/** Changes a user; throws a Problem, `last_admin` where nobody could administer any more. */
export function changeUser(id: string, change: UserChange): Promise<User> {
  return take(api.PATCH('/api/v1/users/{id}', { params: { path: { id } }, body: change }));
}

/** Deletes a user with sessions and tokens. */
export async function deleteUser(id: string): Promise<void> {
  await take(api.DELETE('/api/v1/users/{id}', { params: { path: { id } } }));
}

/** Changes one's own password; all other sessions end. */
export async function changePassword(current: string, next: string): Promise<void> {
  await take(api.POST('/api/v1/auth/password', { body: { current, new: next } }));
}

/** Ends sessions one after the other: one's own, or for administrators anybody's. */
export async function endSessions(ids: readonly string[]): Promise<void> {
  for (const id of ids) await take(api.DELETE('/api/v1/auth/sessions/{id}', { params: { path: { id } } }));
}

/** Makes an API token; its text comes this once. */
export function createToken(name: string, scope: Token['scope'], days: number): Promise<IssuedToken> {
  return take(api.POST('/api/v1/tokens', { body: { name, scope, expires_in_seconds: days * 86_400 } }));
}

/** Ends an API token. */
export async function revokeToken(id: string): Promise<void> {
  await take(api.DELETE('/api/v1/tokens/{id}', { params: { path: { id } } }));
}
