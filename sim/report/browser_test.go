package report_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"drydock/sim/simtest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// chromium runs a headless browser without a network and returns what it prints.
func chromium(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	exe := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			exe = path
		}
	}
	if exe == "" {
		t.Skip("needs chromium")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var out, log bytes.Buffer
	cmd := exec.CommandContext(ctx, exe, append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND",
		"--enable-logging=stderr", "--user-data-dir=" + t.TempDir(),
	}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &log
	require.NoError(t, cmd.Run(), log.String())
	return out.String(), log.String()
}

// probe is run in the page after its own script. It does what a reader does, and notes what is seen.
const probe = `<script>
const told = document.documentElement.dataset, all = Array.from(document.querySelectorAll("tr.p"));
const drop = all.find((r) => r.textContent.includes("DOCKER-USER"));
drop.dispatchEvent(new Event("mouseenter"));
told.panel = document.getElementById("shown").textContent;
document.getElementById("lost").click();
told.lost = all.filter((r) => !r.hidden).length;
document.getElementById("lost").click();
document.getElementById("find").value = "echo REPLY";
document.getElementById("find").dispatchEvent(new Event("input"));
told.found = all.filter((r) => !r.hidden).length;
told.scripts = document.scripts.length;
</script>`

// TestBrowser opens the page in Chromium.
func TestBrowser(t *testing.T) {
	t.Parallel()
	var page string
	simtest.VirtualTime(t, func(t *testing.T) { page = pageOf(t, scene(t)) })
	file := filepath.Join(t.TempDir(), "report.html")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(page, "</body>", probe+"</body>", 1)), 0o666))
	dom, log := chromium(t, "--dump-dom", "file://"+file)
	for line := range strings.Lines(log) {
		assert.NotContains(t, line, "CONSOLE", "an error of the script")
	}
	told := func(name string) string {
		found := regexp.MustCompile(`<html[^>]* data-` + name + `="([^"]*)"`).FindStringSubmatch(dom)
		require.NotNil(t, found, name)
		return found[1]
	}
	assert.Equal(t, fmt.Sprint(strings.Count(page, `<tr class="p`)), told("ready"), "the script went through")
	assert.Equal(t, "4", told("lost"))
	assert.Equal(t, "1", told("found"))
	assert.Equal(t, "2", told("scripts"), "the page's own and that of the test")
	for _, want := range []string{
		"TCP SYN, seq ", " sent by client eth0: 192.168.0.47:", ", TTL 64\n", "→ 192.168.0.10:8080, 00:0c:29:",
		" dropped at docker eth0, translated: 192.168.0.47:", "→ 172.18.0.2:80", "rule in FORWARD: -A DOCKER-USER -p tcp -m tcp --dport 80 -j DROP",
	} {
		assert.Contains(t, told("panel"), want)
	}
	assert.Contains(t, dom, "dropped at db eth0: lost by impairment")
}

// TestScreenshots has both colour schemes drawn, and differ.
func TestScreenshots(t *testing.T) {
	t.Parallel()
	var page string
	simtest.VirtualTime(t, func(t *testing.T) { page = pageOf(t, scene(t)) })
	dir := t.ArtifactDir()
	file := filepath.Join(dir, "report.html")
	require.NoError(t, os.WriteFile(file, []byte(page), 0o666))
	shot := func(name string, args ...string) []byte {
		picture := filepath.Join(dir, name)
		chromium(t, append(args, "--window-size=1400,1700", "--screenshot="+picture, "file://"+file)...)
		b, err := os.ReadFile(picture)
		require.NoError(t, err)
		return b
	}
	light, dark := shot("light.png"), shot("dark.png", "--blink-settings=preferredColorScheme=0")
	assert.Greater(t, len(light), 50<<10)
	assert.Greater(t, len(dark), 50<<10)
	assert.NotEqual(t, light, dark)
}
