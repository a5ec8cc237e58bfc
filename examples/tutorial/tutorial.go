package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/netip"
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
//	host [-name NAME] [-engine RELEASE] [-lan PREFIX] [-icc]
//	                         a new host with the images; -lan: its address on a LAN; -icc: without ICC
//	setup COMMAND [ARG...]   runs on the host what the document takes for granted
//	terminal NAME FILE       plays a session in a terminal, which is opened when its name comes
//	                         for the first time. NAME may have a directory, as in host:/tmp
//	[virtual]                time is virtual: minutes pass at once
//	[docker]                 docker is the real one, 20.10; otherwise it prints as those of the
//	                         host's release do
type player struct {
	out     io.Writer // what terminals show
	virtual bool
	opts    []sim.MachineOption
	docker  command.Func // nil: that of package tools
}

// A stage is what a script plays on.
type stage struct {
	host      *sim.Host
	lan       *sim.LAN
	terminals map[string]*session.Terminal
	names     map[string]string // what terminals have in common
}

type stageKey struct{}

func (p *player) params(files ...string) testscript.Params {
	return testscript.Params{
		Files: files,
		Setup: func(e *testscript.Env) error {
			s := &stage{terminals: make(map[string]*session.Terminal), names: make(map[string]string)}
			e.Values[stageKey{}] = s
			e.Defer(s.close)
			return nil
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "virtual":
				return p.virtual, nil
			case "docker":
				return p.docker != nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
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
		opt, err := s.hostOption(args)
		if err != nil {
			return err
		}
		opts = append(opts, opt)
		args = args[1:]
	}
	s.host, err = sim.NewHost(opts...)
	return err
}

// hostOption is an option of host with a value.
func (s *stage) hostOption(args []string) (sim.HostOption, error) {
	if len(args) > 1 {
		switch name, value := args[0], args[1]; name {
		case "-name":
			return sim.WithName(value), nil
		case "-engine":
			return sim.WithEngine(sim.Release(value)), nil
		case "-lan":
			addr, err := netip.ParsePrefix(value)
			if err != nil {
				return nil, err
			}
			s.lan, err = sim.NewLAN()
			return sim.WithUplink(s.lan, addr), err
		}
	}
	return nil, errors.New("usage: host [-name NAME] [-engine RELEASE] [-lan PREFIX]")
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
		_, dir, _ := strings.Cut(args[0], ":")
		if t, err = session.Open(context.Background(), s.host, dir, p.out); err != nil {
			return err
		}
		t.Names = s.names
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
	if s.lan != nil {
		s.lan.Close()
	}
	s.host, s.lan = nil, nil
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
