package host

import (
	"context"

	"bangui/internal/fault"
)

// maxEvidence bounds what is shown of one address.
const maxEvidence = 100

// Evidence is what fail2ban's database holds about an id; see Host.
func (l *Local) Evidence(ctx context.Context, id string) ([]Evidence, error) {
	db := l.openDatabase()
	if db == nil {
		return nil, fault.New(fault.NotFound, "fail2ban's database can't be read here, so there are no log lines to show").
			WithMend("See the findings of this host.")
	}
	rows, err := db.BansOf(ctx, id, maxEvidence)
	if err != nil {
		return nil, err
	}
	all := make([]Evidence, len(rows))
	for i, r := range rows {
		all[i] = Evidence{
			Jail: r.Jail, ID: r.ID, BannedAt: r.BannedAt.UTC(), BanSeconds: r.BanSeconds,
			BanCount: r.BanCount, Failures: r.Failures, User: r.User, Lines: r.Lines,
		}
	}
	return all, nil
}
