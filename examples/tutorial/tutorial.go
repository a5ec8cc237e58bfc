package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"drydock/examples/internal/session"
	"drydock/sim"
	"drydock/sim/images"
	"drydock/sim/tools"
	"drydock/sim/tools/command"

	"github.com/rogpeppe/go-internal/testscript"
)

//go:embed scripts/*.txtar
var scripts embed.FS

// names returns the names of the scripts.
func names() []string {
	files, _ := fs.Glob(scripts, "scripts/*.txtar")
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".txtar")
	}
	return files
}

// title returns the first comment of a script.
func title(name string) string {
	text, _ := scripts.ReadFile("scripts/" + name + ".txtar")
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimPrefix(line, "# ")
}

// A player plays scripts. Besides what testscript has they know
//
//	host [-name NAME] [-engine RELEASE] [-icc]   a new host with the images; -icc: without ICC
//	setup COMMAND [ARG...]                       runs on the host what the document takes for granted
//	terminal NAME FILE                           plays a session in a terminal, which is opened
//	                                             when its name comes for the first time
//	[virtual]                                    time is virtual: minutes pass at once
type player struct {
	out     io.Writer // what terminals show
	virtual bool
	opts    []sim.MachineOption
	docker  command.Func // nil: that of package tools
}

// A stage is what a script plays on.
type stage struct {
	host      *sim.Host
	terminals map[string]*session.Terminal
}

type stageKey struct{}

func (p *player) params(files ...string) testscript.Params {
	return testscript.Params{
		Files: files,
		Setup: func(e *testscript.Env) error {
			s := &stage{terminals: make(map[string]*session.Terminal)}
			e.Values[stageKey{}] = s
			e.Defer(s.close)
			return nil
		},
		Condition: func(cond string) (bool, error) {
			if cond != "virtual" {
				return false, fmt.Errorf("unknown condition %q", cond)
			}
			return p.virtual, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"host":     p.command(p.newHost),
			"setup":    p.command(p.setup),
			"terminal": p.command(p.terminal),
		},
	}
}

// command makes a command of a script.
func (p *player) command(run func(ts *testscript.TestScript, s *stage, args []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if err := run(ts, ts.Value(stageKey{}).(*stage), args); (err != nil) != neg {
			ts.Fatalf("%v", err)
		}
	}
}

func (p *player) newHost(_ *testscript.TestScript, s *stage, args []string) (err error) {
	s.close()
	commands := tools.Default()
	if p.docker != nil {
		commands["docker"] = p.docker
	}
	opts := []sim.HostOption{sim.WithOptions(p.opts...), sim.WithCommands(commands), sim.WithImages(images.All()...)}
	if p.virtual {
		opts = append(opts, sim.WithVirtualTime())
	}
	for ; len(args) > 0; args = args[1:] {
		switch {
		case args[0] == "-icc":
			opts = append(opts, sim.WithICC(false))
		case args[0] == "-name" && len(args) > 1:
			opts = append(opts, sim.WithName(args[1]))
			args = args[1:]
		case args[0] == "-engine" && len(args) > 1:
			opts = append(opts, sim.WithEngine(sim.Release(args[1])))
			args = args[1:]
		default:
			return errors.New("usage: host [-name NAME] [-engine RELEASE] [-icc]")
		}
	}
	s.host, err = sim.NewHost(opts...)
	return err
}

func (p *player) setup(_ *testscript.TestScript, s *stage, args []string) error {
	if s.host == nil || len(args) == 0 {
		return errors.New("usage: setup COMMAND [ARG...], after host")
	}
	out, err := s.host.Exec(context.Background(), args[0], args[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

func (p *player) terminal(ts *testscript.TestScript, s *stage, args []string) error {
	if s.host == nil || len(args) != 2 {
		return errors.New("usage: terminal NAME FILE, after host")
	}
	t := s.terminals[args[0]]
	if t == nil {
		var err error
		if t, err = session.Open(context.Background(), s.host, p.out); err != nil {
			return err
		}
		s.terminals[args[0]] = t
	}
	if err := t.Play(ts.ReadFile(args[1])); err != nil {
		return fmt.Errorf("%s: %w", args[1], err)
	}
	return nil
}

func (s *stage) close() {
	for _, name := range slices.Sorted(maps.Keys(s.terminals)) {
		s.terminals[name].Close()
	}
	clear(s.terminals)
	if s.host != nil {
		s.host.Close()
	}
	s.host = nil
}

// extract writes a script to a directory, from which testscript reads.
func extract(dir, name string) (file string, err error) {
	text, err := scripts.ReadFile("scripts/" + name + ".txtar")
	if err != nil {
		return "", fmt.Errorf("no tutorial %q: -list lists them", name)
	}
	file = filepath.Join(dir, name+".txtar")
	return file, os.WriteFile(file, text, 0o600)
}
