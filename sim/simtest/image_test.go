package simtest_test

import (
	"context"
	"testing"

	"drydock/sim"
	"drydock/sim/simtest"
)

func TestDatabaseDown(t *testing.T) {
	simtest.VirtualTime(t, func(t *testing.T) {
		host := simtest.NewHost(t)
		network := simtest.NewNetwork(t, host, "net")
		db := simtest.Run(t, host, "db", sim.WithNetwork(network))
		app := sim.Image{Name: "app", Main: func(ctx context.Context, c *sim.Container) error {
			conn, err := c.DialContext(ctx, "tcp", "db:5432")
			if err != nil {
				return sim.ExitStatus(2)
			}
			return conn.Close()
		}}

		job := simtest.Run(t, host, "job", sim.WithNetwork(network), sim.WithImage(app))
		if status, _ := job.Wait(t.Context()); status != 2 { // connection refused
			t.Fatal("exit status", status)
		}
		if _, err := db.Listen(t.Context(), "tcp", ":5432"); err != nil {
			t.Fatal(err)
		}
		if err := job.Start(); err != nil { // Main runs again
			t.Fatal(err)
		}
		if status, _ := job.Wait(t.Context()); status != 0 {
			t.Fatal("exit status", status)
		}
	})
}
