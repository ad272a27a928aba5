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
export type GeoDatabase = Schemas['GeoDatabase'];
export type GeoPlace = Pick<Schemas['GeoLookup'], 'country' | 'asn' | 'network' | 'city' | 'special'>;
export type Host = Schemas['Host'];
export type Jail = Schemas['Jail'];
export type JailDetail = Schemas['JailDetail'];
export type ManualJail = Schemas['ManualJail'];
export type Outcome = Schemas['Outcome'];
