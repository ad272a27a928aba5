import type { Role } from '@/api/types';
import { rightsInWords, roleInWords } from '@/api/words';
import type { Choice } from '@/ui/pick';

/** The roles with what each may do, least first. */
export function roleChoices(): Choice<Role>[] {
  return (['viewer', 'operator', 'admin'] as const).map((value) => ({ value, label: roleInWords(value), note: rightsInWords(value) }));
}
