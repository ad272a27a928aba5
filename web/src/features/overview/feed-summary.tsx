import { plural } from '@lingui/core/macro';
import { useEffect, useState } from 'react';
import { live } from '@/api/source';

const everyMs = 30_000;

/** Tells a screen reader, at most twice a minute, what the feed shows row by row. */
export function FeedSummary() {
  const [text, setText] = useState('');
  useEffect(() => {
    let bans = 0;
    let unbans = 0;
    const stop = live.subscribe(({ events }) => {
      for (const event of events) {
        if (event.kind === 'ban' && !event.restored) bans += 1;
        if (event.kind === 'unban') unbans += 1;
      }
    });
    const timer = setInterval(() => {
      if (bans + unbans > 0) {
        const banned = plural(bans, { one: '# ban', other: '# bans' });
        const lifted = plural(unbans, { one: '# unban', other: '# unbans' });
        setText(`${banned}, ${lifted}`);
      }
      bans = 0;
      unbans = 0;
    }, everyMs);
    return () => {
      stop();
      clearInterval(timer);
    };
  }, []);
  return (
    <p role="status" className="sr-only">
      {text}
    </p>
  );
}
