/** The product's mark: a shield with a list on it. */
export function Mark({ className = 'size-6' }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={`${className} shrink-0`} aria-hidden="true">
      <path className="fill-accent" d="M16 1.5 28 5v10.200c0 7.400-4.900 12.600-12 15.300C8.900 27.800 4 22.600 4 15.200V5z" />
      <path className="stroke-on-accent" fill="none" strokeLinecap="round" strokeWidth="3" d="M10.500 11h11M10.500 16h11M10.500 21h6" />
    </svg>
  );
}
