package history

import "time"

// LookEvery sets how often Follow looks by itself; before it runs.
func (a *Archive) LookEvery(every time.Duration) { a.teller.every = every }
