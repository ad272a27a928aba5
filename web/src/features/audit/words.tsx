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
export function Actor({ entry }: { entry: AuditEntry }) {
  const how = kindInWords(entry.actor_kind);
  return (
    <span className="truncate" title={`${visible(entry.actor)} ${how}`.trim()}>
      {entry.actor === '' ? <span className="text-muted">{t`nobody signed in`}</span> : visible(entry.actor)}
      {how !== '' && <span className="text-muted"> {how}</span>}
    </span>
  );
}
