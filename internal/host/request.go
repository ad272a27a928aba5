package host

import "context"

type requestKey struct{}

// WithRequestID notes under which id a caller logs what he asks, so that the side which
// carries it out can log the same.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// RequestID is the id of WithRequestID; "" when there is none.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}
