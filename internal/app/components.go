package app

import (
	"slices"
	"sync"
	"time"
)

// Component is one part of this process in the full health answer.
type Component struct {
	Name   string
	Status string // "ok", "failed", "off"; of fail2ban: its reach
	Since  time.Time
	Detail string // a sentence for people; "" when there is nothing to say
}

// components keeps the state of the stages. It is safe for concurrent use.
type components struct {
	now  func() time.Time
	mu   sync.Mutex
	list []Component
}

func newComponents(now func() time.Time) *components { return &components{now: now} }

// report sets a component's state; Since stays while the status does.
func (c *components) report(name, status, detail string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.list, func(p Component) bool { return p.Name == name })
	if i < 0 {
		c.list = append(c.list, Component{Name: name, Status: status, Since: c.now(), Detail: detail})
		return
	}
	if part := &c.list[i]; part.Status != status {
		part.Status, part.Since = status, c.now()
	}
	c.list[i].Detail = detail
}

// all are the components in the order of their first report.
func (c *components) all() []Component {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.list)
}
