package api

import (
	"context"
	"net/http"
	"time"
)

// Rates count what the consoles of one database take together; *store.DB is one.
type Rates interface {
	// TakeRate counts one more at a place, unless most were taken there within span. It
	// gives how long ago those were that count now, the oldest first.
	TakeRate(ctx context.Context, place string, most int, span time.Duration) (ages []time.Duration, ok bool, err error)
}

// rateTime bounds the wait for the database. Where it does not answer by then, what this
// process has counted holds. rateSlots are how many count there at once: who signs in from
// ten thousand places must not keep the database from recording what else happens.
const (
	rateTime  = 2 * time.Second
	rateSlots = 4
)

// together refuses a request of a bounded class whose client took its share at other
// consoles. It stands behind the guard and behind what this process counts for itself: a
// stranger, or a flood, costs the database nothing but where they sign in.
//
// A database that is away opens no door, since this process goes on counting, and closes
// none: the operation itself says then what it can't do.
func (a *API) together(row route, next http.Handler) http.Handler {
	most := a.limiter.class[row.class]
	if most == 0 || a.Rates == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		stands, ok := a.takeTogether(ctx, row.class, most)
		if own, _ := ctx.Value(ratesKey{}).([]rate); len(own) > 1 && stands.name != "" {
			tellRates(w.Header(), []rate{own[0], stands})
		}
		if !ok {
			a.limiter.giveBack(callerOf(ctx), row.class)
			writeProblem(w, tooOften(ctx, &stands))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// takeTogether counts a request of a class for all consoles, and says how its client
// stands there: the zero rate when that is not known.
func (a *API) takeTogether(ctx context.Context, class rateClass, most int) (rate, bool) {
	patient, cancel := context.WithTimeout(ctx, rateTime)
	defer cancel()
	ages, ok, err := a.takeRate(patient, string(class)+" "+sourceOf(callerOf(ctx)).String(), most)
	if err != nil {
		a.Logger.DebugContext(ctx, "what other consoles took is not known; this one's count holds", "request_id", requestID(ctx), "error", err)
		return rate{}, true
	}
	r := rate{name: string(class), most: most, left: max(0, most-len(ages))}
	if len(ages) > 0 {
		r.reset = rateWindow - ages[0]
	}
	return r, ok
}

func (a *API) takeRate(ctx context.Context, place string, most int) ([]time.Duration, bool, error) {
	select {
	case a.counting <- struct{}{}:
		defer func() { <-a.counting }()
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	return a.Rates.TakeRate(ctx, place, most, rateWindow)
}
