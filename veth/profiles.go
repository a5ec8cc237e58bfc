package veth

import (
	"slices"
	"time"
)

// A Profile is what a kind of Internet access does to the frames of who has it, with where
// its figures are from. A figure of a round trip is halved between the directions.
type Profile struct {
	Name     string
	Up, Down Impairment // what the subscriber sends, and receives
	Source   string
}

const (
	kbit = 1_000
	mbit = 1_000_000
	gbit = 1_000_000_000
)

// The profiles. They are medians and promises of their time and place, for tests that need a
// plausible link; what a link is like today and elsewhere has to be measured.
var (
	ThreeG = Profile{
		Name: "3g", Up: link(150*time.Millisecond, 768*kbit), Down: link(150*time.Millisecond, 1600*kbit),
		Source: webPageTest,
	}
	LTE = Profile{
		Name: "lte", Up: link(35*time.Millisecond, 12*mbit), Down: link(35*time.Millisecond, 12*mbit),
		Source: webPageTest,
	}
	FiveG = Profile{
		Name: "5g", Up: link(4*time.Millisecond, 50*mbit), Down: link(4*time.Millisecond, 100*mbit),
		Source: "ITU-R M.2410-0, Minimum requirements related to technical performance for IMT-2020 radio interface(s), 2017: user experienced data rates and user plane latency of eMBB",
	}
	// The spread is that which has the median of 3 ms and the 90th percentile of 20 ms.
	WiFi = Profile{
		Name: "wifi", Up: wifi(), Down: wifi(),
		Source: "latency: Sui et al., Characterizing and Improving WiFi Latency in Large-Scale Operational Networks, MobiSys 2016; rate: IEEE 802.11g, 2003",
	}
	DSL = Profile{
		Name: "dsl", Up: link(25*time.Millisecond, 384*kbit), Down: link(25*time.Millisecond, 1500*kbit),
		Source: webPageTest,
	}
	Cable = Profile{
		Name: "cable", Up: link(14*time.Millisecond, 1*mbit), Down: link(14*time.Millisecond, 5*mbit),
		Source: webPageTest,
	}
	Fibre = Profile{
		Name: "fibre", Up: link(2*time.Millisecond, 5*mbit), Down: link(2*time.Millisecond, 20*mbit),
		Source: webPageTest + ", FIOS",
	}
	LEO = Profile{
		Name: "leo", Up: link(22*time.Millisecond, 13_540*kbit), Down: link(22*time.Millisecond, 87_250*kbit),
		Source: ookla + ", Starlink",
	}
	GEO = Profile{
		Name: "geo", Up: link(314_500*time.Microsecond, 2_960*kbit), Down: link(314_500*time.Microsecond, 18_750*kbit),
		Source: ookla + ", Viasat",
	}
	Datacentre = Profile{
		Name: "datacentre", Up: datacentre(), Down: datacentre(),
		Source: "Guo et al., Pingmesh: A Large-Scale System for Data Center Network Latency Measurement and Analysis, SIGCOMM 2015: the higher of the usual drop rates, and the median between pods",
	}
)

const (
	webPageTest = "WebPageTest, connectivity profiles (settings/connectivity.ini), 2023"
	ookla       = "Ookla, Speedtest Intelligence on satellite Internet, third quarter of 2021, United States: medians"
)

// Profiles returns all of them.
func Profiles() []Profile {
	return slices.Clone([]Profile{ThreeG, LTE, FiveG, WiFi, DSL, Cable, Fibre, LEO, GEO, Datacentre})
}

func link(delay time.Duration, rate int64) Impairment { return Impairment{Delay: delay, Rate: rate} }

func wifi() Impairment {
	i := link(7600*time.Microsecond, 54*mbit)
	i.Jitter = Jitter{Spread: 14_300 * time.Microsecond, Distribution: Pareto}
	return i
}

func datacentre() Impairment {
	i := link(134*time.Microsecond, 10*gbit)
	i.Loss.P = 1e-4
	return i
}
