import { t } from '@lingui/core/macro';
import { useQueryClient } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { revokeToken } from '@/api/accounts';
import { tokensQuery } from '@/api/queries';
import type { Token } from '@/api/types';
import { useNow } from '@/lib/clock';
import { visible } from '@/lib/plain';
import { Badge } from '@/ui/badge';
import { Button } from '@/ui/button';
import { Card } from '@/ui/card';
import { Confirm } from '@/ui/dialog';
import { Bars, Empty, Failure } from '@/ui/states';
import { tell, tellProblem } from '@/ui/toast';
import { When } from '@/ui/when';

interface TokenListProps {
  query: { isError: boolean; error: unknown; refetch: () => unknown };
  tokens: Token[] | undefined;
  aside?: ReactNode;
}

/** API tokens: for programs, which can't type a password. Each can be ended. */
export function TokenList({ query, tokens, aside }: TokenListProps) {
  const client = useQueryClient();
  const [asked, setAsked] = useState<Token>();
  const [busy, setBusy] = useState(false);
  const revoke = async (token: Token) => {
    setBusy(true);
    try {
      await revokeToken(token.id);
      tell({ title: t`Token ${visible(token.name)} revoked` });
    } catch (error) {
      tellProblem(t`The token was not revoked`, error);
    } finally {
      setBusy(false);
      setAsked(undefined);
      void client.invalidateQueries({ queryKey: tokensQuery.queryKey });
    }
  };
  return (
    <Card title={t`API tokens`} aside={aside} flush>
      {tokens === undefined ? (
        query.isError ? (
          <Failure inset error={query.error} retry={() => void query.refetch()} />
        ) : (
          <Bars lines={2} className="p-4" />
        )
      ) : tokens.length === 0 ? (
        <Empty hint={t`A program signs in with a token: scripts, monitoring, the command line on another machine.`}>{t`No tokens.`}</Empty>
      ) : (
        <ul className="divide-y divide-line">
          {tokens.map((token) => (
            <Line key={token.id} token={token} onRevoke={() => setAsked(token)} />
          ))}
        </ul>
      )}
      <Confirm
        open={asked !== undefined}
        danger
        busy={busy}
        onCancel={() => setAsked(undefined)}
        onConfirm={() => asked !== undefined && void revoke(asked)}
        title={t`Revoke ${visible(asked?.name ?? '')}?`}
        verb={t`Revoke the token`}
      >
        <p>{t`Programs that use it are refused at once. It can't be brought back.`}</p>
      </Confirm>
    </Card>
  );
}

function Line({ token, onRevoke }: { token: Token; onRevoke: () => void }) {
  const over = Date.parse(token.expires_at) <= useNow();
  const name = visible(token.name);
  return (
    <li className="flex items-center gap-3 px-4 py-3 text-sm">
      <KeyRound className="size-5 shrink-0 text-muted max-md:hidden" aria-hidden />
      <div className="flex min-w-0 flex-1 flex-col gap-0.5">
        <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="font-medium wrap-anywhere">{name}</span>
          <Badge tone={token.scope === 'write' ? 'accent' : 'neutral'}>
            {token.scope === 'write' ? t`reads and writes` : t`only reads`}
          </Badge>
          {over && <Badge tone="warn">{t`expired`}</Badge>}
        </span>
        <span className="flex flex-wrap gap-x-3 text-xs text-muted">
          <span>
            {t`Last used`} {token.last_used_at === null ? t`never` : <When at={token.last_used_at} />}
          </span>
          <span>
            {t`made`} <When at={token.created_at} as="clock" />
          </span>
          <span>
            {over ? t`ended` : t`ends`} <When at={token.expires_at} />
          </span>
        </span>
      </div>
      <Button size="small" onClick={onRevoke} aria-label={t`Revoke ${name}`}>
        {t`Revoke…`}
      </Button>
    </li>
  );
}
