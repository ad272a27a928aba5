import { t } from '@lingui/core/macro';
import type { Outcome } from '@/api/types';
import { isNetwork, sizeOf, type Target } from '@/lib/address';
import { number } from '@/lib/time';
import { Check } from '@/ui/field';

/** How many addresses a network holds, as people say it. */
export function sizeInWords(target: Target): string {
  const size = sizeOf(target);
  return 'exact' in size ? number(size.exact) : `2^${size.power}`;
}

interface WideConfirmProps {
  targets: Target[];
  wide: Outcome[];
  checked: boolean;
  onCheck: (checked: boolean) => void;
}

/** The second yes for networks that hold very many addresses. */
export function WideConfirm({ targets, wide, checked, onCheck }: WideConfirmProps) {
  const named = targets.filter((one) => wide.some((o) => o.address === one.text));
  const networks = (named.length > 0 ? named : targets.filter(isNetwork)).toSorted((a, b) => a.bits - b.bits);
  const [widest] = networks;
  if (widest === undefined) return null;
  return (
    <div className="rounded-md bg-warn-soft p-3 text-warn">
      <Check checked={checked} onChange={(event) => onCheck(event.target.checked)}>
        {networks.length === 1
          ? t`Yes, ban all ${sizeInWords(widest)} addresses in ${widest.text}`
          : t`Yes, ban ${number(networks.length)} networks; the widest, ${widest.text}, holds ${sizeInWords(widest)} addresses`}
      </Check>
    </div>
  );
}
