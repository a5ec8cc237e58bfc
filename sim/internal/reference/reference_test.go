package reference_test

import (
	"strings"
	"testing"

	"drydock/sim/internal/reference"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	t.Parallel()
	const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	hex := strings.TrimPrefix(digest, "sha256:")
	for _, tt := range []struct {
		name, whole, short string
	}{
		{"nginx", "docker.io library/nginx latest", "nginx:latest"},
		{"nginx:latest", "docker.io library/nginx latest", "nginx:latest"},
		{"library/nginx", "docker.io library/nginx latest", "nginx:latest"},
		{"docker.io/library/nginx:1.25", "docker.io library/nginx 1.25", "nginx:1.25"},
		{"docker.io/nginx", "docker.io library/nginx latest", "nginx:latest"},
		{"index.docker.io/nginx", "docker.io library/nginx latest", "nginx:latest"},
		{"training/webapp", "docker.io training/webapp latest", "training/webapp:latest"},
		{"library/a/b", "docker.io library/a/b latest", "library/a/b:latest"},
		{"localhost/app:V1", "localhost app V1", "localhost/app:V1"},
		{"localhost:5000/app", "localhost:5000 app latest", "localhost:5000/app:latest"},
		{"registry.example.com/a/b_c__d--e.f:t", "registry.example.com a/b_c__d--e.f t", "registry.example.com/a/b_c__d--e.f:t"},
		{"nginx@" + digest, "docker.io library/nginx  " + digest, "nginx@" + digest},
		{"nginx:1@" + digest, "docker.io library/nginx 1 " + digest, "nginx:1@" + digest},
	} {
		r, err := reference.Parse(tt.name)
		require.NoError(t, err, tt.name)
		require.Equal(t, tt.whole, strings.TrimSpace(strings.Join([]string{r.Domain, r.Path, r.Tag, r.Digest}, " ")))
		require.Equal(t, tt.short, r.String())
		again, err := reference.Parse(r.String())
		require.NoError(t, err)
		require.Equal(t, r, again)
	}
	for name, want := range map[string]string{
		"":                                  "invalid reference format",
		":":                                 "invalid reference format",
		"nginx:":                            "invalid reference format",
		":latest":                           "invalid reference format",
		"a b":                               "invalid reference format",
		"-x":                                "invalid reference format",
		"nginx:-x":                          "invalid reference format",
		"nginx@sha256:12":                   "invalid reference format",
		"a//b":                              "invalid reference format",
		"http://nginx":                      "invalid reference format",
		"Nginx":                             "invalid reference format: repository name must be lowercase",
		"training/WebApp:x":                 "invalid reference format: repository name must be lowercase",
		"nginx:" + strings.Repeat("x", 129): "invalid reference format",
		strings.Repeat("x", 300):            "repository name must not be more than 255 characters",
		hex:                                 "invalid repository name (" + hex + "), cannot specify 64-byte hexadecimal strings",
	} {
		_, err := reference.Parse(name)
		require.EqualError(t, err, want, name)
	}
}

// FuzzParse: what is read is written in a form that is read to the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"nginx", "a/b:c", "localhost:5000/x@sha256:0123456789abcdef0123456789abcdef", "Ü", "a:b:c@d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		r, err := reference.Parse(name)
		if err != nil {
			return
		}
		again, err := reference.Parse(r.String())
		if err != nil || again != r {
			t.Fatalf("%q is %+v, but its text %q is %+v: %v", name, r, r, again, err)
		}
	})
}
