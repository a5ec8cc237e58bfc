package sim

import (
	"context"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// A Question is a query to the embedded resolver of a container, and what it was answered.
type Question struct {
	Time    time.Time
	From    string // the container
	Name    string // "db.", at most 255 bytes, as it came
	Type    string // "A"
	Code    string // "NOERROR", "NXDOMAIN"; "" without an answer
	Answers []string
	Took    time.Duration
}

const (
	maxAnswers     = 8   // further ones are not kept
	maxAnswerBytes = 256 // of one
)

// Questions returns the last 256 questions to the embedded resolvers of containers that were
// answered, or will not be, in the order of that.
func (h *Host) Questions() []Question { return h.questions.Past() }

// noteQuestions has a handler's questions noted as those of a container.
func (h *Host) noteQuestions(from func() string, next dns.Handler) dns.Handler {
	return dns.HandlerFunc(func(w dns.ResponseWriter, m *dns.Msg) {
		if len(m.Question) == 0 {
			next.ServeDNS(w, m)
			return
		}
		ask := m.Question[0]
		noting := &questionWriter{w, Question{Time: time.Now(), From: from(), Name: ask.Name, Type: dns.Type(ask.Qtype).String()}}
		next.ServeDNS(noting, m)
		q := noting.question
		q.Took = time.Since(q.Time)
		h.questions.Tell(func() Question { return q })
	})
}

// A questionWriter notes the answer.
type questionWriter struct {
	dns.ResponseWriter
	question Question
}

// Context is what package dnsd gives writers.
func (w *questionWriter) Context() context.Context {
	if c, ok := w.ResponseWriter.(interface{ Context() context.Context }); ok {
		return c.Context()
	}
	return context.Background()
}

// WriteMsg is called before the handler returns.
func (w *questionWriter) WriteMsg(m *dns.Msg) error {
	q := &w.question
	q.Code, q.Answers = dns.RcodeToString[m.Rcode], nil
	if m.Truncated {
		q.Code += ", truncated"
	}
	for _, rr := range m.Answer[:min(len(m.Answer), maxAnswers)] {
		q.Answers = append(q.Answers, answerText(rr))
	}
	return w.ResponseWriter.WriteMsg(m)
}

// answerText spares addresses, of which most answers are, the text of the whole record.
func answerText(rr dns.RR) string {
	switch rr := rr.(type) {
	case *dns.A:
		return rr.A.String()
	case *dns.AAAA:
		return rr.AAAA.String()
	}
	text := strings.TrimPrefix(rr.String(), rr.Header().String())
	return strings.Clone(text[:min(len(text), maxAnswerBytes)])
}
