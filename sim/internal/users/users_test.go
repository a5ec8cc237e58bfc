package users

import (
	"testing"

	"drydock/sim/tools/command"

	"github.com/stretchr/testify/require"
)

const (
	passwd = "root:x:0:0:root:/root:/bin/bash\n\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n  app:x:1000:1001::/home/app\ntwin:x:1000:7::/twin:\nbad\n"
	group  = "root:x:0:\nbin:x:1:root,daemon\nwheel:x:10:root,app\nwww-data:x:33:\napp:x:1001:\nusers:x:100:app\n"
)

// TestFind has what Docker's library makes of a user.
func TestFind(t *testing.T) {
	t.Parallel()
	user := func(uid, gid int, groups ...int) command.User {
		return command.User{UID: uid, GID: gid, Groups: groups}
	}
	for _, tt := range []struct {
		spec, name, home string
		want             command.User
	}{
		{"", "root", "/root", user(0, 0, 1, 10)},
		{"root", "root", "/root", user(0, 0, 1, 10)},
		{"0", "root", "/root", user(0, 0, 1, 10)},
		{"root:root", "root", "/root", user(0, 0)},
		{":users", "root", "/root", user(0, 100)},
		{"www-data", "www-data", "/var/www", user(33, 33)},
		{"33", "www-data", "/var/www", user(33, 33)},
		{"app", "app", "/home/app", user(1000, 1001, 10, 100)},
		{"twin", "app", "/home/app", user(1000, 7)},
		{"app:33", "app", "/home/app", user(1000, 33)},
		{"app:4711:x", "app", "/home/app", user(1000, 4711)},
		{"4711", "", "/", user(4711, 0)},
		{"4711:www-data", "", "/", user(4711, 33)},
		{"2147483647", "", "/", user(2147483647, 0)},
	} {
		got, err := Find(tt.spec, passwd, group)
		require.NoError(t, err, tt.spec)
		require.Equal(t, Account{tt.want, tt.name, tt.home}, got, tt.spec)
	}
	got, err := Find("", "", "")
	require.NoError(t, err)
	require.Equal(t, Account{Home: "/"}, got)
}

func TestFindRefuses(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]string{
		"nosuch":        "unable to find user nosuch: no matching entries in passwd file",
		"nosuch:nosuch": "unable to find user nosuch: no matching entries in passwd file",
		"app:nosuch":    "unable to find group nosuch: no matching entries in group file",
		"-1":            "uids and gids must be in range 0-2147483647",
		"2147483648":    "uids and gids must be in range 0-2147483647",
		"app:-1":        "uids and gids must be in range 0-2147483647",
	} {
		_, err := Find(spec, passwd, group)
		require.EqualError(t, err, want, spec)
	}
}

func FuzzFind(f *testing.F) {
	f.Add("app:users", passwd, group)
	f.Add(":", ":::", "x:x:9999999999999999999:")
	f.Fuzz(func(t *testing.T, spec, passwd, group string) {
		a, err := Find(spec, passwd, group)
		if err != nil {
			require.Equal(t, Account{}, a)
		}
	})
}
