package history

import (
	"context"
	"net/netip"
)

// Whereabouts is where an address belongs. Empty fields are not known.
type Whereabouts struct {
	Country string // two capital letters of ISO 3166, or a word for what belongs to no country
	ASN     int64  // number of the autonomous system that announces it; 0 = not known
	Network string // its name; hostile text is possible
}

// Resolver knows where addresses belong. It answers at once and from memory, whatever
// the number of callers; what it does not know is empty.
type Resolver interface {
	Locate(addr netip.Addr) Whereabouts
}

// Resolve has bans recorded from now on with where their addresses belong. It is called
// before anything is recorded.
func (a *Archive) Resolve(with Resolver) { a.where = with }

// whereabouts is where an identifier belongs; a network as its first address does.
func (a *Archive) whereabouts(identifier string) Whereabouts {
	addr, ok := addressOf(identifier)
	if a.where == nil || !ok {
		return Whereabouts{}
	}
	found := a.where.Locate(addr)
	found.Country, found.Network = plain(found.Country, maxName), plain(found.Network, maxName)
	return found
}

// addressOf is the address of an identifier, or the first one of a network.
func addressOf(identifier string) (netip.Addr, bool) {
	if addr, err := netip.ParseAddr(identifier); err == nil {
		return addr, true
	}
	p, err := netip.ParsePrefix(identifier)
	return p.Addr(), err == nil
}

// Relocate asks the resolver again about bans that began in a stretch of time, at most
// limit, oldest first, and counts them anew where that changed. next is where to go on;
// the zero Place when all were asked about.
func (a *Archive) Relocate(ctx context.Context, after Place, limit int) (changed int, next Place, err error) {
	bans, err := a.store.BansFrom(ctx, after, limit)
	if err != nil || len(bans) == 0 {
		return 0, Place{}, err
	}
	err = a.store.Update(ctx, func(tx Tx) error {
		changed = 0
		for _, b := range bans {
			is := a.whereabouts(b.Address)
			if is == b.Whereabouts {
				continue
			}
			moved, err := tx.Relocate(ctx, b, is)
			if err != nil {
				return err
			}
			if moved {
				changed++
			}
		}
		return nil
	})
	last := bans[len(bans)-1]
	return changed, Place{BannedAt: last.BannedAt, ID: last.ID}, err
}
