import type { components } from './schema';

type Schemas = components['schemas'];

export type About = Schemas['About'];
export type Address = Schemas['Address'];
export type AuditEntry = Schemas['AuditEntry'];
export type AuditVerdict = Schemas['AuditVerdict'];
export type Ban = Schemas['Ban'];
export type BanOrder = Schemas['BanOrder'];
export type CurrentSession = Schemas['CurrentSession'];
export type IssuedToken = Schemas['IssuedToken'];
export type Role = User['role'];
export type Session = Schemas['Session'];
export type Token = Schemas['Token'];
export type User = Schemas['User'];
export type Closure = Schemas['Closure'];
export type Evidence = Schemas['Evidence'];
export type Finding = Schemas['Finding'];
export type Host = Schemas['Host'];
export type Jail = Schemas['Jail'];
export type Job = Schemas['Job'];
export type JobDetail = Schemas['JobDetail'];
export type JobRun = Schemas['JobRun'];
export type JailDetail = Schemas['JailDetail'];
export type Lease = Schemas['Lease'];
export type LeaseEvent = Schemas['LeaseEvent'];
export type ManualJail = Schemas['ManualJail'];
export type Outcome = Schemas['Outcome'];
