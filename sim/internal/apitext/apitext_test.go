package apitext_test

import (
	"testing"
	"time"

	"drydock/sim/internal/apitext"

	"github.com/stretchr/testify/require"
)

// TestKeyFilter has keys typed at once, one by one, and not to the end.
func TestKeyFilter(t *testing.T) {
	t.Parallel()
	filter := func(text string) *apitext.KeyFilter {
		keys, err := apitext.ParseKeys(text)
		if err != nil {
			keys = apitext.DefaultKeys
		}
		return apitext.NewKeyFilter(keys)
	}
	for _, tt := range []struct {
		keys, typed, want string
		found             bool
	}{
		{"", "abc", "abc", false},
		{"", "a\x10\x11b", "a", true},
		{"", "a\x10b\x10\x10\x11", "a\x10b\x10\x10\x11", false},
		{"", "a\x10b\x10\x10\x10\x11", "a\x10b\x10\x10", true},
		{"", "\x11\x10", "\x11", false},
		{"a,b,c", "aabc", "aabc", false},
		{"a,b,c", "xababcabc", "xababc", true},
		{"ctrl-a,DEL", "\x01x\x01\x7f", "\x01x", true},
		{"ctrl-[,ctrl-@", "\x1b\x00", "", true},
		{"nosuch", "\x10\x11", "", true},
		{"ctrl-A", "\x10\x11", "", true},
	} {
		e, text, found := filter(tt.keys), []byte(nil), false
		for i := 0; i < len(tt.typed) && !found; i++ {
			var part []byte
			part, found = e.Filter([]byte{tt.typed[i]})
			text = append(text, part...)
		}
		require.Equal(t, tt.want, string(text), tt)
		require.Equal(t, tt.found, found, tt)
		if tt.found {
			text, found = filter(tt.keys).Filter([]byte(tt.typed))
			require.Equal(t, tt.want, string(text), tt)
			require.True(t, found, tt)
		}
	}
}

// TestTimestamp has points in time as docker/docker/api/types/time tests them.
func TestTimestamp(t *testing.T) {
	t.Parallel()
	now := time.Unix(1136073600, 5).UTC()
	for text, want := range map[string]string{
		"2006-01-02T15:04:05.999999999+07:00": "1136189045.999999999", "2006-01-02T15:04:05.999999999Z": "1136214245.999999999",
		"2006-01-02T15:04:05.999999999": "1136214245.999999999", "2006-01-02T15:04:05Z": "1136214245.000000000",
		"2006-01-02T15:04:05": "1136214245.000000000", "2006-01-02T15:04:0Z": "", "2006-01-02T15:04:0": "",
		"2006-01-02T15:04Z": "1136214240.000000000", "2006-01-02T15:04+00:00": "1136214240.000000000", "2006-01-02T15:04-00:00": "1136214240.000000000",
		"2006-01-02T15:04": "1136214240.000000000", "2006-01-02T15:0Z": "", "2006-01-02T15:0": "", "2006-01-02T15Z": "1136214000.000000000",
		"2006-01-02T15": "1136214000.000000000", "2006-01-02TZ": "", "2006-01-02T": "", "2006-01-02Z": "1136160000.000000000",
		"2006-01-02+01:00": "1136156400.000000000", "2006-01-02": "1136160000.000000000", "2006-01-0": "",
		"1136073600": "1136073600", "1136073600.000000001": "1136073600.000000001", "1m": "1136073540", "1.5h": "1136068200", "1h30m": "1136068200", "0": "0",
		"": "", "invalid": "", "-": "", "1.x": "", "1.2.3": "",
	} {
		got, err := apitext.Timestamp(text, now)
		require.Equal(t, want, got, text)
		require.Equal(t, want == "", err != nil, text)
	}
}

// FuzzParse checks that nothing makes the parsers panic, and that what they accept is within
// bounds.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"1h", "2006-01-02T15:04:05Z", "1136073600.5", "80-90", "ctrl-a,b", "DEL,\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if stamp, err := apitext.Timestamp(s, time.Unix(1e9, 0)); err == nil {
			_, err := apitext.ParseTime(stamp)
			require.NoError(t, err, stamp)
		}
		if first, last, err := apitext.PortRange(s); err == nil && (first > last || last > 65535) {
			t.Errorf("%q: %d-%d", s, first, last)
		}
		keys, err := apitext.ParseKeys(s)
		if err != nil {
			return
		}
		if text, found := apitext.NewKeyFilter(keys).Filter([]byte(s)); !found && len(text) > len(s) {
			t.Errorf("%q became %q", s, text)
		}
	})
}
