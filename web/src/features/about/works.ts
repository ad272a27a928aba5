/** Libraries that are part of the page, with their licences. */
export const works: readonly { name: string; licence: string }[] = [
  { name: 'React', licence: 'MIT' },
  { name: 'Base UI', licence: 'MIT' },
  { name: 'TanStack Router, Query, Virtual', licence: 'MIT' },
  { name: 'openapi-fetch', licence: 'MIT' },
  { name: 'Lingui', licence: 'MIT' },
  { name: 'Valibot', licence: 'MIT' },
  { name: 'Lucide icons', licence: 'ISC' },
  { name: 'Floating UI', licence: 'MIT' },
];
