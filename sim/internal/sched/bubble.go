package sched

import (
	"sync"

	"drydock/sim/internal/bubble"
)

// A tenancy is the scheduler of a bubble while somebody lives there.
type tenancy struct {
	scheduler *Scheduler
	tenants   int
}

var (
	tenanciesMu sync.Mutex
	tenancies   = make(map[string]*tenancy) // +checklocks:tenanciesMu; by bubble
)

// Enter returns the scheduler of the bubble that the caller runs in, which all who live there
// share, and what ends the caller's use of it. Outside of bubbles there is none.
func Enter() (s *Scheduler, leave func()) {
	name := bubble.Current()
	if name == "" {
		return nil, func() {}
	}
	tenanciesMu.Lock()
	defer tenanciesMu.Unlock()
	t := tenancies[name]
	if t == nil {
		t = &tenancy{scheduler: new(Scheduler)}
		tenancies[name] = t
	}
	t.tenants++
	return t.scheduler, sync.OnceFunc(func() {
		tenanciesMu.Lock()
		defer tenanciesMu.Unlock()
		if t.tenants--; t.tenants == 0 {
			delete(tenancies, name)
		}
	})
}
