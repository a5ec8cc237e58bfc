package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"drydock/sim/tools/command"
	"drydock/sim/tools/shell/internal/edit"
	"drydock/sim/tools/shell/internal/jobs"
)

// interact reads and runs lines at a prompt until the end of the input, exit, or the end of
// the process.
func (s *shell) interact(ctx context.Context, terminal command.Terminal, a arguments) int {
	s.source, s.interactive = fromTerminal, true
	s.foreground = jobs.Foreground{Terminal: terminal, Shell: s.call.Process().Group}
	// bash ignores SIGTERM at a prompt; ^\ must not end it, and what a terminal stops jobs with
	// must not stop it.
	caught := s.call.Notify(command.SIGINT, command.SIGQUIT, command.SIGTERM, command.SIGTSTP, command.SIGTTIN, command.SIGTTOU)
	s.foreground.Take()
	if _, ok := s.Vars.Get("PS1"); !ok {
		ps1 := s.ps1
		if s.call.User.UID != 0 && ps1 == "# " {
			ps1 = "$ "
		}
		s.Vars.Assign("PS1", ps1)
	}
	s.Vars.Assign("PS2", "> ")
	s.editor = &edit.Editor{In: s.files.Reader(0), Out: s.files.Writer(2), Complete: s.completions, Resized: s.call.Notify(command.SIGWINCH)}
	if !a.noRC {
		s.startFiles(ctx)
	}
	for ctx.Err() == nil && s.flow != exiting {
		s.flow = going
		s.tell()
		text, err := s.prompted(ctx)
		switch {
		case errors.Is(err, edit.ErrInterrupt):
			s.status = command.SIGINT.ExitCode()
			continue
		case errors.Is(err, errEvent):
			continue
		case err != nil && text == "":
			if ctx.Err() == nil && s.bash {
				io.WriteString(s.files.Writer(2), "exit\n")
			} else if ctx.Err() == nil {
				io.WriteString(s.files.Writer(2), "\n")
			}
			if !s.staysForJobs() {
				s.flow = exiting
			}
			continue
		}
		s.typed(ctx, caught, text)
	}
	if ctx.Err() != nil {
		return command.Interrupted(ctx)
	}
	s.leave(ctx)
	return s.status
}

// tell shows the jobs that have ended or stopped since the last prompt.
func (s *shell) tell() {
	for _, j := range s.mine.ByID() {
		if j.News() {
			fmt.Fprintln(s.files.Writer(2), s.mine.Line(j, s.bash, false))
		}
	}
	s.mine.Forget()
}

// startFiles runs the files that set prompts and aliases.
func (s *shell) startFiles(ctx context.Context) {
	home, _ := s.Vars.Get("HOME")
	if home == "" {
		home = "/root"
	}
	names := []string{"/etc/bash.bashrc", "/etc/bashrc", path.Join(home, ".bashrc")}
	if !s.bash {
		env, _ := s.Vars.Get("ENV")
		names = []string{env}
	}
	for _, name := range names {
		if name != "" && s.flow == going {
			s.runFile(ctx, name)
		}
	}
	if s.flow == abandoned {
		s.flow = going
	}
}

// prompted reads lines until they are a whole script.
func (s *shell) prompted(ctx context.Context) (string, error) {
	var text strings.Builder
	name := "PS1"
	for {
		line, err := s.inputLine(ctx, s.prompt(name))
		text.WriteString(line)
		if err != nil {
			return text.String(), err
		}
		text.WriteByte('\n')
		if s.complete(text.String()) {
			return text.String(), nil
		}
		name = "PS2"
	}
}

// inputLine reads a line by the editor, or without a terminal as it is.
func (s *shell) inputLine(ctx context.Context, prompt string) (string, error) {
	if s.foreground.Terminal != nil {
		line, err := s.editor.ReadLine(ctx, prompt)
		if err == nil {
			line, err = s.remembered(line)
		}
		return line, err
	}
	io.WriteString(s.files.Writer(2), prompt)
	line, err := readScriptLine(ctx, s.files.Reader(0))
	return strings.TrimSuffix(line, "\n"), err
}

// errEvent is a line that is not run, as its history expansion has failed.
var errEvent = errors.New("event not found")

// remembered returns a line as it is run and remembered: in bash with its history expansion, which
// is shown.
func (s *shell) remembered(line string) (string, error) {
	if s.bash {
		expanded, changed, missing := s.editor.Expand(line)
		switch {
		case missing != "":
			fmt.Fprintf(s.files.Writer(2), "%s%s: event not found\n", s.at(), missing)
			return "", errEvent
		case changed:
			fmt.Fprintln(s.files.Writer(2), expanded)
		}
		line = expanded
	}
	s.editor.Add(line)
	return line, nil
}

// typed runs what was typed. ^C ends it, unless a program has the terminal, which then gets
// the signal: the shell is in another process group. So programs that catch SIGINT, as a shell
// in the shell does, are not ended by the context either.
func (s *shell) typed(ctx context.Context, caught <-chan command.Signal, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	warned := s.warned
	run, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case signal := <-caught:
				if signal == command.SIGINT {
					cancel(signal)
				}
			case <-done:
				return
			}
		}
	}()
	s.text(run, text)
	close(done)
	<-watched
	if run.Err() != nil && s.flow != exiting {
		s.status, s.flow = command.Interrupted(run), abandoned
	}
	if s.flow == abandoned && s.status == command.SIGINT.ExitCode() {
		io.WriteString(s.files.Writer(2), "\n")
	}
	if s.warned == warned {
		s.warned = false // something else was typed than exit
	}
	s.lines += uint(strings.Count(text, "\n"))
	s.foreground.Take()
}
