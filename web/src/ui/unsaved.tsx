import { t } from '@lingui/core/macro';
import { useBlocker } from '@tanstack/react-router';
import { Confirm } from './dialog';

interface UnsavedProps {
  /** There is something typed that is not applied. */
  when: boolean;
  /** What was typed stays while only what stands behind the path changes: a tab, a filter. */
  withinPath?: boolean;
}

/** Asks before what was typed is lost: when the page is left, and when its window is closed or loaded anew. */
export function Unsaved({ when, withinPath = false }: UnsavedProps) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) =>
      when && (current.pathname !== next.pathname || (!withinPath && JSON.stringify(current.search) !== JSON.stringify(next.search))),
    enableBeforeUnload: when,
    withResolver: true,
  });
  return (
    <Confirm
      open={status === 'blocked'}
      onCancel={() => reset?.()}
      onConfirm={() => proceed?.()}
      title={t`Leave without applying?`}
      verb={t`Leave`}
      danger
    >
      <p>{t`What you changed here is not applied. It is lost when you leave.`}</p>
    </Confirm>
  );
}
