import { t } from '@lingui/core/macro';
import { chooseSingleKeys, singleKeys } from '@/lib/preferences';
import { useStore } from '@/lib/store';
import { Dialog } from '@/ui/dialog';
import { Check } from '@/ui/field';
import { Keys } from '@/ui/keys';

function groups(): { title: string; keys: [keys: string, does: string][] }[] {
  return [
    {
      title: t`Anywhere`,
      keys: [
        ['mod+k', t`Find a page, jail or address; ban one`],
        ['b', t`Ban an address`],
        ['g o', t`Go to Overview`],
        ['g b', t`Go to Bans`],
        ['g h', t`Go to History`],
        ['g j', t`Go to Jails`],
        ['mod+z', t`Undo, while its notice is there`],
        ['?', t`This list`],
        ['F6', t`Go to the notices`],
        ['Esc', t`Close; clear the selection`],
      ],
    },
    {
      title: t`In lists`,
      keys: [
        ['/', t`Go to the search field`],
        ['j k', t`Next and previous row (also arrows)`],
        ['x', t`Choose the row (also Space); Shift with arrows extends`],
        ['mod+a', t`Choose all loaded rows`],
        ['Enter', t`Open the row`],
        ['u', t`Unban what is chosen`],
        ['c', t`Copy the address`],
      ],
    },
  ];
}

/** All keys, and the switch for those without Ctrl. */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  const on = useStore(singleKeys);
  return (
    <Dialog open onClose={onClose} title={t`Keys`} wide>
      <div className="grid gap-x-10 gap-y-6 md:grid-cols-2">
        {groups().map(({ title, keys }) => (
          <section key={title}>
            <h3 className="mb-1 text-sm font-semibold">{title}</h3>
            <dl>
              {keys.map(([spelling, does]) => (
                <div key={spelling} className="flex min-h-8 items-center justify-between gap-4 border-b border-line text-sm">
                  <dt className="order-last">
                    <Keys keys={spelling} />
                  </dt>
                  <dd className="text-muted">{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <div className="mt-5">
        <Check checked={on} onChange={(event) => chooseSingleKeys(event.target.checked)}>
          {t`Single letters act (off helps with speech input)`}
        </Check>
      </div>
    </Dialog>
  );
}
