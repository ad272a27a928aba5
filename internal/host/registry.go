package host

import (
	"slices"
	"sync"

	"bangui/internal/fault"
)

// LocalAlias names the host that this process serves itself.
const LocalAlias = "local"

// Registry holds the hosts that this process knows. It is safe for concurrent use.
type Registry struct {
	mu    sync.RWMutex
	hosts map[string]Host // by id
	local string          // id of the host that LocalAlias means; "" = none
}

// NewRegistry returns a registry without hosts.
func NewRegistry() *Registry { return &Registry{hosts: map[string]Host{}} }

// AddLocal adds the host that this process serves itself, reachable as LocalAlias too.
func (r *Registry) AddLocal(h Host) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := h.State().ID
	r.hosts[id], r.local = h, id
}

// Get finds a host by its id or alias; HostNotFound otherwise.
func (r *Registry) Get(name string) (Host, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if name == LocalAlias && r.local != "" {
		name = r.local
	}
	if h, ok := r.hosts[name]; ok {
		return h, nil
	}
	return nil, fault.New(fault.HostNotFound, "there is no host %q", name).
		WithMend("List the hosts to see their names.")
}

// All are the hosts, the local one first, then by id.
func (r *Registry) All() []Host {
	r.mu.RLock()
	defer r.mu.RUnlock()
	ids := make([]string, 0, len(r.hosts))
	for id := range r.hosts {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int {
		switch {
		case a == r.local:
			return -1
		case b == r.local:
			return 1
		case a < b:
			return -1
		default:
			return 1
		}
	})
	all := make([]Host, len(ids))
	for i, id := range ids {
		all[i] = r.hosts[id]
	}
	return all
}

// Alias is LocalAlias for the local host's id, and the id itself for any other.
func (r *Registry) Alias(id string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if id == r.local {
		return LocalAlias
	}
	return id
}
