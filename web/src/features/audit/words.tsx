import { t } from '@lingui/core/macro';
import type { AuditEntry } from '@/api/types';
import { visible } from '@/lib/plain';
import { Badge, type Tone } from '@/ui/badge';

/** What became of it: a word and its tone. */
export function outcomeInWords(outcome: AuditEntry['outcome']): { word: string; tone: Tone; mark: string } {
  switch (outcome) {
    case 'ok':
      return { word: t`Done`, tone: 'ok', mark: '✓' };
    case 'refused':
      return { word: t`Refused`, tone: 'warn', mark: '⊘' };
    case 'begun':
      return { word: t`Unfinished`, tone: 'warn', mark: '?' };
    default:
      return { word: t`Failed`, tone: 'danger', mark: '✕' };
  }
}

export function OutcomeBadge({ outcome }: { outcome: AuditEntry['outcome'] }) {
  const { word, tone, mark } = outcomeInWords(outcome);
  // Most went well: quiet, so that the others are seen.
  if (outcome === 'ok') {
    return (
      <span className="inline-flex items-center gap-1 px-1.5 text-xs text-muted">
        <span aria-hidden className="text-ok">
          {mark}
        </span>
        {word}
      </span>
    );
  }
  return (
    <Badge tone={tone}>
      <span aria-hidden>{mark}</span>
      {word}
    </Badge>
  );
}

/** By what somebody acted; '' where it is a person on the page. */
export function kindInWords(kind: AuditEntry['actor_kind']): string {
  switch (kind) {
    case 'token':
      return t`by API token`;
    case 'cli':
      return t`on the command line`;
    case 'system':
      return t`by itself`;
    default:
      return '';
  }
}

/** Who it was, with how. */
export function Actor({ entry: { actor, actor_kind } }: { entry: AuditEntry }) {
  const how = kindInWords(actor_kind);
  if (actor_kind === 'system') return <span className="text-muted">BanGUI</span>;
  if (actor === null) return <span className="text-muted">{t`nobody signed in`}</span>;
  return (
    <span title={`${visible(actor)} ${how}`.trim()}>
      {visible(actor)}
      {how !== '' && <span className="text-muted"> {how}</span>}
    </span>
  );
}

/** What was to be done, in words; what this page doesn't know stays as it is called. */
export function actionInWords(action: string): string {
  return words()[action] ?? visible(action);
}

function words(): Record<string, string> {
  return {
    'audit.trim': t`Clean up the audit log`,
    'auth.login': t`Sign-in`,
    'auth.logout': t`Sign-out`,
    'auth.step_up': t`Confirm password`,
    'auth.password': t`Change own password`,
    'backtest.start': t`Back-test a jail`,
    'backtest.stop': t`Stop a back-test`,
    'ban.create': t`Ban`,
    'ban.lift': t`Unban`,
    'config.adopt': t`Adopt what was changed by hand`,
    'config.change': t`Change the configuration`,
    'config.confirm': t`Keep a change on trial`,
    'config.restore': t`Restore a version of the configuration`,
    'config.revert': t`Take back a change on trial`,
    'config.revert_drift': t`Put back what was changed by hand`,
    'expression.test': t`Try expressions on a log`,
    'host.reload': t`Reload configuration`,
    'jail.idle': t`Pause or resume jail`,
    'jail.reload': t`Reload jail`,
    'jail.start': t`Start jail`,
    'jail.stop': t`Stop jail`,
    'job.pause': t`Pause or resume a background job`,
    'job.run': t`Run a background job`,
    'lease.release': t`Hand over the background jobs`,
    'lease.steal': t`Take away the background jobs`,
    'manual_jail.add': t`Add the jail for bans by hand`,
    'manual_jail.remove': t`Remove the jail for bans by hand`,
    'saved_filter.change': t`Change saved filter`,
    'saved_filter.create': t`Save filter`,
    'saved_filter.remove': t`Delete saved filter`,
    'server.change': t`Change fail2ban's server`,
    'server.flush_logs': t`Flush fail2ban's log`,
    'server.put_back': t`Put back a change that fail2ban fell over`,
    'server.restart': t`Restart fail2ban`,
    several: t`Refusals of several kinds`,
    'session.end': t`End session`,
    setup: t`Set-up`,
    'token.create': t`Create token`,
    'token.revoke': t`Revoke token`,
    'user.add': t`Add user`,
    'user.change': t`Change user`,
    'user.remove': t`Delete user`,
  };
}

/** The kinds of actions that a list can be narrowed to; the API takes the beginning of a name. */
export function actionKinds(): [prefix: string, label: string][] {
  return [
    ['ban', t`Bans`],
    ['jail', t`Jails`],
    ['auth', t`Sign-in and password`],
    ['session', t`Sessions`],
    ['user', t`Users`],
    ['token', t`API tokens`],
    ['config', t`Configuration`],
    ['host', t`Reloads of fail2ban`],
    ['server', t`Server`],
    ['manual_jail', t`Jail for bans by hand`],
    ['expression', t`Expression tester`],
    ['backtest', t`Back-tests`],
    ['job', t`Background jobs`],
    ['lease', t`Who does the jobs`],
    ['audit', t`Audit log`],
    ['saved_filter', t`Saved filters`],
    ['setup', t`Set-up`],
  ];
}
