package nat

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRateLimitSizes has which limits Linux 6.18 takes, and what a packet costs of them.
func TestRateLimitSizes(t *testing.T) {
	t.Parallel()
	const day, week, mega, giga = 24 * time.Hour, 7 * 24 * time.Hour, 1 << 20, 1e9
	for _, tt := range []struct {
		limit RateLimit
		err   error
		cost  int64 // of a packet, where it is not bytes that count
	}{
		{RateLimit{Rate: 0, Unit: time.Second}, ErrInvalid, 0},
		{RateLimit{Rate: 5, Unit: time.Second}, nil, giga / 5},
		{RateLimit{Rate: giga, Unit: time.Second}, nil, 1},
		{RateLimit{Rate: 2 * giga, Unit: time.Second}, nil, 0},
		{RateLimit{Rate: 3e14, Unit: time.Second}, nil, 0},
		{RateLimit{Rate: math.MaxUint64, Unit: time.Second}, ErrOverflow, 0},
		{RateLimit{Rate: 1, Unit: week, Burst: 30000}, nil, int64(week)},
		{RateLimit{Rate: 1, Unit: week, Burst: 31000}, ErrOverflow, 0},
		{RateLimit{Rate: 1, Unit: day, Burst: 213503}, nil, int64(day)},
		{RateLimit{Rate: 1, Unit: day, Burst: 213504}, ErrOverflow, 0},
		{RateLimit{Rate: 1e6, Unit: day, Burst: 1<<32 - 1}, nil, int64(day) / 1e6},
		{RateLimit{Rate: 200 << 10, Unit: day, Bytes: true}, nil, 0},
		{RateLimit{Rate: 210 << 10, Unit: day, Bytes: true}, ErrOverflow, 0},
		{RateLimit{Rate: 10 * mega, Unit: day, Bytes: true}, ErrOverflow, 0},
		{RateLimit{Rate: 100 * mega, Unit: time.Minute, Bytes: true}, nil, 0},
		{RateLimit{Rate: 300 * mega, Unit: time.Minute, Bytes: true}, ErrOverflow, 0},
		{RateLimit{Rate: 17592186044415 * mega, Unit: time.Second, Bytes: true}, ErrOverflow, 0},
	} {
		s, err := tt.limit.prepared(nil)
		require.Equal(t, tt.err, err, tt.limit)
		if err != nil {
			continue
		}
		l := s.(*RateLimit)
		require.Positive(t, l.state.size+1, tt.limit)
		if !l.Bytes {
			require.Equal(t, tt.cost, int64(l.state.cost), tt.limit)
			continue
		}
		require.Equal(t, int64(1500*float64(l.Unit)/float64(l.Rate)), l.costOf(1500), tt.limit)
	}
	slow := RateLimit{Rate: 1, Unit: week, Bytes: true}
	require.Equal(t, int64(1500*week), slow.costOf(1500))
	require.Equal(t, int64(math.MaxInt64), slow.costOf(1<<40), "more than fits")
	large := bucket{cost: 1, size: 1 << 61}
	require.False(t, large.take(1<<61, math.MaxInt64))
	require.True(t, large.take(1<<61, 1<<61))
	require.False(t, large.take(1<<61, 1))
}
