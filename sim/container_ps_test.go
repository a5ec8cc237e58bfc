package sim_test

import (
	"context"
	"testing"
	"time"

	"drydock/sim"
	"drydock/sim/simtest"

	"github.com/stretchr/testify/require"
)

// TestPsRecorded compares docker ps of containers of each kind.
func TestPsRecorded(t *testing.T) {
	t.Parallel()
	recording{
		file: "testdata/13-ps.txt",
		images: []sim.Image{
			{Name: "centos:v1", Cmd: []string{"sleep", "infinity"}, Main: deaf},
			web,
		},
		notRepeated: psNotRepeated,
	}.replay(t)
}

var psNotRepeated = []notRepeated{
	{
		`docker ps --format "{{.ID}} {{.Image}} {{.Command}} {{.RunningFor}} {{.State}} {{.Size}} {{.Labels}} {{.Mounts}} {{.LocalVolumes}}" --filter name=range`,
		"", "containers have neither files nor labels",
	},
	{`docker ps --format "{{json .}}" --filter name=loop`, "", "as above"},
}

// TestStatusOverTime goes through what docker ps says of durations, from one wording to
// the next.
func TestStatusOverTime(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	simtest.VirtualTime(t, func(t *testing.T) {
		h := simtest.NewHost(t)
		cli := newSession(h)
		created, err := h.Create("cre")
		require.NoError(t, err)
		age := simtest.Run(t, h, "age")
		dead, err := h.Run("dead", sim.WithImage(sim.Image{Main: func(context.Context, *sim.Container) error { return sim.ExitStatus(3) }}))
		require.NoError(t, err)
		_, err = dead.Wait(t.Context())
		require.NoError(t, err)
		begin := time.Now()
		for _, tt := range []struct {
			after    time.Duration
			duration string
		}{
			{0, "Less than a second"},
			{time.Second - 1, "Less than a second"},
			{time.Second, "1 second"},
			{2*time.Second - 1, "1 second"},
			{2 * time.Second, "2 seconds"},
			{time.Minute - 1, "59 seconds"},
			{time.Minute, "About a minute"},
			{2*time.Minute - 1, "About a minute"},
			{2 * time.Minute, "2 minutes"},
			{time.Hour - 1, "59 minutes"},
			{time.Hour, "About an hour"},
			{90*time.Minute - time.Second, "About an hour"},
			{90 * time.Minute, "2 hours"},
			{47*time.Hour + 30*time.Minute - time.Second, "47 hours"},
			{47*time.Hour + 30*time.Minute, "2 days"},
			{14*day - 31*time.Minute, "13 days"},
			{14*day - 30*time.Minute, "2 weeks"},
			{60*day - 31*time.Minute, "8 weeks"},
			{60*day - 30*time.Minute, "2 months"},
			{730*day - 31*time.Minute, "24 months"},
			{730 * day, "2 years"},
			{1095 * day, "3 years"},
		} {
			time.Sleep(tt.after - time.Since(begin))
			require.Equal(t, "Created", created.Summary().Status)
			require.Equal(t, tt.duration+" ago\n", cli.sh(t, "docker ps -a --filter name=cre --format '{{.RunningFor}}'"), "%v", tt.after)
			require.Equal(t, "Up "+tt.duration, age.Summary().Status, "%v", tt.after)
			require.Equal(t, "Exited (3) "+tt.duration+" ago", dead.Summary().Status, "%v", tt.after)
		}
		require.NoError(t, age.Pause())
		require.Equal(t, "Up 3 years (Paused)", age.Summary().Status)
		require.NoError(t, age.Restart(t.Context()))
		require.Equal(t, "Up Less than a second", age.Summary().Status)
	})
}
