import { createMemoryHistory, createRootRoute, createRoute, createRouter, Link, Outlet, RouterProvider } from '@tanstack/react-router';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';
import { Typed } from '@/ui/filter-fields';

/** A list whose filter is in the address, and a page behind it that takes its time to be fetched. */
function open(fetched: Promise<void>) {
  const root = createRootRoute({ component: Outlet });
  const list = createRoute({
    getParentRoute: () => root,
    path: '/actions',
    validateSearch: (search): { q?: string } => search,
    component: function List() {
      const { q = '' } = list.useSearch();
      const navigate = list.useNavigate();
      return (
        <>
          <Typed label="Name" value={q} onValue={(text) => void navigate({ to: '/actions', search: { q: text } as never })} className="" />
          <Link to="/about">One</Link>
        </>
      );
    },
  });
  const one = createRoute({ getParentRoute: () => root, path: '/about', loader: () => fetched, component: () => <h1>This is it</h1> });
  const router = createRouter({ routeTree: root.addChildren([list, one]), history: createMemoryHistory({ initialEntries: ['/actions'] }) });
  render(<RouterProvider router={router} />);
  return router;
}

test('who types and follows a link at once gets there, however long the page takes', async () => {
  let come = () => {};
  const router = open(
    new Promise((resolve) => {
      come = resolve;
    }),
  );
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText('Name'), 'calm');
  await user.click(screen.getByRole('link', { name: 'One' }));
  await new Promise((resolve) => setTimeout(resolve, 600)); // longer than one stops typing
  come();
  await screen.findByRole('heading', { name: 'This is it' });
  expect(router.state.location.pathname).toBe('/about');
});

test('what is typed counts when one stops', async () => {
  const router = open(Promise.resolve());
  await userEvent.setup().type(await screen.findByLabelText('Name'), 'calm');
  await vi.waitFor(() => expect(router.state.location.search).toEqual({ q: 'calm' }), 5000);
});
